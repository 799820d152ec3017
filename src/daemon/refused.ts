import type { SeedError } from './seed/seed.ts';
import { describeSeedError } from './seed/seed.ts';

/**
 * The daemon cannot start with what it was given; its message says what to do. `code`: a {@link SeedError}'s, or
 * `wrongNetwork` (bitcoind or the data directory is of another network), `otherSeed` (the data directory is of another
 * seed), `badFile` (a file that a setting names cannot be read), `storeMissing` (a backup of channels, but no store), `storeTooOld` (the backup has channels that the store has not), `stopped` (it was asked to stop before it was up).
 */
export class StartRefused extends Error {
  override readonly name = 'StartRefused';
  readonly code:
    | SeedError['code']
    | 'wrongNetwork'
    | 'otherSeed'
    | 'badFile'
    | 'storeMissing'
    | 'storeTooOld'
    | 'stopped';
  readonly retry = false;

  constructor(code: StartRefused['code'], message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

export function seedRefused(error: SeedError): StartRefused {
  return new StartRefused(error.code, describeSeedError(error));
}
