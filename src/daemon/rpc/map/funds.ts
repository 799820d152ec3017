import { initialLedger } from '../../../channel/ledger.ts';
import type { ChannelHandle } from '../../../node/handle.ts';
import type { Knowledge } from '../../../penalty/knowledge.ts';
import { fundingSpendOf, type Monitor } from '../../../penalty/monitor.ts';
import { outputsOf } from '../../../penalty/outputs.ts';
import { rightTo } from '../../../penalty/rights.ts';
import type { Balances } from '../../../tx/contract.ts';
import { newestBalances } from './channel.ts';

/** What a node has in a channel, millisatoshi. */
export interface ChannelFunds {
  readonly own: bigint;
  /** Payments and bonds that are not decided, of whoever they will be. */
  readonly inFlight: bigint;
}

const NOTHING: ChannelFunds = { own: 0n, inFlight: 0n };

/**
 * What is in a channel and in no wallet: nothing before its funding is in a block, since the coins are still coins; from then
 * on the newest state; and once a block holds the transaction that ends it, what of that is still to be fetched.
 */
export function channelFunds({
  state,
  role,
  monitor,
  knowledge,
}: Pick<ChannelHandle, 'state' | 'role' | 'monitor' | 'knowledge'>): ChannelFunds {
  if (knowledge === undefined || monitor === null || monitor.confirmedAt === null) return NOTHING;
  if (state.type === 'closed') return NOTHING;
  if (monitor.spend !== null) return toFetch(monitor, monitor.spend, knowledge);
  const newest: Balances = newestBalances(state) ?? initialLedger(knowledge.contract);
  return {
    own: newest[`${role}Msat`],
    inFlight: newest.deliveries.reduce((sum, { paymentMsat, bondMsat }) => sum + paymentMsat + bondMsat, 0n),
  };
}

function toFetch(
  monitor: Monitor,
  { tx, height }: NonNullable<Monitor['spend']>,
  knowledge: Knowledge,
): ChannelFunds {
  const kind = fundingSpendOf(monitor, knowledge);
  if (kind === null || kind.kind === 'close' || kind.kind === 'arbitrated') return NOTHING;
  let [own, inFlight] = [0n, 0n];
  for (const output of outputsOf(knowledge, kind, tx)) {
    const isTaken = monitor.taken.some(({ outpoint }) => outpoint.vout === output.vout);
    if (isTaken || !('spec' in output)) continue;
    const isOurs = rightTo(knowledge, output.spec, { kind, height }).type === 'claim';
    const isOpen = output.kind === 'delivery' && !(isOurs && knowledge.role === output.delivery.seller);
    if (isOpen) inFlight += output.value * 1000n;
    else if (isOurs) own += output.value * 1000n;
  }
  return { own, inFlight };
}
