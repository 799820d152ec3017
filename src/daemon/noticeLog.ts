import type { ChannelHandle } from '../node/handle.ts';
import type { ChannelNotice } from '../node/work.ts';
import { txid } from '../tx/transaction.ts';
import type { Log } from './log.ts';

type Level = 'error' | 'warn' | 'info' | 'debug';

/** Notices that somebody should look at; all that is not here is for `info` or, where there are many, for `debug`. */
const LEVELS: Readonly<Partial<Record<ChannelNotice['type'], Level>>> = {
  halted: 'error',
  breach: 'error',
  aborted: 'warn',
  refused: 'warn',
  settling: 'warn',
  unitRefused: 'warn',
  unitForfeited: 'warn',
  unwatched: 'warn',
  anchorCoinsShort: 'warn',
  arbitrationRefused: 'warn',
  arbitrationGivenUp: 'warn',
  fundingUnconfirmed: 'warn',
  unitOrdered: 'debug',
  unitAttested: 'debug',
  unitSettled: 'debug',
  chain: 'debug',
};

export function logNotice(log: Log, { key, role }: ChannelHandle, notice: ChannelNotice): void {
  log[levelOf(notice)]({ channel: key, role, ...factsOf(notice) }, notice.type);
}

function levelOf(notice: ChannelNotice): Level {
  if (notice.type === 'broadcast') return notice.result.accepted ? 'debug' : 'warn';
  return LEVELS[notice.type] ?? 'info';
}

/**
 * What a log says of a notice: amounts, numbers and public ids, picked one by one. Locks, preimages, readings, signatures
 * and whole transactions are never among them.
 */
function factsOf(notice: ChannelNotice): Readonly<Record<string, string | number | boolean>> {
  switch (notice.type) {
    case 'unitOrdered':
    case 'unitSettled':
    case 'unitForfeited':
    case 'unitReleased':
    case 'unitCancelled': {
      const { unit, seller, paymentMsat, bondMsat, deadline } = notice.delivery;
      return { unit: `${unit}`, seller, paymentMsat: `${paymentMsat}`, bondMsat: `${bondMsat}`, deadline };
    }
    case 'unitAttested':
    case 'unitRefused':
    case 'preimageRevealed':
      return { unit: `${notice.unit}` };
    case 'tariff':
      return { slot: `${notice.tariff.slot}`, msatPerWh: `${notice.tariff.msatPerWh}` };
    case 'offer':
      return { units: notice.offer.units };
    case 'aborted':
    case 'settling':
      return { why: notice.why.code };
    case 'refused':
      return { why: notice.error.code };
    case 'halted':
      return { why: notice.reason };
    case 'breach':
      return { n: `${notice.n}`, broadcaster: notice.broadcaster ?? 'unknown' };
    case 'closeRequested':
      return { exposureMsat: `${notice.exposureMsat}` };
    case 'arbitrationOpened':
      return { n: `${notice.n}`, until: notice.until };
    case 'arbitrationRefused':
      return { n: `${notice.n}`, why: notice.reason };
    case 'arbitrationGivenUp':
      return { height: notice.height };
    case 'claiming':
      return { purpose: notice.purpose, txid: txid(notice.tx), feeSat: `${notice.feeSat}` };
    case 'broadcast':
      return {
        purpose: notice.purpose,
        txid: txid(notice.tx),
        ...(notice.result.accepted ? { accepted: true } : { accepted: false, why: notice.result.reason }),
      };
    case 'anchorCoinsShort':
      return { neededSat: `${notice.neededSat}`, availableSat: `${notice.availableSat}` };
    case 'unwatched':
      return { next: `${notice.next}` };
    case 'chain':
      return { what: notice.notice.type, ...('txid' in notice.notice ? { txid: notice.notice.txid } : {}) };
    case 'opened':
    case 'fundingUnconfirmed':
    case 'verdict':
    case 'closed':
      return {};
  }
}
