import type { MethodName, MethodParams, MethodResult } from '../rpc/methods.ts';
import type { RpcEvent } from '../rpc/shapes/event.ts';

/** The daemon, as the verbs see it. Calls fail with {@link CliError}. */
export interface Daemon {
  call<M extends MethodName>(method: M, params: MethodParams<M>): Promise<MethodResult<M>>;
  /** Every event from a number on, each once and in order, until the signal is raised. */
  follow(from: number, signal: AbortSignal): AsyncIterable<RpcEvent>;
  close(): Promise<void>;
}
