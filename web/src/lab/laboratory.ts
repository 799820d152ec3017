import { type Signal, signal } from '@preact/signals';
import type { LabMethodName, LabParams, LabResult, Stage } from '../../../lab/schema.ts';
import { RpcConnection } from '../../../src/client/connection.ts';
import { RpcConnectionError } from '../../../src/client/errors.ts';
import { globalSockets } from '../../../src/client/socket.ts';

/** Asks the laboratory of `npm run demo:wallet`, over connections that are made again. */
export interface Laboratory {
  /** Rejects with `RpcError` and `RpcConnectionError`. */
  call<M extends LabMethodName>(method: M, params: LabParams<M>): Promise<LabResult<M>>;
}

/** There is one in the demo only. */
export const laboratory: Signal<Laboratory | null> = signal(null);
/** Parties, chain and weather as they are now; null while the laboratory is not connected. */
export const stage: Signal<Stage | null> = signal(null);

const RETRY_MS = 500;
/** Mining and restarting take a while. */
const TIMEOUT_MS = 120_000;

export function beginLaboratory(url: string): void {
  let current: RpcConnection | undefined;
  const waiting: ((connection: RpcConnection) => void)[] = [];
  const connected = () =>
    current === undefined
      ? new Promise<RpcConnection>((resolve) => waiting.push(resolve))
      : Promise.resolve(current);
  laboratory.value = {
    call: async (method, params) =>
      (await (await connected()).call(method, params, TIMEOUT_MS)) as LabResult<typeof method>,
  };
  const heard = (method: string, params: unknown) => {
    if (method === 'stage') stage.value = (params as { readonly stage: Stage }).stage;
  };
  const keep = async () => {
    for (;;) {
      const connection = new RpcConnection(url, globalSockets(), heard);
      try {
        await connection.opened;
        await connection.call('watch', {}, TIMEOUT_MS);
        current = connection;
        for (const resolve of waiting.splice(0)) resolve(connection);
      } catch {
        connection.close(new RpcConnectionError('lost', 'the laboratory does not answer')); // it is tried again
      }
      await connection.ended;
      current = undefined;
      stage.value = null;
      await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
    }
  };
  void keep();
}
