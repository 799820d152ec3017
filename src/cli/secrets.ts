import { access } from 'node:fs/promises';
import { findPassphrase } from '../daemon/seed/passphrase.ts';
import { describeSeedError, type SeedError, seedPath } from '../daemon/seed/seed.ts';
import { CliError, usageError } from './exit.ts';
import { readUpTo } from './files.ts';
import type { Io } from './io.ts';
import { askSecret, isInteractive } from './prompt.ts';

const MOST_BYTES = 4096;
const TRIES = 3;

/** Where the passphrase of a seed comes from: a file, WATTLANE_PASSPHRASE, the terminal. */
export async function passphraseOf(io: Io, file: string | undefined, isNew: boolean): Promise<string> {
  const ask = isInteractive(io)
    ? () => (isNew ? askTwice(io) : askSecret(io, 'Passphrase of the seed: '))
    : undefined;
  const found = await findPassphrase({ file, variable: io.env.WATTLANE_PASSPHRASE, ask });
  if (!found.ok) throw seedFailure(found.error);
  return found.value;
}

async function askTwice(io: Io): Promise<string> {
  for (let tried = 0; tried < TRIES; tried++) {
    const first = await askSecret(io, 'A passphrase for the seed of this node: ');
    if (first === '') io.stderr.write('It must not be empty.\n');
    else if ((await askSecret(io, 'The same again: ')) === first) return first;
    else io.stderr.write('These are two different ones.\n');
  }
  throw new CliError('refused', 'noPassphrase', 'no passphrase: nothing was done');
}

/** The words of a seed, from a file or the terminal; never from the command line, which others can read. */
export async function wordsOf(io: Io, file: string | undefined): Promise<string> {
  if (file !== undefined) return spaced(new TextDecoder().decode(await readUpTo(file, MOST_BYTES)));
  if (!isInteractive(io))
    throw usageError(
      'there is no terminal to ask for the words on',
      'Say which file they are in with --words-file.',
    );
  return spaced(await askSecret(io, 'The 12 or 24 words of the seed, not shown while you type: '));
}

function spaced(text: string): string {
  return text.trim().toLowerCase().split(/\s+/).join(' ');
}

/** Fails where a data directory has no seed. */
export async function requireSeed(dataDir: string): Promise<void> {
  const path = seedPath(dataDir);
  await access(path).catch(() => Promise.reject(seedFailure({ code: 'noSeed', path })));
}

/** What went wrong with a seed, as the end of a command. */
export function seedFailure(error: SeedError): CliError {
  const message = describeSeedError(error);
  switch (error.code) {
    case 'wrongPassphrase':
    case 'noPassphrase':
      return new CliError('refused', error.code, message);
    case 'noSeed':
      return new CliError('notFound', error.code, message);
    case 'badPhrase':
      return usageError(message);
    default:
      return new CliError('failed', error.code, message);
  }
}
