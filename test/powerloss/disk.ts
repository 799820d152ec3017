import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Entry } from './journal.ts';

/** What a disk writes whole or not at all, in bytes. */
const SECTOR = 512;

/** What becomes of what was not synced, asked in a fixed order: `true` keeps it. */
export interface Loss {
  /** Of `count` changes of the directory, in their order: how many the disk has. */
  names(count: number): number;
  /** A write or a cut: change `index` of `count` of one file that were not synced. */
  change(index: number, count: number): boolean;
  /** One sector of a write that {@link change} kept. */
  sector(): boolean;
}

/** Nothing that was not synced is there. */
export const NOTHING: Loss = { names: () => 0, change: () => false, sector: () => false };
/** All of it is. */
export const ALL: Loss = { names: (count) => count, change: () => true, sector: () => true };
/** Only what was written last: a disk that wrote in its own order. */
export const LAST: Loss = { ...ALL, change: (index, count) => index === count - 1 };
/** All but what was written first. */
export const BUT_FIRST: Loss = { ...ALL, change: (index) => index > 0 };
/** All of the files, nothing of the directory. */
export const NO_NAMES: Loss = { ...ALL, names: () => 0 };

/** Any part: `random` gives numbers from 0 to 1. Whole writes are lost and kept, and some are torn at a sector. */
export function anyLoss(random: () => number): Loss {
  const [kept, whole] = [random(), random() < 0.5 ? 1 : random()];
  return {
    names: (count) => Math.floor(random() * (count + 1)),
    change: () => random() < kept,
    sector: () => random() < whole,
  };
}

type Change =
  | { readonly entry: number; readonly offset: number; readonly data: Uint8Array }
  | { readonly entry: number; readonly size: number };

interface Inode {
  /** As of the last sync. */
  durable: Uint8Array;
  changes: Change[];
}

interface NameChange {
  readonly entry: number;
  apply(names: Map<string, Inode>): void;
}

/** Files by their path. */
export type Image = ReadonlyMap<string, Uint8Array>;

/**
 * A disk with a write cache, as the entries of a journal leave it: what was synced, and what was not. A file is durable
 * up to its last sync, a name (created, renamed, taken away) up to the last sync of the directory. Names are lost from
 * the end on, as on a file system with a journal; writes in any order.
 */
export class Disk {
  readonly #durableNames: Map<string, Inode>;
  readonly #names: Map<string, Inode>;
  #nameChanges: NameChange[] = [];
  readonly #open = new Map<string, Inode | 'directory'>();
  /** Entries of each process so far, as numbers of this disk. */
  readonly #entriesOf = new Map<number, number[]>();
  #count = 0;

  constructor(image: Image = new Map()) {
    const inodes = [...image].map(([path, bytes]): [string, Inode] => [
      path,
      { durable: bytes, changes: [] },
    ]);
    this.#durableNames = new Map(inodes);
    this.#names = new Map(inodes);
  }

  apply(entry: Entry): void {
    const number = this.#count++;
    if (entry.type === 'start') this.#entriesOf.set(entry.pid, []);
    this.#entriesOf.get(entry.pid)?.push(number);
    if (entry.type === 'open') this.#opened(entry, number);
    else if (entry.type === 'sync') this.#sync(entry);
    else if (entry.type === 'unlink') this.#rename(number, entry.path);
    else if (entry.type === 'rename') this.#rename(number, entry.from, entry.to);
    else if (entry.type !== 'start') this.#changed(entry, number);
  }

  /** How much is not synced: changes of files and of the directory. */
  get unsynced(): number {
    let count = this.#nameChanges.length;
    for (const { changes } of new Set(this.#names.values())) count += changes.length;
    return count;
  }

  /** The files that a power loss at this moment leaves. */
  image(loss: Loss): Image {
    const names = new Map(this.#durableNames);
    for (const { apply } of this.#nameChanges.slice(0, loss.names(this.#nameChanges.length))) apply(names);
    return new Map([...names].map(([path, inode]) => [path, contents(inode, loss)]));
  }

  #opened(entry: Extract<Entry, { type: 'open' }>, number: number): void {
    const { path } = entry;
    if (entry.directory) {
      this.#open.set(keyOf(entry), 'directory');
      return;
    }
    if (entry.created || !this.#names.has(path)) {
      const inode: Inode = { durable: new Uint8Array(), changes: [] };
      this.#changeNames({ entry: number, apply: (names) => names.set(path, inode) });
    }
    const inode = this.#names.get(path) as Inode;
    if (entry.truncated && !entry.created) inode.changes.push({ entry: number, size: 0 });
    this.#open.set(keyOf(entry), inode);
  }

  #changed(entry: Extract<Entry, { type: 'write' | 'truncate' }>, number: number): void {
    const inode = this.#open.get(keyOf(entry));
    if (inode === undefined || inode === 'directory') return;
    inode.changes.push(
      entry.type === 'write'
        ? { entry: number, offset: entry.offset, data: entry.data }
        : { entry: number, size: entry.size },
    );
  }

  #sync(entry: Extract<Entry, { type: 'sync' }>): void {
    // the first entry that was not there when the call began
    const from = this.#entriesOf.get(entry.pid)?.[entry.from] ?? this.#count;
    const inode = this.#open.get(keyOf(entry));
    if (inode === 'directory') {
      for (const change of this.#nameChanges) if (change.entry < from) change.apply(this.#durableNames);
      this.#nameChanges = this.#nameChanges.filter(({ entry }) => entry >= from);
    } else if (inode !== undefined) {
      const synced = inode.changes.filter(({ entry }) => entry < from);
      inode.durable = contents({ durable: inode.durable, changes: synced }, ALL);
      inode.changes = inode.changes.filter(({ entry }) => entry >= from);
    }
  }

  #rename(number: number, from: string, to?: string): void {
    const inode = this.#names.get(from);
    if (inode === undefined) return;
    this.#changeNames({
      entry: number,
      apply: (names) => {
        names.delete(from);
        if (to !== undefined) names.set(to, inode);
      },
    });
  }

  #changeNames(change: NameChange): void {
    change.apply(this.#names);
    this.#nameChanges.push(change);
  }
}

function keyOf({ pid, file }: { readonly pid: number; readonly file: number }): string {
  return `${pid}/${file}`;
}

function contents({ durable, changes }: Inode, loss: Loss): Uint8Array {
  let bytes: Uint8Array = durable.slice();
  const resize = (size: number) => {
    const next = new Uint8Array(size);
    next.set(bytes.subarray(0, size));
    bytes = next;
  };
  for (const [index, change] of changes.entries()) {
    if (!loss.change(index, changes.length)) continue;
    if ('size' in change) {
      resize(change.size);
      continue;
    }
    const kept = sectorsOf(change).filter(() => loss.sector());
    const end = Math.max(bytes.length, kept.at(-1)?.end ?? 0);
    if (end > bytes.length) resize(end);
    for (const { start, data } of kept) bytes.set(data, start);
  }
  return bytes;
}

function sectorsOf({ offset, data }: { readonly offset: number; readonly data: Uint8Array }) {
  const sectors: { readonly start: number; readonly end: number; readonly data: Uint8Array }[] = [];
  for (let start = offset; start < offset + data.length; ) {
    const end = Math.min(offset + data.length, start + SECTOR - (start % SECTOR));
    sectors.push({ start, end, data: data.subarray(start - offset, end - offset) });
    start = end;
  }
  return sectors;
}

/** Writes the files of an image into a directory that has none. */
export async function writeImage(image: Image, directory: string): Promise<void> {
  for (const [path, bytes] of image) {
    await mkdir(dirname(join(directory, path)), { recursive: true });
    await writeFile(join(directory, path), bytes, { mode: 0o600 });
  }
}
