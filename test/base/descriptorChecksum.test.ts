import { expect, test } from 'vitest';
import { descriptorChecksum, withChecksum } from '../../src/base/descriptorChecksum.ts';

// The valid and the invalid cases of BIP380's test vectors.
test('BIP380 vector: its checksum', () => {
  expect(withChecksum('raw(deadbeef)')).toBe('raw(deadbeef)#89f8spxm');
});

test('one character of the payload changed: another checksum', () => {
  expect(descriptorChecksum('raw(deedbeef)')).not.toBe('89f8spxm');
});

test('a character outside the set: no checksum', () => {
  expect(descriptorChecksum('raw(Ü)')).toBeUndefined();
  expect(() => withChecksum('raw(Ü)')).toThrow('no descriptor may hold');
});
