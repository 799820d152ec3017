import { equalBytes } from '../base/bytes.ts';
import { assertNever } from '../base/invariant.ts';
import { counterpartyOf, ROLES, type Role, TRADERS, type Trader } from '../base/role.ts';
import { deliveryLock } from '../crypto/deliveryLock.ts';
import type { Contract, TraderKeys } from '../tx/contract.ts';
import { type FundingSpec, type OutputSpec, witnessScript } from '../tx/outputs.ts';
import { OP } from '../tx/script.ts';
import type { Spend } from '../tx/spending.ts';

/**
 * How an output of what ended a channel was spent: the path of its script, `anchor` (anyone can), `payout` by the wallet that
 * it was paid to, or `unknown` for a foreign script.
 */
export type Way = Exclude<Spend['path'], 'twoOfThree'> | 'anchor' | 'payout' | 'unknown';

/** What the witness of an input tells of who took the output that it spends. */
export interface Taking {
  readonly by: Role | null;
  readonly how: Way;
  /** The secret that the seller showed, with its lock. */
  readonly revealed: { readonly lock: Uint8Array; readonly preimage: Uint8Array } | null;
}

type ReadableSpec = Exclude<OutputSpec, FundingSpec>;

/**
 * Reads a confirmed witness. Needs nothing but the channel's keys: the script in the witness is the one that the
 * output commits to, so this works on a revoked or unknown commitment as well.
 */
export function readWitness(contract: Contract, witness: readonly Uint8Array[]): Taking {
  const script = witness.at(-1);
  if (script === undefined) return { by: null, how: 'anchor', revealed: null };
  const spec = readWitnessScript(script);
  return spec === undefined ? FOREIGN : taking(contract, spec, witness.slice(0, -1));
}

const FOREIGN: Taking = { by: null, how: 'unknown', revealed: null };

function taking({ keys }: Contract, spec: ReadableSpec, stack: readonly Uint8Array[]): Taking {
  switch (spec.type) {
    case 'toCounterparty':
    case 'toUtility': {
      const by = ROLES.find((role) => equalBytes(keys[role].payment, spec.payment));
      return took(by, 'payment');
    }
    case 'toBroadcaster': {
      const owner = ownerOf(keys, 'delayed', spec.delayed);
      return isTrue(stack.at(-1)) ? took(punisherOf(owner), 'revocation') : took(owner, 'delayed');
    }
    case 'sellerDelivery': {
      const seller = ownerOf(keys, 'delayed', spec.sellerDelayed);
      if (isTrue(stack.at(-1))) return took(punisherOf(seller), 'revocation');
      return delivered(spec, seller, stack.slice(0, -1));
    }
    case 'buyerDelivery':
      return delivered(spec, ownerOf(keys, 'payment', spec.sellerPayment), stack);
    default:
      return assertNever(spec);
  }
}

function delivered(
  { lock }: { readonly lock: Uint8Array },
  seller: Trader | undefined,
  stack: readonly Uint8Array[],
): Taking {
  if (!isTrue(stack.at(-1))) return took('utility', 'expiry');
  const [preimage] = stack;
  if (preimage === undefined || !equalBytes(deliveryLock(preimage), lock)) return FOREIGN;
  return { by: seller ?? null, how: 'preimage', revealed: { lock, preimage } };
}

function took(by: Role | undefined, how: Way): Taking {
  return { by: by ?? null, how, revealed: null };
}

function ownerOf(keys: Contract['keys'], name: keyof TraderKeys, key: Uint8Array): Trader | undefined {
  return TRADERS.find((trader) => equalBytes(keys[trader][name], key));
}

function punisherOf(broadcaster: Trader | undefined): Trader | undefined {
  return broadcaster === undefined ? undefined : counterpartyOf(broadcaster);
}

/** What OP_IF takes for true. That it is a single 1 is only policy, so a miner may show other forms. */
function isTrue(item: Uint8Array | undefined): boolean {
  if (item === undefined) return false;
  return item.some((byte, i) => byte !== 0 && !(byte === 0x80 && i === item.length - 1));
}

/** The spec whose witness script this is, `undefined` when it is none of a commitment's outputs. `to_utility` reads as `toCounterparty`: the two are one script. */
export function readWitnessScript(script: Uint8Array): ReadableSpec | undefined {
  const items = scriptItems(script);
  const spec = items && matchItems(items);
  return spec !== undefined && equalBytes(witnessScript(spec), script) ? spec : undefined;
}

type Item = number | Uint8Array;

/** Takes the values from their places; {@link readWitnessScript} then compares all the rest by building it again. */
function matchItems(items: readonly Item[]): ReadableSpec | undefined {
  switch (items.length) {
    case 4: {
      const payment = bytesOf(items[0]);
      return payment && { type: 'toCounterparty', payment };
    }
    case 10: {
      const [revocation, delay, delayed] = [bytesOf(items[1]), numberOf(items[4]), bytesOf(items[7])];
      if (revocation === undefined || delay === undefined || delayed === undefined) return undefined;
      return { type: 'toBroadcaster', revocation, delayed, delay };
    }
    case 20: {
      const parts = matchDelivery(items);
      if (parts === undefined) return undefined;
      const { seller, delay: _one, ...rest } = parts;
      return { type: 'buyerDelivery', sellerPayment: seller, ...rest };
    }
    case 25: {
      const [revocation, parts] = [bytesOf(items[1]), matchDelivery(items.slice(4, 24))];
      if (revocation === undefined || parts === undefined) return undefined;
      const { seller, ...rest } = parts;
      return { type: 'sellerDelivery', revocation, sellerDelayed: seller, ...rest };
    }
    default:
      return undefined;
  }
}

interface DeliveryParts {
  readonly seller: Uint8Array;
  readonly lock: Uint8Array;
  readonly delay: number;
  readonly utility: Uint8Array;
  readonly expiry: number;
}

function matchDelivery(items: readonly Item[]): DeliveryParts | undefined {
  const [seller, lock, utility] = [bytesOf(items[1]), bytesOf(items[7]), bytesOf(items[12])];
  const [delay, expiry] = [numberOf(items[9]), numberOf(items[14])];
  if (seller === undefined || lock === undefined || utility === undefined) return undefined;
  return delay === undefined || expiry === undefined ? undefined : { seller, lock, delay, utility, expiry };
}

/** Opcodes, and data of pushes up to 75 bytes; `undefined` when a push runs over the end. */
function scriptItems(script: Uint8Array): readonly Item[] | undefined {
  const items: Item[] = [];
  for (let at = 0; at < script.length; ) {
    const op = script[at] as number;
    const end = at + 1 + (op <= 75 ? op : 0);
    if (end > script.length) return undefined;
    items.push(op === 0 || op > 75 ? op : script.slice(at + 1, end));
    at = end;
  }
  return items;
}

function bytesOf(item: Item | undefined): Uint8Array | undefined {
  return item instanceof Uint8Array ? item : undefined;
}

/** A script number of at most five bytes, not negative. */
function numberOf(item: Item | undefined): number | undefined {
  if (item instanceof Uint8Array)
    return item.length > 5 ? undefined : item.reduceRight((sum, byte) => sum * 256 + byte, 0);
  if (item === undefined || (item !== OP.ZERO && (item < OP.ONE || item > OP.ONE + 15))) return undefined;
  return item === OP.ZERO ? 0 : item - OP.ONE + 1;
}
