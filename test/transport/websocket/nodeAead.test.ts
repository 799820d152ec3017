import fc from 'fast-check';
import { expect, test } from 'vitest';
import { portableAead } from '../../../src/transport/noise/cipher.ts';
import { nodeAead } from '../../../src/transport/websocket/nodeAead.ts';

const bytes = (length: number) => fc.uint8Array({ minLength: length, maxLength: length });

test("the runtime's cipher is another than the portable one here", () => {
  expect(nodeAead).not.toBe(portableAead);
});

test('any key, nonce and text: the same bytes by either cipher, and each opens them', () => {
  fc.assert(
    fc.property(bytes(32), bytes(12), fc.uint8Array({ maxLength: 2000 }), (key, nonce, text) => {
      const sealed = nodeAead.seal(key, nonce, text);
      expect(sealed).toEqual(portableAead.seal(key, nonce, text));
      expect(nodeAead.open(key, nonce, sealed)).toEqual(text);
      expect(portableAead.open(key, nonce, sealed)).toEqual(text);
    }),
  );
});

test('a bit changed, the end cut off, another key or nonce, or any bytes: nothing is opened', () => {
  fc.assert(
    fc.property(bytes(32), bytes(12), fc.uint8Array({ maxLength: 60 }), fc.nat(), (key, nonce, text, n) => {
      const sealed = nodeAead.seal(key, nonce, text);
      const changed = (whole: Uint8Array) =>
        whole.map((byte, i) => (i === n % whole.length ? byte ^ (1 << (n % 8)) : byte));
      expect(nodeAead.open(key, nonce, changed(sealed))).toBeUndefined();
      expect(nodeAead.open(key, nonce, sealed.subarray(0, n % sealed.length))).toBeUndefined();
      expect(nodeAead.open(changed(key), nonce, sealed)).toBeUndefined();
      expect(nodeAead.open(key, changed(nonce), sealed)).toBeUndefined();
      expect(nodeAead.open(key, nonce, text)).toBeUndefined();
    }),
  );
});
