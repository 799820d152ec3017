import { equalBytes, fromHex, toHex } from '../base/bytes.ts';
import {
  blob,
  type Codec,
  type Decoded,
  decode,
  encode,
  hash,
  list,
  type Malformed,
  optional,
  point,
  signature,
  struct,
  u16,
  u32,
} from '../base/codec.ts';
import { invariant } from '../base/invariant.ts';
import { err, type Result } from '../base/result.ts';
import { taggedHash } from '../crypto/hash.ts';
import { seal, unseal } from '../crypto/sealed.ts';
import type { Commitment } from '../tx/commitment.ts';
import { JUSTICE_FEE_RATES, type RevocableSpec, revocableOutputs } from '../tx/justice.ts';
import type { SellerDeliverySpec } from '../tx/outputs.ts';
import { type Txid, txid } from '../tx/transaction.ts';

export const HINT_BYTES = 16;
/** What a watchtower keeps of one revoked commitment. Without that transaction it says nothing. */
export interface TowerBlob {
  /** The first 16 bytes of the commitment's txid, in the order in which it is hashed. */
  readonly hint: Uint8Array;
  /** A {@link Justice}, sealed under a key that follows from the whole txid. */
  readonly body: Uint8Array;
}

/** One for each of `JUSTICE_FEE_RATES`, up to the first that the output cannot afford. */
const signatures = list(signature, JUSTICE_FEE_RATES.length);

/** All that is needed to take a revoked commitment's outputs for the cheated trader, without a secret. */
const justice = struct({
  revocation: point,
  delayed: point,
  delay: u16,
  payoutScript: blob(34),
  toBroadcaster: signatures,
  sold: optional(
    struct({
      utility: point,
      deliveries: list(struct({ lock: hash, expiry: u32, signatures }), 100),
    }),
  ),
});
export type Justice = Decoded<typeof justice>;
const justiceCodec: Codec<Justice> = justice;

/** An output that a blob has signatures for. */
export interface JusticeOutput {
  readonly spec: RevocableSpec;
  readonly signatures: readonly Uint8Array[];
}

/**
 * The blob of a revoked commitment (protocol section 9). The same arguments give the same bytes. Its body is empty when
 * there is nothing to take.
 *
 * @param signed for each of `revocableOutputs(commitment)`: the signatures on its `justicePayments` to `payoutScript`
 */
export function justiceBlob(
  commitment: Commitment,
  payoutScript: Uint8Array,
  signed: readonly (readonly Uint8Array[])[],
): TowerBlob {
  const outputs = revocableOutputs(commitment).map(({ spec }, i) => ({ spec, signatures: signed[i] ?? [] }));
  const id = txid(commitment.tx);
  if (outputs.length === 0) return { hint: hintOf(id), body: new Uint8Array(0) };
  return sealJustice(id, justiceOf(outputs, payoutScript));
}

function justiceOf(outputs: readonly JusticeOutput[], payoutScript: Uint8Array): Justice {
  const [first] = outputs;
  invariant(first !== undefined, 'a blob is made of a commitment with a revocable output');
  const { spec } = first;
  const sold = outputs.flatMap((each) =>
    each.spec.type === 'sellerDelivery' ? [{ ...each, spec: each.spec }] : [],
  );
  const [delivery] = sold;
  return {
    revocation: spec.revocation,
    delayed: spec.type === 'toBroadcaster' ? spec.delayed : spec.sellerDelayed,
    delay: spec.delay,
    payoutScript,
    toBroadcaster: outputs.find((each) => each.spec.type === 'toBroadcaster')?.signatures ?? [],
    sold:
      delivery === undefined ? null : { utility: delivery.spec.utility, deliveries: sold.map(soldDelivery) },
  };
}

function soldDelivery({
  spec: { lock, expiry },
  signatures,
}: {
  readonly spec: SellerDeliverySpec;
  readonly signatures: readonly Uint8Array[];
}) {
  return { lock, expiry, signatures };
}

/** Seals what a watchtower needs, for whoever knows the transaction. */
export function sealJustice(id: Txid, content: Justice): TowerBlob {
  return { hint: hintOf(id), body: seal(keyOf(id), encode(justiceCodec, content)) };
}

/** The outputs that a justice speaks of, by their scripts. */
export function outputsOfJustice(content: Justice): readonly JusticeOutput[] {
  const { revocation, delayed, delay, toBroadcaster, sold } = content;
  const deliveries = (sold?.deliveries ?? []).map(({ lock, expiry, signatures }): JusticeOutput => {
    const utility = sold?.utility ?? delayed;
    const spec = {
      type: 'sellerDelivery',
      revocation,
      sellerDelayed: delayed,
      delay,
      utility,
      lock,
      expiry,
    } as const;
    return { spec, signatures };
  });
  if (toBroadcaster.length === 0) return deliveries;
  return [
    { spec: { type: 'toBroadcaster', revocation, delayed, delay }, signatures: toBroadcaster },
    ...deliveries,
  ];
}

export type BlobError =
  /** The hint is not that transaction's. */
  | { readonly code: 'otherTransaction' }
  /** The body was not sealed for that transaction. */
  | { readonly code: 'notSealedForIt' }
  | Malformed;

/** What a blob holds, for whoever knows the transaction. Never throws. */
export function openBlob(id: Txid, { hint, body }: TowerBlob): Result<Justice, BlobError> {
  if (!equalBytes(hint, hintOf(id))) return err({ code: 'otherTransaction' });
  const plain = unseal(keyOf(id), body);
  if (plain === undefined) return err({ code: 'notSealedForIt' });
  return decode(justiceCodec, plain);
}

/** By what a transaction is looked up among blobs. */
export function hintOf(id: Txid): Uint8Array {
  return internal(id).slice(0, HINT_BYTES);
}

export function hintKey(hint: Uint8Array): string {
  return toHex(hint);
}

function keyOf(id: Txid): Uint8Array {
  return taggedHash('wattlane/tower/blob/1', internal(id));
}

function internal(id: Txid): Uint8Array {
  return fromHex(id).reverse();
}
