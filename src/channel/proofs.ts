import { equalBytes } from '../base/bytes.ts';
import { err, ok, type Result } from '../base/result.ts';
import type { Trader } from '../base/role.ts';
import { deliveryLock } from '../crypto/deliveryLock.ts';
import { energyCost } from '../market/pricing.ts';
import { tariffLock } from '../market/tariff.ts';
import type { Balances, Delivery } from '../tx/contract.ts';
import { verifyStateProof } from '../tx/stateProof.ts';
import type { StateProof } from '../wire/messages.ts';
import type { ChannelAction, ChannelRecord } from './action.ts';
import type { ChannelError } from './error.ts';
import { initialLedger } from './ledger.ts';
import { cancelledUnits, endedUnits, newUnits, updateRegister } from './register.ts';
import type { Identity, UtilityChannel } from './state.ts';
import { type Context, send, utilitySigner } from './step.ts';

/** What the utility knows of the traders' states: the units in flight, and the highest state that each has proved. */
export type ProofBook = Pick<UtilityChannel, 'register' | 'proofs'>;
/** That, and the prices by which it judges what is new. */
export type PricedBook = Pick<UtilityChannel, 'register' | 'proofs' | 'tariffs'>;

export interface TakenProof {
  readonly book: ProofBook;
  /** Whether no higher state was proved before, so that the register follows this one. */
  readonly newest: boolean;
  /** Units that the utility did not know of. */
  readonly ordered: readonly Delivery[];
  /** Units that their buyer gave up. */
  readonly cancelled: readonly Delivery[];
  /** What is kept of the states before. */
  readonly records: readonly ChannelRecord[];
}

/** Takes a state that `from` proves; one lower than it proved before changes nothing. */
export function takeProof(
  book: PricedBook,
  identity: Identity,
  from: Trader,
  proof: StateProof,
  context: Context,
): Result<TakenProof, ChannelError> {
  const fault = checkProof(book, identity, from, proof, context);
  if (fault !== undefined) return err(fault);
  const { register } = book;
  const nothing = { newest: false, ordered: [], cancelled: [] };
  const own = book.proofs.find((each) => each.broadcaster === from);
  if (own !== undefined && own.ledger.n > proof.ledger.n)
    return ok({ book: { register, proofs: book.proofs }, ...nothing, records: [] });
  const superseded: readonly ChannelRecord[] =
    own === undefined || own.ledger.n === proof.ledger.n ? [] : [{ type: 'proved', proof: own }];
  const newest = book.proofs.every((each) => each.ledger.n <= proof.ledger.n);
  const proofs = [...book.proofs.filter((each) => each.broadcaster !== from), proof];
  if (!newest) return ok({ book: { register, proofs }, ...nothing, records: superseded });
  const { deliveries } = proof.ledger;
  const before = lastProved(book, identity);
  const { gridFeePpm } = identity.contract.params;
  return ok({
    book: { register: updateRegister(register, deliveries), proofs },
    newest,
    ordered: newUnits(register, deliveries),
    cancelled: cancelledUnits(register, before, proof.ledger),
    records: [
      ...superseded,
      ...endedUnits(register, before, proof.ledger, gridFeePpm).map(
        ({ delivery: { unit, lock }, how }): ChannelRecord => ({ type: 'ended', unit, lock, how }),
      ),
    ],
  });
}

/**
 * The other trader's highest state, shown to a trader on each new connection: it carries that trader's own signature, so
 * one that lost data learns of it whatever the other says (protocol section 7).
 */
export function showProof(
  { channelId }: Identity,
  proofs: readonly StateProof[],
  to: Trader,
): readonly ChannelAction[] {
  return proofs
    .filter(({ broadcaster }) => broadcaster !== to)
    .map((proof) => send(to, { type: 'state_proof', channelId, proof }));
}

/** The highest state that was proved; before the first, what the channel began with. */
function lastProved({ proofs }: PricedBook, { contract }: Identity): Balances {
  return proofs.reduce<Balances>(
    (top, { ledger }) => (ledger.n >= top.n ? ledger : top),
    initialLedger(contract),
  );
}

/** What the utility checks before it relies on a state: the signature, and that each unit is one of its own. */
export function checkProof(
  book: PricedBook,
  identity: Identity,
  from: Trader,
  proof: StateProof,
  context: Context,
): ChannelError | undefined {
  if (proof.broadcaster !== from) return { code: 'badStateProof', reason: 'of the other side' };
  const verified = verifyStateProof(context.secp, identity.contract, proof);
  if (!verified.ok) return { code: 'badStateProof', reason: verified.error.code };
  const signer = utilitySigner(context);
  for (const delivery of proof.ledger.deliveries) {
    const { unit, lock } = delivery;
    // the signature covers the lock but not the unit's number, its energy or its price: all must fit
    if (!equalBytes(lock, deliveryLock(signer.preimage(identity.channelId, unit))))
      return { code: 'badStateProof', reason: `unit ${unit} with a lock that is not ours` };
    const terms = termsOf(book, unit);
    if (terms === undefined)
      return isPublishedLater(book, unit)
        ? { code: 'oldCopy', unit }
        : { code: 'badStateProof', reason: `unit ${unit} without a tariff` };
    for (const field of ['energyWh', 'paymentMsat'] as const)
      if (delivery[field] !== terms[field])
        return {
          code: 'badStateProof',
          reason: `unit ${unit}: ${field} ${delivery[field]}, not ${terms[field]}`,
        };
  }
  return undefined;
}

/** Whether a unit whose lock is ours, which nobody can guess, is above all that we remember having published. */
function isPublishedLater({ tariffs }: PricedBook, unit: bigint): boolean {
  const last = tariffs.at(-1);
  return last === undefined || unit >= last.firstUnit + BigInt(last.locks.length);
}

/** A unit's energy and price: as it was registered, or by the tariff that has its lock. */
function termsOf(
  { register, tariffs }: PricedBook,
  unit: bigint,
): { readonly energyWh: bigint; readonly paymentMsat: bigint | undefined } | undefined {
  const known = register.find(({ delivery }) => delivery.unit === unit);
  if (known !== undefined) return known.delivery;
  const tariff = tariffs.find((each) => tariffLock(each, unit) !== undefined);
  if (tariff === undefined) return undefined;
  const { unitEnergyWh, msatPerWh } = tariff;
  return { energyWh: BigInt(unitEnergyWh), paymentMsat: energyCost(msatPerWh, unitEnergyWh) };
}
