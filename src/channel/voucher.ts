import { taggedHash } from '../crypto/hash.ts';
import { type Secp256k1, xOnly } from '../crypto/secp256k1.ts';
import { encodeVouched, type TraderOpening, type UtilityOpening } from '../wire/messages.ts';
import type { IdentitySigner } from './signer.ts';
import type { Proposal } from './state.ts';

const TAG = 'wattlane/opening';

/**
 * The signature by which producer and utility stand for what they bring to an opening (protocol section 8): each
 * hears of the other through the consumer only, which must not be able to put keys of its own in their place.
 * BIP340 by the node key, over the terms and the whole of the party's opening.
 */
export function vouch(
  identity: IdentitySigner,
  proposal: Proposal,
  opening: TraderOpening | UtilityOpening,
): Uint8Array {
  return identity.signStatement(TAG, encodeVouched(proposal, opening));
}

/** Whether the node that the opening names vouched for it under these terms. */
export function isVouched(
  secp: Secp256k1,
  proposal: Proposal,
  opening: TraderOpening | UtilityOpening,
  voucher: Uint8Array,
): boolean {
  const hash = taggedHash(TAG, encodeVouched(proposal, opening));
  return secp.verifySchnorr(hash, xOnly(opening.nodeId), voucher);
}
