import type { Io } from '../io.ts';
import { printable } from '../output/printable.ts';
import { commandTree } from '../program.ts';
import { type Candidate, completionOf } from './candidates.ts';

/** Answers a shell: a candidate a line, and last what else to offer. Never fails, never asks: it is a keystroke. */
export async function complete(words: readonly string[], io: Io): Promise<number> {
  const found = completionOf(commandTree({ io, action: () => {} }), words);
  if (found.type === 'candidates') answer(io, found.candidates, ':none');
  else answer(io, [], found.kind === 'file' ? ':files' : found.kind === 'dir' ? ':dirs' : ':none');
  return 0;
}

function answer({ stdout }: Io, candidates: readonly Candidate[], directive: string): void {
  const lines = candidates.map(({ value, about }) =>
    about === undefined ? printable(value) : `${printable(value)}\t${printable(about)}`,
  );
  stdout.write(`${[...lines, directive].join('\n')}\n`);
}
