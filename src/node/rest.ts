/** Whether somebody waits for the node to come to rest: nothing that is to be stored is put off then. */
export class Rest {
  #waiting = 0;

  get isAwaited(): boolean {
    return this.#waiting > 0;
  }

  /** Somebody waits until `rest` has resolved. */
  async until(rest: () => Promise<unknown>): Promise<void> {
    this.#waiting += 1;
    try {
      await rest();
    } finally {
      this.#waiting -= 1;
    }
  }
}
