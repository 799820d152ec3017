import type { Decoded } from '../decode/decoded.ts';
import { CliError } from '../exit.ts';
import { readInput, readUpTo } from '../files.ts';
import type { Io } from '../io.ts';
import { facts } from '../output/table.ts';
import type { Verb } from '../session.ts';

const MOST_BYTES = 8 * 1024 * 1024;

const WHAT = `
A node URI, a public key, an address, a transaction, a PSBT, a message between nodes, an evidence file or a channel
backup: as hexadecimal or base64 text, as a file, or - for standard input. No node is asked, and nothing is sent anywhere.
`;

/** `decode`: what something is, in words. */
export const decodeVerb: Verb = (program, cli) => {
  const command = program
    .command('decode')
    .description('explain a message, a transaction, an evidence file, an address, a node URI, …')
    .argument('<file>', 'the text itself, a file with it, or -')
    .addHelpText('after', WHAT);
  cli.action(command, async ({ io, output }, what: string) => {
    const found = await decoded(io, what);
    if (found === undefined)
      throw new CliError('failed', 'unknownData', 'this is nothing that this program knows', [
        "'wattlane help decode' lists what it knows.",
      ]);
    const { fieldsOf, plain } = await import('../decode/plain.ts');
    const { reportLines, reportShape } = await import('../decode/report.ts');
    const { type, title } = found;
    const value = found.type === 'evidence' ? reportShape(found.report) : plain(found.value);
    output.result({ type, title, value }, () => [
      title,
      ...(found.type === 'evidence'
        ? reportLines(found.report)
        : facts(fieldsOf(value).map(([name, each]) => [`  ${name}`, each]))),
    ]);
  });
};

/** The text itself comes first: a file that is called like one is found under `./`. */
async function decoded(io: Io, what: string): Promise<Decoded | undefined> {
  const { decodeText } = await import('../decode/decode.ts');
  if (what !== '-') {
    const found = decodeText(what);
    if (found !== undefined) return found;
  }
  const bytes = what === '-' ? await readInput(io.stdin, MOST_BYTES) : await fileOf(what);
  if (bytes === undefined) return undefined;
  const { decodeBytes } = await import('../decode/bytes.ts');
  return decodeBytes(bytes) ?? decodeText(new TextDecoder().decode(bytes));
}

async function fileOf(path: string): Promise<Uint8Array | undefined> {
  try {
    return await readUpTo(path, MOST_BYTES);
  } catch (error) {
    if (error instanceof CliError && error.kind === 'notFound') return undefined;
    throw error;
  }
}
