import { concat, utf8 } from '../../src/base/bytes.ts';
import { type Dice, dice } from '../soak/dice.ts';

const LONGEST = 70_000;

/** Words that text formats take apart at. */
const WORDS = [
  '{',
  '}',
  '[',
  ']',
  '"',
  ',',
  ':',
  '\n',
  '-',
  '1e309',
  'null',
  '{"$n":"',
  '{"$b":"',
  '__proto__',
  '0',
];

/** One hostile input, derived from valid encodings: bits, cuts, splices, lengths blown up, or nothing but noise. */
export function mutated(random: Dice, samples: readonly Uint8Array[]): Uint8Array {
  if (samples.length === 0 || random.chance(0.08)) return noise(random);
  let bytes = random.pick(samples);
  if (random.chance(0.03)) return bytes;
  for (let rounds = random.int(1, 3); rounds > 0; rounds--)
    bytes = change(random, bytes, random.pick(samples));
  return bytes.length > LONGEST ? bytes.slice(0, LONGEST) : bytes;
}

function noise(random: Dice): Uint8Array {
  const length = random.chance(0.1) ? random.int(1_000, 20_000) : random.int(0, 200);
  // one stream, one word: so much noise by the byte would be slow
  const again = dice(random.seed());
  return again.bytes(length);
}

function change(random: Dice, bytes: Uint8Array, other: Uint8Array): Uint8Array {
  const at = random.int(0, bytes.length);
  const from = random.int(0, other.length);
  switch (random.int(0, 9)) {
    case 0:
    case 1:
      return flipped(random, bytes);
    case 2:
      return bytes.slice(0, at);
    case 3:
      return bytes.slice(at);
    case 4:
      return concat(bytes.slice(0, at), other.slice(from));
    case 5:
      return concat(bytes.slice(0, at), random.bytes(random.int(1, 9)), bytes.slice(at));
    case 6:
      return concat(bytes.slice(0, at), bytes.slice(at + random.int(1, 9)));
    case 7:
      return overwritten(bytes, at, blownUp(random));
    case 8:
      return concat(bytes.slice(0, at), utf8(random.pick(WORDS).repeat(random.int(1, 40))), bytes.slice(at));
    default:
      return concat(bytes.slice(0, at), bytes.slice(from % (bytes.length + 1), at), bytes.slice(at));
  }
}

function flipped(random: Dice, bytes: Uint8Array): Uint8Array {
  const copy = bytes.slice();
  for (let left = random.int(1, 4); left > 0 && copy.length > 0; left--) {
    const at = random.int(0, copy.length - 1);
    copy[at] = (copy[at] as number) ^ (1 << random.int(0, 7));
  }
  return copy;
}

/** A length that promises more than there is, in the sizes in which formats write lengths. */
function blownUp(random: Dice): Uint8Array {
  const sizes = [
    [0xff],
    [0xfd, 0xff, 0xff],
    [0xff, 0xff],
    [0x7f, 0xff, 0xff, 0xff],
    [0xfe, 0xff, 0xff, 0xff, 0x7f],
    new Array<number>(9).fill(0xff),
    new Array<number>(8).fill(0),
  ];
  return Uint8Array.from(random.pick(sizes));
}

function overwritten(bytes: Uint8Array, at: number, patch: Uint8Array): Uint8Array {
  const copy = bytes.slice();
  copy.set(patch.slice(0, Math.max(0, copy.length - at)), Math.min(at, copy.length));
  return copy;
}
