import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { fromHex, toHex } from '../../src/base/bytes.ts';
import { deliveryLock, deliveryPreimage } from '../../src/crypto/deliveryLock.ts';

interface DeliveryVector {
  readonly delivery_seed: string;
  readonly channel_id: string;
  readonly unit: number;
  readonly preimage: string;
  readonly lock: string;
}

const vectors: { readonly deliveries: readonly DeliveryVector[] } = JSON.parse(
  readFileSync(new URL('../vectors/wattlane-v1.json', import.meta.url), 'utf8'),
);

describe('delivery locks', () => {
  it.each(vectors.deliveries)('unit $unit: preimage and lock of the reference vector', (vector) => {
    const preimage = deliveryPreimage(
      fromHex(vector.delivery_seed),
      fromHex(vector.channel_id),
      BigInt(vector.unit),
    );
    expect(toHex(preimage)).toBe(vector.preimage);
    expect(toHex(deliveryLock(preimage))).toBe(vector.lock);
  });

  it('another unit or channel: another secret', () => {
    const seed = new Uint8Array(32).fill(1);
    const channel = new Uint8Array(32).fill(2);
    const secrets = [
      deliveryPreimage(seed, channel, 0n),
      deliveryPreimage(seed, channel, 1n),
      deliveryPreimage(seed, channel, 2n ** 64n - 1n),
      deliveryPreimage(seed, seed, 0n),
    ];
    expect(new Set(secrets.map(toHex)).size).toBe(secrets.length);
  });
});
