import { closeSync, existsSync, openSync, readFileSync, writeSync } from 'node:fs';
import { fromJson, toJson } from '../../src/base/json.ts';

export type When = 'before' | 'after';

/** A place of one process: the `occurrence`-th time (from 1) that it comes to what `label` names. */
export interface Boundary {
  readonly label: string;
  readonly occurrence: number;
}

/** Where a process is to die. */
export interface Kill extends Boundary {
  readonly when: When;
}

/** A kill as it is printed, and named on the command line. */
export function readableKill({ label, occurrence, when }: Kill): string {
  return `${when} ${label} #${occurrence}`;
}

/** What a party leaves behind of its doings, whatever kills it. */
export type Entry =
  /** A process of this party began; the first is 1. */
  | { readonly type: 'life'; readonly life: number }
  /** From here on boundaries count and may kill. */
  | { readonly type: 'armed' }
  | ({ readonly type: 'boundary'; readonly when: When } & Boundary)
  | ({ readonly type: 'killed' } & Kill)
  /** About to send the secret of its own commitment `n`: from here on that is revoked. */
  | { readonly type: 'revealed'; readonly n: bigint }
  /** About to give a transaction to the chain; `n` of a commitment. */
  | { readonly type: 'broadcast'; readonly purpose: string; readonly txid: string; readonly n: bigint | null }
  /** The utility is about to say a word on a unit. */
  | { readonly type: 'word'; readonly unit: bigint; readonly attested: boolean }
  /** Appended to a channel, and durable. */
  | { readonly type: 'records'; readonly key: string; readonly records: readonly string[] }
  /** Connected again and at rest, for the first time in this life. */
  | { readonly type: 'recovered' }
  /** The node said what no honest run says. */
  | { readonly type: 'fault'; readonly text: string };

/** Appends to a party's journal at once: what was written stays when the process dies. */
export class Journal {
  readonly #file: number;

  constructor(path: string) {
    this.#file = openSync(path, 'a');
  }

  write(entry: Entry): void {
    writeSync(this.#file, `${toJson(entry)}\n`);
  }

  close(): void {
    closeSync(this.#file);
  }
}

/** Everything in a journal, in order. */
export function readJournal(path: string): readonly Entry[] {
  if (!existsSync(path)) return [];
  return readFileSync(path, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => {
      const parsed = fromJson(line);
      if (!parsed.ok) throw new Error(`a journal's line: ${parsed.error.reason}`);
      return parsed.value as Entry;
    });
}
