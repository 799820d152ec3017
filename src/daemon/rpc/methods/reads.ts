import { fromHex } from '../../../base/bytes.ts';
import { verifyEvidence } from '../../../dispute/report.ts';
import { channelTransactions } from '../../../node/channelTransactions.ts';
import { previewClose } from '../../../node/closePreview.ts';
import { failure } from '../failure.ts';
import type { Handlers } from '../host.ts';
import { detailOf, disputeOf, marketOf, newestBalances, summaryOf } from '../map/channel.ts';
import { closePreviewOf } from '../map/close.ts';
import { reportOf } from '../map/evidence.ts';
import { channelTransactionOf } from '../map/transactions.ts';
import { causeOf, tariffOf } from '../map/values.ts';
import { totalsOf } from '../totals.ts';
import type { UnitRow } from '../unitIndex.ts';
import { channelOf } from './commands.ts';
import { pageByKey, USUAL_LIMIT } from './paging.ts';

/** What channels are. */
export const CHANNEL_HANDLERS: Handlers<
  | 'listChannels'
  | 'getChannel'
  | 'listChannelTransactions'
  | 'previewClose'
  | 'listTariffs'
  | 'listUnits'
  | 'getTotals'
  | 'listDisputes'
  | 'verifyEvidence'
> = {
  listChannels: ({ node }, { states, after, limit, newestFirst }) => {
    const wanted = node.channels().filter(({ state }) => states === undefined || states.includes(state.type));
    const { rows, next } = pageByKey(wanted, { after, limit, newestFirst });
    return { channels: rows.map(summaryOf), next };
  },

  getChannel: ({ node }, { channel }) => ({ channel: detailOf(channelOf(node, channel)) }),

  listChannelTransactions: async ({ node, chain }, { channel }) => {
    const { network } = node.wallet;
    const found = await channelTransactions(channelOf(node, channel), chain, node.wallet.state());
    return {
      transactions: found.transactions.map((each) => channelTransactionOf(each, network)),
      missing: [...found.missing],
    };
  },

  previewClose: ({ node }, { channel: reference, feeRateSatPerKvB = '1000' }) => {
    const { key, state, knowledge } = channelOf(node, reference);
    const preview = previewClose(state, knowledge, BigInt(feeRateSatPerKvB));
    if (!preview.ok) throw failure('refused', { channel: key, ...causeOf(preview.error) });
    return closePreviewOf(preview.value);
  },

  listTariffs: ({ node }, { channel }) => {
    const { state } = channelOf(node, channel);
    const tariffs =
      marketOf(state)?.tariffs ??
      (state.type === 'attesting' ? state.tariffs : state.type === 'settling' ? state.utility?.tariffs : []);
    return { tariffs: (tariffs ?? []).map(tariffOf) };
  },

  listUnits: async ({ node, units: index }, { channel: reference, statuses, from, limit = USUAL_LIMIT }) => {
    const { key, state } = channelOf(node, reference);
    const wanted = ({ status }: UnitRow) => statuses === undefined || statuses.includes(status);
    const rows = await index.units(key, state, BigInt(from ?? 0), limit + 1, wanted);
    return { units: rows.slice(0, limit), next: rows[limit]?.unit ?? null };
  },

  getTotals: async ({ node, traderTotals, utilityUnits }, { channel: reference }) => {
    const { key, role, state, contract } = channelOf(node, reference);
    const ended =
      role === 'utility'
        ? await utilityUnits.totals(key, state, contract?.params.gridFeePpm ?? 0)
        : await traderTotals.of(key);
    return totalsOf(ended, newestBalances(state)?.deliveries ?? []);
  },

  listDisputes: ({ node }) => ({
    disputes: node.channels().flatMap(({ key, state }) => {
      const dispute = disputeOf(state);
      return dispute === undefined ? [] : [{ channel: key, dispute }];
    }),
  }),

  verifyEvidence: (_host, { evidence }) => {
    const report = verifyEvidence(fromHex(evidence));
    if (!report.ok) throw failure('badData', { reason: report.error.code });
    return { report: reportOf(report.value) };
  },
};
