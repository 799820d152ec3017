import { toHex } from '../../../base/bytes.ts';
import type { ChannelNotice } from '../../../node/work.ts';
import type { MonitorNotice } from '../../../penalty/monitor.ts';
import type { EventData, EventType, RpcEvent } from '../../../rpc/shapes/event.ts';
import { txid } from '../../../tx/transaction.ts';
import { causeOf, deliveryOf, offerOf, tariffOf } from './values.ts';

type Typed = { [T in EventType]: { readonly type: T; readonly data: EventData<T> } }[EventType];

/**
 * A notice as it is sent: field by field, so that nothing else can come along; preimages are none of a reader's business.
 * `undefined` for what the store does not keep.
 */
export function eventOf(
  notice: ChannelNotice,
  place: Pick<RpcEvent, 'sequence' | 'time' | 'channel' | 'channelId'>,
): RpcEvent | undefined {
  const known = typed(notice);
  return known === undefined ? undefined : ({ ...place, ...known } as RpcEvent);
}

function typed(notice: ChannelNotice): Typed | undefined {
  switch (notice.type) {
    case 'opened':
    case 'closed':
    case 'fundingUnconfirmed':
    case 'halted':
      return { type: notice.type, data: {} };
    case 'aborted':
    case 'settling':
      return { type: notice.type, data: { why: causeOf(notice.why) } };
    case 'refused':
      return refusalOf(notice);
    case 'tariff':
      return { type: 'tariff', data: { tariff: tariffOf(notice.tariff) } };
    case 'offer':
      return { type: 'offer', data: { offer: offerOf(notice.offer) } };
    case 'unitOrdered':
    case 'unitForfeited':
    case 'unitReleased':
    case 'unitCancelled':
      return { type: notice.type, data: { delivery: deliveryOf(notice.delivery) } };
    case 'unitSettled':
      return {
        type: 'unitSettled',
        data: { delivery: deliveryOf(notice.delivery), gridFeeMsat: `${notice.gridFeeMsat}` },
      };
    case 'unitAttested':
    case 'unitRefused':
    case 'preimageRevealed':
      return { type: notice.type, data: { unit: `${notice.unit}` } };
    case 'closeRequested':
      return { type: 'closeRequested', data: { exposureMsat: `${notice.exposureMsat}` } };
    case 'arbitrationOpened':
      return { type: 'arbitrationOpened', data: { n: `${notice.n}`, until: notice.until } };
    case 'arbitrationRefused':
      return { type: 'arbitrationRefused', data: { n: `${notice.n}`, reason: notice.reason } };
    case 'arbitrationGivenUp':
      return { type: 'arbitrationGivenUp', data: { height: notice.height } };
    case 'verdict':
      return { type: 'verdict', data: verdictOf(notice.statement) };
    case 'breach':
      return { type: 'breach', data: { n: `${notice.n}`, broadcaster: notice.broadcaster } };
    case 'claiming':
      return {
        type: 'claiming',
        data: { purpose: notice.purpose, txid: txid(notice.tx), feeSat: `${notice.feeSat}` },
      };
    case 'broadcast':
    case 'anchorCoinsShort':
    case 'unwatched':
      return undefined;
    case 'chain':
      return seenOnChain(notice.notice);
  }
}

function seenOnChain(notice: MonitorNotice): Typed {
  switch (notice.type) {
    case 'fundingConfirmed':
      return { type: 'fundingConfirmed', data: { height: notice.height } };
    case 'fundingReorganised':
      return { type: 'fundingReorganised', data: {} };
    case 'fundingSpent':
      return {
        type: 'fundingSpent',
        data: { kind: notice.spend.kind, txid: notice.txid, height: notice.height },
      };
    case 'fundingSpendReorganised':
      return { type: 'fundingSpendReorganised', data: { txid: notice.txid } };
    case 'preimageSeen':
      return { type: 'preimageSeen', data: { lock: toHex(notice.lock) } };
    case 'outputSpent': {
      const { outpoint, by, how, txid: spender, height } = notice;
      return { type: 'outputSpent', data: { outpoint: pointOf(outpoint), by, how, txid: spender, height } };
    }
    case 'outputSpendReorganised':
      return {
        type: 'outputSpendReorganised',
        data: { outpoint: pointOf(notice.outpoint), txid: notice.txid },
      };
    case 'resolved': {
      const { taken, untaken, elsewhere } = notice.amounts;
      const amounts = {
        consumerSat: `${taken.consumer}`,
        producerSat: `${taken.producer}`,
        utilitySat: `${taken.utility}`,
        untakenSat: `${untaken}`,
        elsewhereSat: `${elsewhere}`,
      };
      return { type: 'resolved', data: { kind: notice.spend.kind, amounts, height: notice.height } };
    }
  }
}

function refusalOf({ error, update }: Extract<ChannelNotice, { type: 'refused' }>): Typed | undefined {
  if (update?.type !== 'transfer' && update?.type !== 'cancel') return undefined;
  return { type: 'refused', data: { command: update.type, why: causeOf(error) } };
}

function pointOf({ txid: id, vout }: { readonly txid: string; readonly vout: number }) {
  return { txid: id, vout };
}

function verdictOf(
  statement: Extract<ChannelNotice, { type: 'verdict' }>['statement'],
): EventData<'verdict'> {
  const { n, claimant, feeSat, outcomes, findings, height } = statement;
  return {
    n: `${n}`,
    claimant,
    feeSat: `${feeSat}`,
    txid: toHex(statement.txid),
    height,
    outcomes: outcomes.map(({ id, unit, outcome }) => ({
      deliveryId: `${id}`,
      unit: `${unit}`,
      outcome,
    })),
    findings: findings.map(({ code, against }) => ({ code, against })),
  };
}
