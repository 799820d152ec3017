import { invariant } from './invariant.ts';

/** BIP380's input characters: groups of 32, ordered so that likely mistakes (case, hardened marks) change one symbol. */
const INPUT_CHARSET =
  "0123456789()[],'/*abcdefgh@:$%{}" +
  'IJKLMNOPQRSTUVWXYZ&+-.;<=>?!^_|~' +
  'ijklmnopqrstuvwxyzABCDEFGH`#"\\ ';
const CHECKSUM_CHARSET = 'qpzry9x8gf2tvdw0s3jn54khce6mua7l';
const GENERATOR = [0xf5dee51989n, 0xa9fdca3312n, 0x1bab10e32dn, 0x3706b1677an, 0x644d626ffdn];

/**
 * `descriptor#checksum`, the form that Bitcoin Core imports (BIP380).
 *
 * @param descriptor an output descriptor without checksum. Throws `InvariantError` on a character that no
 *   descriptor may hold: descriptors are built by this library.
 */
export function withChecksum(descriptor: string): string {
  const checksum = descriptorChecksum(descriptor);
  invariant(checksum !== undefined, 'character that no descriptor may hold');
  return `${descriptor}#${checksum}`;
}

/** The eight characters of BIP380 for a descriptor without checksum; `undefined` when it holds a foreign character. */
export function descriptorChecksum(descriptor: string): string | undefined {
  let state = 1n;
  let group = 0n;
  let groupSize = 0;
  for (const character of descriptor) {
    const position = INPUT_CHARSET.indexOf(character);
    if (position < 0) return undefined;
    state = polymod(state, BigInt(position & 31));
    group = group * 3n + BigInt(position >> 5);
    groupSize += 1;
    if (groupSize < 3) continue;
    state = polymod(state, group);
    group = 0n;
    groupSize = 0;
  }
  if (groupSize > 0) state = polymod(state, group);
  for (let i = 0; i < 8; i++) state = polymod(state, 0n);
  state ^= 1n;
  let text = '';
  for (let i = 7n; i >= 0n; i--) text += CHECKSUM_CHARSET[Number((state >> (5n * i)) & 31n)];
  return text;
}

/** One step of the Bose-Chaudhuri-Hocquenghem code over 5-bit symbols. */
function polymod(state: bigint, symbol: bigint): bigint {
  const top = state >> 35n;
  let next = ((state & 0x7ffffffffn) << 5n) ^ symbol;
  GENERATOR.forEach((generator, bit) => {
    if ((top >> BigInt(bit)) & 1n) next ^= generator;
  });
  return next;
}
