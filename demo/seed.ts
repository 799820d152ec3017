import { createHash } from 'node:crypto';
import { mnemonicFromEntropy } from '../src/index.ts';

/** Everything that a party would draw at random, from a word instead: the same word, the same run. */
export interface PartySecrets {
  readonly mnemonic: string;
  readonly entropy: (length: number) => Uint8Array;
}

/** Never for coins that are worth something: whoever knows the word has the keys. */
export function secretsOf(seed: string, scenario: string, role: string): PartySecrets {
  const name = `wattlane demo/${seed}/${scenario}/${role}`;
  let drawn = 0;
  return {
    mnemonic: mnemonicFromEntropy(digest(`${name}/mnemonic`).slice(0, 16)),
    entropy: (length) => {
      const blocks = Math.ceil(length / 32);
      const first = drawn;
      drawn += blocks;
      const bytes = Array.from({ length: blocks }, (_, i) => [...digest(`${name}/entropy/${first + i}`)]);
      return Uint8Array.from(bytes.flat()).slice(0, length);
    },
  };
}

function digest(text: string): Uint8Array {
  return Uint8Array.from(createHash('sha256').update(text).digest());
}
