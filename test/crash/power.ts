import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { prng } from '../../src/base/prng.ts';
import { anyLoss, Disk, type Image, NOTHING, writeImage } from '../powerloss/disk.ts';
import { type Entry, readJournal } from '../powerloss/journal.ts';
import type { Shim } from '../powerloss/shim.ts';

/** What is left of a disk when its machine loses power. */
export interface PowerLoss {
  /**
   * `unsynced`: nothing that was not synced is there. `any`: some part of it, in any order, torn at sectors. `torn`: the
   * last transaction was being written, and any part of that is there.
   */
  readonly kind: 'unsynced' | 'any' | 'torn';
  readonly seed: number;
}

/** What has no place in a file went to a socket, under the number that a closed file had. */
function isOfFile(entry: Entry): boolean {
  return entry.type !== 'write' || Number.isSafeInteger(entry.offset);
}

/** The disk of a party whose process runs under the shim of test/powerloss, for one loss of power after the other. */
export class LossyDisk {
  readonly #shim: Shim;
  readonly #dir: string;
  readonly #power: PowerLoss;
  readonly #random;
  #image: Image = new Map();
  #losses = 0;

  constructor(shim: Shim, dir: string, power: PowerLoss) {
    this.#shim = shim;
    this.#dir = dir;
    this.#power = power;
    this.#random = prng(power.seed);
  }

  /** The environment of the next process. */
  env(): Promise<Readonly<Record<string, string>>> {
    return this.#shim.env(this.#journal, this.#dir);
  }

  /** The process is dead: puts in place what the disk has without power. */
  async lose(): Promise<void> {
    const entries = readJournal(readFileSync(this.#journal), this.#dir).filter(isOfFile);
    const disk = new Disk(this.#image);
    for (const entry of this.#power.kind === 'torn' ? this.#cut(entries) : entries) disk.apply(entry);
    this.#image = disk.image(this.#power.kind === 'unsynced' ? NOTHING : anyLoss(() => this.#random.next()));
    this.#losses += 1;
    rmSync(this.#dir, { recursive: true });
    mkdirSync(this.#dir);
    await writeImage(this.#image, this.#dir);
  }

  get #journal(): string {
    return `${this.#dir}.disk-${this.#losses}`;
  }

  /** Up to somewhere in what the last sync made durable: what was sent before is older than that. */
  #cut(entries: readonly Entry[]): readonly Entry[] {
    const syncs = entries.flatMap(({ type }, index) => (type === 'sync' ? [index] : []));
    const [from, to] = [syncs.at(-2) ?? 0, syncs.at(-1) ?? entries.length];
    return entries.slice(0, Math.floor(this.#random.between(from + 1, to + 1)));
  }
}
