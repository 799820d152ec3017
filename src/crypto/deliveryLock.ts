import { concat, uintBE } from '../base/bytes.ts';
import { hmacSha256, sha256 } from './hash.ts';

/**
 * The secret that the utility reveals when energy unit `unit` of a channel was delivered (protocol section 3):
 * `HMAC-SHA256(deliverySeed, channelId || u64be(unit))`.
 *
 * Every unit's secret stands alone, neither a hash chain nor shachain: a unit that was never delivered must
 * stay secret for ever, also after later units are revealed.
 *
 * @param deliverySeed 32 bytes, the utility's
 * @param channelId 32 bytes
 * @param unit unit number, 0..2^64-1
 */
export function deliveryPreimage(deliverySeed: Uint8Array, channelId: Uint8Array, unit: bigint): Uint8Array {
  return hmacSha256(deliverySeed, concat(channelId, uintBE(unit, 8)));
}

/** The lock H of a delivery preimage R, as the delivery output's script checks it: `SHA256(R)`, 32 bytes. */
export function deliveryLock(preimage: Uint8Array): Uint8Array {
  return sha256(preimage);
}
