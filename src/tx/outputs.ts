import { compareBytes, toHex } from '../base/bytes.ts';
import { withChecksum } from '../base/descriptorChecksum.ts';
import { assertNever } from '../base/invariant.ts';
import type { PerRole } from '../base/role.ts';
import type { Arbitration } from './contract.ts';
import { OP, p2wsh, script, scriptNumber } from './script.ts';

/** The scripts of protocol section 4, as data. All are P2WSH of sane miniscript; keys are 33 bytes, locks 32. */
export type OutputSpec =
  | FundingSpec
  | {
      readonly type: 'toBroadcaster';
      readonly revocation: Uint8Array;
      readonly delayed: Uint8Array;
      readonly delay: number;
    }
  | { readonly type: 'toCounterparty'; readonly payment: Uint8Array }
  | { readonly type: 'toUtility'; readonly payment: Uint8Array }
  | SellerDeliverySpec
  | BuyerDeliverySpec;

export interface FundingSpec {
  readonly type: 'funding';
  readonly keys: PerRole<Uint8Array>;
  readonly arbitration: Arbitration;
}

/** The delivery in the seller's own commitment. */
export interface SellerDeliverySpec {
  readonly type: 'sellerDelivery';
  readonly revocation: Uint8Array;
  readonly sellerDelayed: Uint8Array;
  readonly utility: Uint8Array;
  readonly lock: Uint8Array;
  readonly delay: number;
  readonly expiry: number;
}

/** The delivery in the buyer's commitment. */
export interface BuyerDeliverySpec {
  readonly type: 'buyerDelivery';
  readonly sellerPayment: Uint8Array;
  readonly utility: Uint8Array;
  readonly lock: Uint8Array;
  readonly expiry: number;
}

/** Pay-to-anchor: anyone can spend it, without a signature. */
export const ANCHOR_SCRIPT = Uint8Array.of(0x51, 0x02, 0x4e, 0x73);
export const ANCHOR_SAT = 240n;

export function outputScript(spec: OutputSpec): Uint8Array {
  return p2wsh(witnessScript(spec));
}

/** The witness script, byte for byte what the descriptor of {@link outputDescriptor} compiles to. */
export function witnessScript(spec: OutputSpec): Uint8Array {
  switch (spec.type) {
    case 'funding':
      return fundingScript(spec);
    case 'toBroadcaster':
      // or_i(pk(rev),and_v(v:older(delay),pk(delayed)))
      return script(
        OP.IF,
        ...[spec.revocation, OP.CHECKSIG],
        OP.ELSE,
        ...[scriptNumber(spec.delay), OP.CHECKSEQUENCEVERIFY, OP.VERIFY],
        ...[spec.delayed, OP.CHECKSIG],
        OP.ENDIF,
      );
    case 'toCounterparty':
    case 'toUtility':
      // and_v(v:pk(payment),older(1))
      return script(spec.payment, OP.CHECKSIGVERIFY, OP.ONE, OP.CHECKSEQUENCEVERIFY);
    case 'sellerDelivery':
      return script(
        OP.IF,
        ...[spec.revocation, OP.CHECKSIG],
        OP.ELSE,
        ...deliveryBranches(spec.sellerDelayed, spec.delay, spec),
        OP.ENDIF,
      );
    case 'buyerDelivery':
      return script(...deliveryBranches(spec.sellerPayment, 1, spec));
    default:
      return assertNever(spec);
  }
}

/** or_i(and_v(v:pk(seller),and_v(v:sha256(H),older(delay))),and_v(v:pk(U),and_v(v:after(expiry),older(1)))) */
function deliveryBranches(
  seller: Uint8Array,
  delay: number,
  spec: { readonly utility: Uint8Array; readonly lock: Uint8Array; readonly expiry: number },
): (number | Uint8Array)[] {
  return [
    OP.IF,
    ...[seller, OP.CHECKSIGVERIFY],
    ...[OP.SIZE, scriptNumber(32), OP.EQUALVERIFY, OP.SHA256, spec.lock, OP.EQUALVERIFY],
    ...[scriptNumber(delay), OP.CHECKSEQUENCEVERIFY],
    OP.ELSE,
    ...[spec.utility, OP.CHECKSIGVERIFY],
    ...[scriptNumber(spec.expiry), OP.CHECKLOCKTIMEVERIFY, OP.VERIFY],
    ...[OP.ONE, OP.CHECKSEQUENCEVERIFY],
    OP.ENDIF,
  ];
}

function fundingScript({ keys, arbitration }: FundingSpec): Uint8Array {
  if (arbitration.type === 'immediate') {
    const sorted = [keys.consumer, keys.producer, keys.utility].sort(compareBytes);
    return script(OP.TWO, ...sorted, OP.THREE, OP.CHECKMULTISIG);
  }
  // thresh(2,pk(A),s:pk(B),sj:and_v(v:pk(U),n:after(T)))
  return script(
    ...[keys.consumer, OP.CHECKSIG],
    ...[OP.SWAP, keys.producer, OP.CHECKSIG, OP.ADD],
    ...[OP.SWAP, OP.SIZE, OP.ZERO_NOT_EQUAL, OP.IF],
    ...[keys.utility, OP.CHECKSIGVERIFY],
    ...[scriptNumber(arbitration.height), OP.CHECKLOCKTIMEVERIFY, OP.ZERO_NOT_EQUAL],
    ...[OP.ENDIF, OP.ADD],
    ...[OP.TWO, OP.EQUAL],
  );
}

/**
 * The output descriptor (BIP380, BIP382, miniscript) with its checksum, for any wallet that knows them.
 *
 * @param key how a key is written, by default as its hexadecimal public key; give a private key in WIF for
 *   the keys that a recovering wallet shall sign with.
 */
export function outputDescriptor(spec: OutputSpec, key: (publicKey: Uint8Array) => string = toHex): string {
  return withChecksum(`wsh(${miniscript(spec, key)})`);
}

function miniscript(spec: OutputSpec, key: (publicKey: Uint8Array) => string): string {
  switch (spec.type) {
    case 'funding': {
      const { consumer, producer, utility } = spec.keys;
      if (spec.arbitration.type === 'immediate')
        return `sortedmulti(2,${key(consumer)},${key(producer)},${key(utility)})`;
      const late = `sj:and_v(v:pk(${key(utility)}),n:after(${spec.arbitration.height}))`;
      return `thresh(2,pk(${key(consumer)}),s:pk(${key(producer)}),${late})`;
    }
    case 'toBroadcaster':
      return `or_i(pk(${key(spec.revocation)}),and_v(v:older(${spec.delay}),pk(${key(spec.delayed)})))`;
    case 'toCounterparty':
    case 'toUtility':
      return `and_v(v:pk(${key(spec.payment)}),older(1))`;
    case 'sellerDelivery':
      return `or_i(pk(${key(spec.revocation)}),${deliveryMiniscript(spec.sellerDelayed, spec.delay, spec, key)})`;
    case 'buyerDelivery':
      return deliveryMiniscript(spec.sellerPayment, 1, spec, key);
    default:
      return assertNever(spec);
  }
}

function deliveryMiniscript(
  seller: Uint8Array,
  delay: number,
  spec: { readonly utility: Uint8Array; readonly lock: Uint8Array; readonly expiry: number },
  key: (publicKey: Uint8Array) => string,
): string {
  const claim = `and_v(v:pk(${key(seller)}),and_v(v:sha256(${toHex(spec.lock)}),older(${delay})))`;
  const expire = `and_v(v:pk(${key(spec.utility)}),and_v(v:after(${spec.expiry}),older(1)))`;
  return `or_i(${claim},${expire})`;
}
