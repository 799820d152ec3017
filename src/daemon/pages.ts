import type { Health } from './health.ts';
import type { Exposition } from './metrics/metrics.ts';
import type { Page } from './rpc/index.ts';

/** What is read with GET beside the RPC. Neither needs a token. */
export interface PageSources {
  readonly health: () => Promise<Health>;
  readonly exposition: () => Promise<Exposition>;
}

/** `/healthz`, and `/metrics` where `withMetrics`: balances are in those, for programs of this machine alone. */
export function pagesOf(
  { health, exposition }: PageSources,
  withMetrics: boolean,
): Readonly<Record<string, () => Promise<Page>>> {
  const healthz = async (): Promise<Page> => {
    const found = await health();
    const text = `${JSON.stringify(found)}\n`;
    return { status: found.ok ? 200 : 503, contentType: 'application/json', text };
  };
  const metrics = async (): Promise<Page> => ({ status: 200, ...(await exposition()) });
  return withMetrics ? { '/healthz': healthz, '/metrics': metrics } : { '/healthz': healthz };
}
