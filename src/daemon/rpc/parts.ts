import type { Called } from './envelope.ts';
import { failure, isOurs } from './failure.ts';
import type { RpcHost } from './host.ts';
import type { RpcLimits } from './limits.ts';
import type { Tokens } from './tokens.ts';

/** Hears of calls that ended because of us; never of what a caller sent. */
export type RpcLog = (method: string, error: unknown) => void;

/** Hears of every call when it has ended. */
export type CallWatch = (method: string, result: 'ok' | 'error', seconds: number) => void;

/** What HTTP and WebSocket share. */
export class ServerParts {
  readonly host: RpcHost;
  readonly tokens: Tokens;
  readonly limits: RpcLimits;
  readonly log: RpcLog;
  readonly #called: CallWatch;
  readonly #underWay = new Set<Promise<unknown>>();
  #stopping = false;

  constructor(host: RpcHost, tokens: Tokens, limits: RpcLimits, log: RpcLog, called: CallWatch) {
    this.host = host;
    this.tokens = tokens;
    this.limits = limits;
    this.log = log;
    this.#called = called;
  }

  /** Does a call unless the server stops; what is our fault is logged. */
  async call(work: () => Promise<Called>, method: string): Promise<Called> {
    if (this.#stopping) throw failure('stopping', {});
    const begun = process.hrtime.bigint();
    const tell = (result: 'ok' | 'error') =>
      this.#called(method, result, Number(process.hrtime.bigint() - begun) / 1e9);
    try {
      const called = await work();
      tell('ok');
      return called;
    } catch (error) {
      tell('error');
      if (isOurs(error)) this.log(method, error);
      throw error;
    }
  }

  /** An answer that is under way: a stop waits for it. */
  track<T>(answer: Promise<T>): Promise<T> {
    this.#underWay.add(answer);
    return answer.finally(() => this.#underWay.delete(answer));
  }

  /** Takes no more calls; resolves when those under way are answered, or the time for them is over. */
  async stop(): Promise<void> {
    this.#stopping = true;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const patience = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, this.limits.stopMs);
    });
    await Promise.race([Promise.allSettled([...this.#underWay]), patience]);
    clearTimeout(timer);
  }
}
