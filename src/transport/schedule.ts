/** Things to do later, in order of time and, at the same time, in order of asking. */
export interface Schedule {
  /** Milliseconds; only differences mean something. */
  readonly now: number;
  /** Runs `run` at `time` (soon, if that is past), never from within this call. Returns the way to cancel. */
  at(time: number, run: () => void): () => void;
  /** Resolves when nothing is left to do, and nothing came of what was done last. */
  idle(): Promise<void>;
}

/** A schedule whose time moves only when it is told to. */
export interface VirtualSchedule extends Schedule {
  /** Moves time to the earliest entry, runs it and lets every promise that came of it settle; false when there was none. */
  step(): Promise<boolean>;
}

interface Entry {
  readonly time: number;
  readonly order: number;
  readonly run: () => void;
}

/** Resolves after all promise reactions that are due now: the next turn of the event loop. */
function turn(): Promise<void> {
  return new Promise((resolve) => void atOnce(resolve));
}

/** In the next turn of the event loop: of Node without a timer, which would take a millisecond. Returns the way to cancel. */
const atOnce: (run: () => void) => () => void =
  globalThis.setImmediate === undefined
    ? (run) => {
        const timer = setTimeout(run, 0);
        return () => clearTimeout(timer);
      }
    : (run) => {
        const immediate = setImmediate(run);
        return () => clearImmediate(immediate);
      };

export function virtualSchedule(): VirtualSchedule {
  const agenda = new Agenda();
  let now = 0;

  async function step(): Promise<boolean> {
    const entry = agenda.takeFirst();
    if (entry === undefined) return false;
    now = entry.time;
    entry.run();
    await turn();
    return true;
  }

  return {
    get now() {
      return now;
    },
    at(time, run) {
      const entry = agenda.add(Math.max(time, now), run);
      return () => agenda.cancel(entry);
    },
    step,
    async idle() {
      await turn();
      while (await step());
    },
  };
}

/**
 * A schedule on the machine's clock. Every entry gets one wake-up and every wake-up runs the earliest entry,
 * so the order of times holds although the machine's timers are coarse; what is due at once waits for no timer.
 */
export function realSchedule(): Schedule {
  const agenda = new Agenda();
  let waiting: (() => void)[] = [];

  function announceIdle(): void {
    if (agenda.size > 0) return;
    const told = waiting;
    waiting = [];
    for (const resolve of told) resolve();
  }

  function wake(): void {
    try {
      agenda.takeFirst()?.run();
    } finally {
      announceIdle();
    }
  }

  return {
    get now() {
      return performance.now();
    },
    at(time, run) {
      const entry = agenda.add(time, run);
      const stop = wakeIn(time - performance.now(), wake);
      return () => {
        if (!agenda.cancel(entry)) return;
        stop();
        announceIdle();
      };
    },
    async idle() {
      await turn();
      while (agenda.size > 0) {
        await new Promise<void>((resolve) => waiting.push(resolve));
        await turn();
      }
    },
  };
}

function wakeIn(delayMs: number, wake: () => void): () => void {
  if (delayMs <= 0) return atOnce(wake);
  const timer = setTimeout(wake, delayMs);
  return () => clearTimeout(timer);
}

/** Entries in a binary heap; cancelled ones stay until they come up, and do not count. */
class Agenda {
  readonly #heap: Entry[] = [];
  readonly #open = new Set<Entry>();
  #order = 0;

  get size(): number {
    return this.#open.size;
  }

  add(time: number, run: () => void): Entry {
    const entry: Entry = { time, order: this.#order++, run };
    this.#open.add(entry);
    this.#heap.push(entry);
    this.#rise(this.#heap.length - 1);
    return entry;
  }

  /** False when it was taken or cancelled before. */
  cancel(entry: Entry): boolean {
    return this.#open.delete(entry);
  }

  takeFirst(): Entry | undefined {
    for (let entry = this.#pop(); entry !== undefined; entry = this.#pop())
      if (this.#open.delete(entry)) return entry;
    return undefined;
  }

  #pop(): Entry | undefined {
    const [first] = this.#heap;
    const last = this.#heap.pop();
    if (first === last || last === undefined) return first;
    this.#heap[0] = last;
    this.#sink(0);
    return first;
  }

  #rise(index: number): void {
    const parent = (index - 1) >> 1;
    if (index === 0 || !this.#swapIfBefore(index, parent)) return;
    this.#rise(parent);
  }

  #sink(index: number): void {
    const left = 2 * index + 1;
    const first = this.#isBefore(left + 1, left) ? left + 1 : left;
    if (this.#swapIfBefore(first, index)) this.#sink(first);
  }

  #swapIfBefore(a: number, b: number): boolean {
    const [entryA, entryB] = [this.#heap[a], this.#heap[b]];
    if (entryA === undefined || entryB === undefined || !this.#isBefore(a, b)) return false;
    this.#heap[a] = entryB;
    this.#heap[b] = entryA;
    return true;
  }

  #isBefore(a: number, b: number): boolean {
    const [entryA, entryB] = [this.#heap[a], this.#heap[b]];
    if (entryA === undefined || entryB === undefined) return false;
    return entryA.time < entryB.time || (entryA.time === entryB.time && entryA.order < entryB.order);
  }
}
