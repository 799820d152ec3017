import type { Journal, Kill } from './journal.ts';

/** Counts the boundaries that a process comes to, and ends it where it is told to. */
export class Boundaries {
  readonly #journal: Journal;
  readonly #counts = new Map<string, number>();
  #kill: Kill | undefined;
  #armed = false;
  #activity = 0;

  constructor(journal: Journal) {
    this.#journal = journal;
  }

  /** Grows with everything that happens; equal twice in a row means that nothing did. */
  get activity(): number {
    return this.#activity;
  }

  happened(): void {
    this.#activity += 1;
  }

  /** Counts from here on, and dies at `kill`. */
  arm(kill: Kill | undefined): void {
    this.#armed = true;
    this.#kill = kill;
    this.#counts.clear();
    this.#journal.write({ type: 'armed' });
  }

  /** Does what `label` names, between its two boundaries. */
  async around<T>(label: string, work: () => Promise<T>): Promise<T> {
    const occurrence = this.#before(label);
    const result = await work();
    this.#pass({ label, occurrence, when: 'after' });
    return result;
  }

  /** The same of what is done when it returns. */
  aroundSync(label: string, work: () => void): void {
    const occurrence = this.#before(label);
    work();
    this.#pass({ label, occurrence, when: 'after' });
  }

  #before(label: string): number {
    const occurrence = (this.#counts.get(label) ?? 0) + 1;
    this.#counts.set(label, occurrence);
    this.#pass({ label, occurrence, when: 'before' });
    return occurrence;
  }

  #pass(boundary: Kill): void {
    this.happened();
    if (!this.#armed) return;
    this.#journal.write({ type: 'boundary', ...boundary });
    const kill = this.#kill;
    if (kill?.label !== boundary.label || kill.occurrence !== boundary.occurrence) return;
    if (kill.when !== boundary.when) return;
    this.#journal.write({ type: 'killed', ...boundary });
    process.kill(process.pid, 'SIGKILL');
  }
}
