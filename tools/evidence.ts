/**
 * `npm run evidence -- verify FILE`: checks an evidence file offline and says what is in it. Exit code 0 when it can be
 * judged and the utility's verdict, if there is one, is right; 1 otherwise.
 */
import { open } from 'node:fs/promises';
import { describeReport } from '../src/dispute/describe.ts';
import { MAX_EVIDENCE_LENGTH } from '../src/dispute/file.ts';
import { verifyEvidence } from '../src/dispute/report.ts';

/** Prints the report through `print`; the exit code. */
export async function main(args: readonly string[], print: (line: string) => void): Promise<number> {
  const [command, path, ...more] = args;
  if (command !== 'verify' || path === undefined || more.length > 0) {
    print('usage: npm run evidence -- verify FILE');
    return 1;
  }
  const bytes = await readLimited(path).catch((error: NodeJS.ErrnoException) => error);
  if (!(bytes instanceof Uint8Array)) {
    print(`${path} cannot be read: ${bytes.code ?? 'unknown'}`);
    return 1;
  }
  const report = verifyEvidence(bytes);
  if (!report.ok) {
    const { code, ...rest } = report.error;
    print(`${path} is no evidence: ${[code, ...Object.values(rest).map(String)].join(' ')}`);
    return 1;
  }
  for (const line of describeReport(report.value)) print(line);
  const { judged, signed } = report.value;
  return judged !== null && (signed.answer === 'right' || signed.answer === 'none') ? 0 : 1;
}

/** At most one byte more than a file may have: the rest makes no difference. */
async function readLimited(path: string): Promise<Uint8Array> {
  const file = await open(path);
  try {
    const buffer = new Uint8Array(MAX_EVIDENCE_LENGTH + 1);
    let length = 0;
    while (length < buffer.length) {
      const { bytesRead } = await file.read(buffer, length, buffer.length - length);
      if (bytesRead === 0) break;
      length += bytesRead;
    }
    return buffer.slice(0, length);
  } finally {
    await file.close();
  }
}

if (process.argv[1]?.endsWith('evidence.ts'))
  process.exitCode = await main(process.argv.slice(2), (line) => console.log(line));
