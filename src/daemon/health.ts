import type { Chain } from '../chain/port.ts';
import type { Node } from '../node/node.ts';
import { blocksBehind } from './metrics/measure.ts';

/** Whether the daemon can do its work. `reasons` is empty if it can. */
export interface Health {
  readonly ok: boolean;
  readonly reasons: readonly HealthReason[];
}

export type HealthReason =
  | { readonly code: 'bitcoindUnreachable' }
  | { readonly code: 'chainBehind'; readonly blocks: number }
  /** What keeps the node from following the chain; `error` is the code of the `FollowError`. */
  | { readonly code: 'chainTrouble'; readonly error: string }
  /** The last write failed; `error` is the store's code for it. */
  | { readonly code: 'storeFailed'; readonly error: string }
  | { readonly code: 'channelHalted'; readonly channel: string }
  | { readonly code: 'stopping' };

/** A block or two are taken in within moments; more is a node that does not follow. */
const BLOCKS_ALLOWED = 2;

export async function healthOf({
  node,
  chain,
  storeFailure,
  stopping,
}: {
  readonly node: Node;
  readonly chain: Chain;
  readonly storeFailure: string | undefined;
  readonly stopping: boolean;
}): Promise<Health> {
  const behind = await blocksBehind(node, chain);
  const reasons: HealthReason[] = [];
  if (stopping) reasons.push({ code: 'stopping' });
  if (behind === null) reasons.push({ code: 'bitcoindUnreachable' });
  else if (behind > BLOCKS_ALLOWED) reasons.push({ code: 'chainBehind', blocks: behind });
  const trouble = node.chainTrouble();
  if (behind !== null && trouble !== undefined) reasons.push({ code: 'chainTrouble', error: trouble.code });
  if (storeFailure !== undefined) reasons.push({ code: 'storeFailed', error: storeFailure });
  for (const { key, halted } of node.channels())
    if (halted !== undefined) reasons.push({ code: 'channelHalted', channel: key });
  return { ok: reasons.length === 0, reasons };
}
