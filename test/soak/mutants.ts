import { spawn } from 'node:child_process';
import { cp, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Theme } from './setting.ts';

/** A bug that is planted on purpose: one change of one file, and what has to notice it. */
export interface Mutant {
  readonly name: string;
  /** What goes wrong with it, for people. */
  readonly what: string;
  readonly file: string;
  readonly from: string;
  readonly to: string;
  /** What the schedules are steered to that look for it. */
  readonly theme: Theme;
}

export const MUTANTS: readonly Mutant[] = [
  {
    name: 'conservation',
    what: 'the seller is paid the grid fee as well',
    file: 'src/channel/ledger.ts',
    from: 'credit(without(ledger, id), seller, paymentMsat - gridFee + bondMsat)',
    to: 'credit(without(ledger, id), seller, paymentMsat + bondMsat)',
    theme: 'any',
  },
  {
    name: 'revocation',
    what: 'a trader does not use the revealed secret on what a cheater pays itself',
    file: 'src/penalty/rights.ts',
    from: "if (spec.type !== 'toBroadcaster' && spec.type !== 'sellerDelivery') return undefined;",
    to: "if (spec.type !== 'sellerDelivery') return undefined;",
    theme: 'breach',
  },
  {
    name: 'deadline',
    what: 'a seller that is not paid goes to the chain when the utility can take the delivery',
    file: 'src/channel/orders.ts',
    from: 'selling && known && state.height >= deadline)',
    to: 'selling && known && state.height >= delivery.expiry)',
    theme: 'race',
  },
  {
    name: 'tower',
    what: 'the watchtower does not know a commitment when it sees one',
    file: 'src/tower/watch.ts',
    from: 'locktime >>> 24 === 0x20',
    to: 'locktime >>> 24 === 0x21',
    theme: 'tower',
  },
];

/** What became of a planted bug. */
export interface Caught {
  readonly mutant: Mutant;
  /** The oracle's words; `undefined` when no schedule noticed anything. */
  readonly by: string | undefined;
  readonly schedules: number;
  readonly seconds: number;
}

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const COPIED = ['src', 'test', 'regtest', 'package.json', 'tsconfig.json'];

/** Plants the bug in a copy of the program and runs the soak there until it is noticed, at most `schedules` schedules. */
export async function hunt(mutant: Mutant, schedules: number): Promise<Caught> {
  const folder = await mkdtemp(join(tmpdir(), 'wattlane-mutant-'));
  const start = performance.now();
  try {
    for (const name of COPIED) await cp(join(ROOT, name), join(folder, name), { recursive: true });
    await symlink(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
    await plant(join(folder, mutant.file), mutant);
    const text = await runSoak(folder, mutant.theme, schedules);
    const found = /^schedule (\d+) of seed \d+: (.*)$/m.exec(text);
    const seconds = (performance.now() - start) / 1000;
    if (found === null) return { mutant, by: undefined, schedules, seconds };
    return { mutant, by: found[2]?.split('; ')[0], schedules: Number(found[1]) + 1, seconds };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Changes the file in the one place where it says `from`. Throws when there is none, or more than one. */
async function plant(path: string, { name, from, to }: Mutant): Promise<void> {
  const text = await readFile(path, 'utf8');
  const places = text.split(from).length - 1;
  if (places !== 1) throw new Error(`mutant ${name}: ${places} places in ${path}, not one`);
  await writeFile(
    path,
    text.replace(from, () => to),
  );
}

function runSoak(folder: string, theme: Theme, schedules: number): Promise<string> {
  const args = ['--theme', theme, '--schedules', String(schedules), '--minutes', '60', '--first'];
  const child = spawn('node', ['--import', 'tsx', 'test/soak/main.ts', ...args], { cwd: folder });
  return new Promise((resolve, reject) => {
    let text = '';
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (data: Buffer) => {
        text += data.toString();
      });
    child.on('error', reject);
    child.on('close', (code) => {
      if (code === 0 || /^schedule \d+ of seed/m.test(text)) resolve(text);
      else reject(new Error(`the soak ended with ${code}: ${text.slice(-2000)}`));
    });
  });
}
