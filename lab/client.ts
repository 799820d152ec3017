import { RpcConnection } from '../src/client/connection.ts';
import { type OpenSocket, RpcConnectionError } from '../src/client/index.ts';
import type { LabMethodName, LabParams, LabResult, Stage } from './schema.ts';

/** Asks a laboratory over one connection. */
export interface LabClient {
  /** Rejects with `RpcError`, whose `data.name` is a name of `LAB_ERRORS`, and with `RpcConnectionError`. */
  call<M extends LabMethodName>(method: M, params: LabParams<M>): Promise<LabResult<M>>;
  /** The newest stage that was heard of, from `watch` on. */
  stage(): Stage | undefined;
  /** Resolves with the first stage, heard of by now or later, of which this holds. */
  until(holds: (stage: Stage) => boolean): Promise<Stage>;
  close(): void;
}

/** Restarting a Bitcoin node takes a while. */
const TIMEOUT_MS = 120_000;

/** Connects to a laboratory; `open` brings the cookie of the page's session. Rejects with `RpcConnectionError`. */
export async function labClient(url: string, open: OpenSocket): Promise<LabClient> {
  let newest: Stage | undefined;
  const waiting = new Set<() => void>();
  const connection = new RpcConnection(url, open, (method, params) => {
    if (method !== 'stage') return;
    newest = (params as { readonly stage: Stage }).stage;
    for (const look of [...waiting]) look();
  });
  await connection.opened;
  return {
    call: async (method, params) =>
      (await connection.call(method, params, TIMEOUT_MS)) as LabResult<typeof method>,
    stage: () => newest,
    until: (holds) =>
      new Promise((resolve, reject) => {
        const look = () => {
          if (newest === undefined || !holds(newest)) return;
          waiting.delete(look);
          resolve(newest);
        };
        waiting.add(look);
        void connection.ended.then(reject);
        look();
      }),
    close: () => connection.close(new RpcConnectionError('closed', 'this client was closed')),
  };
}
