import { setTimeout as sleep } from 'node:timers/promises';

/** The address of bitcoind's `-zmqpubhashblock`, for example `tcp://127.0.0.1:28332`. */
export type ZmqAddress = string;

interface Subscription {
  close(): void;
}

export interface TipWatchOptions {
  /** The best block's hash; may reject, then the next poll asks again. */
  readonly bestBlockHash: () => Promise<string>;
  readonly pollMs: number;
  readonly zmqAddress: ZmqAddress | undefined;
}

/** What stands in a hash's place while the node cannot be asked. */
const NO_ANSWER = 'no answer';

/** Calls its listeners when the tip may have changed. Works only while it has listeners. */
export class TipWatch {
  readonly #options: TipWatchOptions;
  readonly #listeners = new Set<() => void>();
  #running: AbortController | undefined;
  #lastHash: string | undefined;

  constructor(options: TipWatchOptions) {
    this.#options = options;
  }

  add(listener: () => void): () => void {
    // A wrapper of its own, so that one function added twice is two listeners.
    const own = () => listener();
    this.#listeners.add(own);
    if (this.#running === undefined) this.#start();
    return () => {
      this.#listeners.delete(own);
      if (this.#listeners.size === 0) this.#stop();
    };
  }

  close(): void {
    this.#listeners.clear();
    this.#stop();
  }

  #start(): void {
    const running = new AbortController();
    this.#running = running;
    void this.#watch(running.signal);
  }

  #stop(): void {
    this.#running?.abort();
    this.#running = undefined;
    this.#lastHash = undefined;
  }

  async #watch(signal: AbortSignal): Promise<void> {
    const { zmqAddress, pollMs } = this.#options;
    const notify = () => {
      if (!signal.aborted) for (const listener of this.#listeners) listener();
    };
    const subscription = zmqAddress === undefined ? undefined : await subscribe(zmqAddress, notify);
    signal.addEventListener('abort', () => subscription?.close());
    if (signal.aborted) subscription?.close();
    // Also with ZMQ: it drops messages, and is silent in a restart, in the first download and when a tip only goes down.
    while (!signal.aborted) {
      await this.#poll(signal, notify);
      await sleep(pollMs, undefined, { signal }).catch(() => undefined);
    }
  }

  async #poll(signal: AbortSignal, notify: () => void): Promise<void> {
    // Also when the node ceases to answer, so that who asks it hears why; and at its first answer: the tip may have
    // changed since the caller's last look.
    const hash = await this.#options.bestBlockHash().catch(() => NO_ANSWER);
    if (hash === this.#lastHash || signal.aborted) return;
    this.#lastHash = hash;
    notify();
  }
}

/** A ZMQ subscription, or `undefined` where the optional package `zeromq` does not load. */
async function subscribe(address: ZmqAddress, notify: () => void): Promise<Subscription | undefined> {
  const zeromq = await import('zeromq').catch(() => undefined);
  if (zeromq === undefined) return undefined;
  const socket = new zeromq.Subscriber();
  socket.connect(address);
  socket.subscribe('hashblock');
  receive(socket, notify).catch(() => undefined); // it was closed; the poll goes on
  return { close: () => socket.close() };
}

async function receive(messages: AsyncIterable<unknown>, notify: () => void): Promise<void> {
  // The content does not matter: whoever listens asks for the tip.
  for await (const _ of messages) notify();
}
