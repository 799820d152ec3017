import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Right } from '../../rpc/method.ts';
import { writeDurably } from '../files.ts';
import { StartRefused } from '../refused.ts';

export type TokenRight = Exclude<Right, 'none'>;

/** Says what a token allows. */
export interface Tokens {
  /** `undefined` for a token that is none. Takes as long for any text of the same length. */
  rightOf(token: string): TokenRight | undefined;
}

const TOKEN_RIGHTS: readonly TokenRight[] = ['read', 'trade', 'admin'];
const TOKEN_BYTES = 32;
const OTHERS = 0o077;

/** The file of a token in the data directory. */
export function tokenPath(dataDir: string, right: TokenRight): string {
  return join(dataDir, `${right}.token`);
}

/**
 * The tokens of a data directory, made where they are missing. Rejects with `StartRefused` (`badFile`) when a file holds
 * something else, or others than its owner may read it.
 */
export async function openTokens(dataDir: string): Promise<Tokens> {
  const digests = await Promise.all(
    TOKEN_RIGHTS.map(async (right) => ({
      right,
      digest: sha256(await openToken(tokenPath(dataDir, right))),
    })),
  );
  return {
    rightOf: (token) => {
      const asked = sha256(token);
      const found = digests.filter(({ digest }) => timingSafeEqual(digest, asked));
      return found[0]?.right;
    },
  };
}

async function openToken(path: string): Promise<string> {
  const fresh = randomBytes(TOKEN_BYTES).toString('hex');
  try {
    await writeDurably(path, `${fresh}\n`, { replace: false });
    return fresh;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
  if (((await stat(path)).mode & OTHERS) !== 0)
    throw new StartRefused(
      'badFile',
      `${path} can be read by others than its owner: chmod 600 it, or delete it for a new one`,
    );
  const token = (await readFile(path, 'utf8')).trim();
  if (!/^[0-9a-f]{64}$/.test(token))
    throw new StartRefused('badFile', `${path} holds no token: delete it, and a new one is made`);
  return token;
}

/** Of one length, whatever the text is. */
function sha256(text: string): Uint8Array {
  return createHash('sha256').update(text).digest();
}
