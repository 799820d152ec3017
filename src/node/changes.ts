/** How often parts of a node have changed since it was started: to be compared with what was seen before. */
export interface NodeChanges {
  readonly wallet: number;
  readonly channels: number;
}

/** Counts the changes of a node, and tells that there was one. */
export class Changes {
  readonly #listeners = new Set<() => void>();
  #wallet = 0;
  #channels = 0;

  get counts(): NodeChanges {
    return { wallet: this.#wallet, channels: this.#channels };
  }

  /** Calls `listener` soon after each change. Returns the way to stop. */
  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
    };
  }

  wallet(): void {
    this.#wallet += 1;
    this.other();
  }

  channel(): void {
    this.#channels += 1;
    this.other();
  }

  /** Something that is not counted: a peer, the chain. */
  other(): void {
    for (const listener of [...this.#listeners]) queueMicrotask(listener);
  }
}
