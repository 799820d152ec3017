import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { prng } from '../../src/base/prng.ts';
import { memoryStore } from '../../src/store/memory.ts';
import { sqliteStore } from '../../src/store/sqlite/index.ts';
import {
  ALL,
  anyLoss,
  BUT_FIRST,
  Disk,
  type Image,
  LAST,
  type Loss,
  NO_NAMES,
  NOTHING,
  writeImage,
} from './disk.ts';
import { type Entry, readJournal } from './journal.ts';
import type { Shim } from './shim.ts';
import { contentsOf, groupsOf, write } from './writes.ts';

const WRITER = new URL('./writer.ts', import.meta.url).pathname;
/** Where the images of disks are opened: nothing is lost with them. */
const MEMORY = '/dev/shm';
const EXTREMES: readonly (readonly [string, Loss])[] = [
  ['nothing', NOTHING],
  ['all', ALL],
  ['last', LAST],
  ['butFirst', BUT_FIRST],
  ['noNames', NO_NAMES],
];

export interface Run {
  readonly writes: number;
  readonly entries: readonly Entry[];
  /** What a store holds after so many writes. */
  readonly contents: readonly unknown[];
}

/** Lets a process write under the shim until it kills itself. */
export async function record(shim: Shim, writes: number, logPages: number): Promise<Run> {
  const directory = await mkdtemp(join(tmpdir(), 'wattlane-power-'));
  try {
    const [journal, under] = [join(directory, 'journal'), join(directory, 'disk')];
    await mkdir(under);
    const child = spawn(process.execPath, ['--import', 'tsx', WRITER, under, `${writes}`, `${logPages}`], {
      stdio: ['ignore', 'ignore', 'inherit'],
      env: { ...process.env, ...(await shim.env(journal, under)) },
    });
    const [, signal] = await once(child, 'exit');
    if (signal !== 'SIGKILL') throw new Error(`the writer ended by ${signal}, not by its own hand`);
    const entries = readJournal(await readFile(journal), under);
    await requireWhole(entries, under);
    return { writes, entries, contents: await contentsAfter(writes) };
  } finally {
    await rm(directory, { recursive: true });
  }
}

/** Nothing escaped the journal: all of its entries make just the files that are there. */
export async function requireWhole(entries: readonly Entry[], under: string): Promise<void> {
  const disk = new Disk();
  for (const entry of entries) disk.apply(entry);
  const image = disk.image(ALL);
  const names = await readdir(under);
  if (!isDeepStrictEqual([...image.keys()].sort(), names.sort()))
    throw new Error(`the journal has the files ${[...image.keys()]}, the disk ${names}`);
  for (const name of names)
    if (!(await readFile(join(under, name))).equals(image.get(name) ?? new Uint8Array()))
      throw new Error(`the journal has another ${name} than the disk`);
}

async function contentsAfter(writes: number): Promise<readonly unknown[]> {
  const store = memoryStore();
  const contents = [await contentsOf(store)];
  for (let n = 0; n < writes; n++) {
    await write(store, n);
    contents.push(await contentsOf(store));
  }
  return contents;
}

export interface Tally {
  /** Moments at which the power fails. */
  readonly points: number;
  /** Disks that were opened. */
  readonly images: number;
  /** Disks on which a group of writes was there that nobody had been told of. */
  readonly ahead: number;
}

/**
 * Lets the power fail after each `every`-th entry of the journal, in each of the extreme ways and `mixes` seeded ones,
 * and opens what is left. Throws where it does not open by itself, lacks what was acknowledged or has a part of a group.
 */
export async function checkPowerLoss(
  run: Run,
  { every, mixes, seed }: { readonly every: number; readonly mixes: number; readonly seed: number },
): Promise<Tally> {
  const random = prng(seed);
  const disk = new Disk();
  const tally = { points: 0, images: 0, ahead: 0 };
  const scratch = await mkdtemp(join(existsSync(MEMORY) ? MEMORY : tmpdir(), 'wattlane-power-'));
  try {
    for (const [i, entry] of run.entries.entries()) {
      disk.apply(entry);
      if (i % every !== 0) continue;
      tally.points += 1;
      const told = acknowledged(disk.image(ALL));
      const ways = [...EXTREMES];
      for (let mix = 0; mix < mixes; mix++) ways.push([`mix ${mix}`, anyLoss(() => random.next())]);
      for (const [name, loss] of ways) {
        const directory = join(scratch, `${tally.images}`);
        await mkdir(directory);
        await writeImage(disk.image(loss), directory);
        const found = await writesIn(directory, run).catch((error) => {
          throw new Error(`power lost after entry ${i}, ${name} kept, ${told} writes told: ${error}`, {
            cause: error,
          });
        });
        if (found < told) throw new Error(`entry ${i}, ${name} kept: ${told} writes told, ${found} found`);
        if (found > told) tally.ahead += 1;
        tally.images += 1;
        await rm(directory, { recursive: true });
      }
    }
    return tally;
  } finally {
    await rm(scratch, { recursive: true });
  }
}

function acknowledged(image: Image): number {
  const said = new TextDecoder().decode(image.get('said') ?? new Uint8Array());
  return Number(said.trim().split('\n').at(-1));
}

/** How many writes the store holds; throws unless it holds just those, in whole groups. */
async function writesIn(directory: string, { writes, contents }: Run): Promise<number> {
  const store = await sqliteStore(join(directory, 'node.db'), { check: 'full' });
  try {
    const found = await contentsOf(store);
    const ends = [0, ...groupsOf(writes).map((group) => (group.at(-1) ?? 0) + 1)];
    const count = ends.find((end) => isDeepStrictEqual(contents[end], found));
    if (count === undefined) throw new Error('what is stored is not what whole groups of writes leave');
    if (store.restored) throw new Error('the store takes itself for a copy');
    await store.setValue('after', 'the loss');
    return count;
  } finally {
    await store.close();
  }
}
