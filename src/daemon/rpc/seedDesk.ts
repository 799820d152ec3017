import type { Result } from '../../base/result.ts';
import type { MethodResult } from '../../rpc/methods.ts';
import type { SeedError } from '../seed/seed.ts';
import { failure, type RpcFailure } from './failure.ts';

/** Opens the seed file with a passphrase; gives its phrase. */
export type OpenSeed = (passphrase: string) => Promise<Result<string, SeedError>>;

/** The wait after the first wrong passphrase. It doubles with each further one, up to the longest. */
const FIRST_WAIT_MS = 1_000;
const LONGEST_WAIT_MS = 15 * 60_000;

/**
 * Shows the words of the seed to whoever knows its passphrase: one attempt at a time, and after a wrong one none for a while.
 * Keeps neither words nor passphrases. How many were wrong is forgotten with the process.
 */
export class SeedDesk {
  readonly #open: OpenSeed;
  readonly #now: () => number;
  #isOpening = false;
  #wrong = 0;
  #closedUntil = Number.NEGATIVE_INFINITY;

  /** @param now milliseconds of a clock that nobody sets */
  constructor(open: OpenSeed, now: () => number = () => performance.now()) {
    this.#open = open;
    this.#now = now;
  }

  /** Rejects with `wrongPassphrase`, `tooSoon` or `notAvailable`. */
  async show(passphrase: string): Promise<MethodResult<'showSeed'>> {
    const left = this.#closedUntil - this.#now();
    if (this.#isOpening) throw failure('tooSoon', { waitMs: FIRST_WAIT_MS });
    if (left > 0) throw failure('tooSoon', { waitMs: Math.ceil(left) });
    this.#isOpening = true;
    try {
      const phrase = await this.#open(passphrase);
      if (!phrase.ok) throw this.#refused(phrase.error);
      this.#wrong = 0;
      return { words: phrase.value.split(' ') };
    } finally {
      this.#isOpening = false;
    }
  }

  #refused({ code }: SeedError): RpcFailure {
    if (code === 'noSeed')
      return failure('notAvailable', { reason: 'there is no seed file in the data directory' });
    if (code !== 'wrongPassphrase') return failure('notAvailable', { reason: `the seed file: ${code}` });
    const waitMs = Math.min(FIRST_WAIT_MS * 2 ** this.#wrong, LONGEST_WAIT_MS);
    this.#wrong += 1;
    this.#closedUntil = this.#now() + waitMs;
    return failure('wrongPassphrase', { waitMs });
  }
}
