import type { CliError } from './exit.ts';
import { EXIT } from './exit.ts';
import type { Io } from './io.ts';
import { jsonText, printable } from './output/printable.ts';

/** Says on stderr what happened and what to do. */
export function report(io: Io, { kind, code, message, advice }: CliError, json: boolean): void {
  if (json) {
    io.stderr.write(`${jsonText({ error: { code, exitCode: EXIT[kind], message, advice } })}\n`);
    return;
  }
  const lines = [`wattlane: ${message}`, ...advice.map((line) => `  ${line}`)];
  if (kind === 'usage') lines.push('  wattlane help [command] explains each command.');
  io.stderr.write(`${lines.map(printable).join('\n')}\n`);
}
