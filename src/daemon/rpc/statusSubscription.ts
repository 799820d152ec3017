import type { StatusBoard } from './statusBoard.ts';

/** What a subscription to the status is given. */
export interface StatusSubscriptionOptions {
  readonly id: number;
  readonly board: StatusBoard;
  /** Sends a text; resolves when it is out of this process, rejects when it never will be. */
  readonly send: (text: string) => Promise<void>;
}

/** Sends the newest status as fast as the reader takes it: what came in between is passed over. */
export class StatusSubscription {
  readonly #options: StatusSubscriptionOptions;
  readonly #stopWatching: () => void;
  #stopped = false;
  #wake: () => void = () => {};

  constructor(options: StatusSubscriptionOptions) {
    this.#options = options;
    this.#stopWatching = options.board.watch(() => this.#wake());
  }

  /** Sends until {@link stop}. */
  async run(): Promise<void> {
    const { id, board, send } = this.#options;
    let sent: unknown;
    while (!this.#stopped) {
      const woken = new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
      const status = board.newest;
      if (status === undefined || status === sent) {
        await woken;
        continue;
      }
      sent = status;
      // a socket that takes no more is at its end, and stops this
      await send(
        JSON.stringify({ jsonrpc: '2.0', method: 'status', params: { subscription: id, status } }),
      ).catch(() => this.stop());
    }
  }

  stop(): void {
    this.#stopped = true;
    this.#stopWatching();
    this.#wake();
  }
}
