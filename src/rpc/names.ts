import type { ErrorName } from './errors.ts';
import type { MethodName } from './methods.ts';

/*
 * What a client has to know of the interface when it runs. The schemas themselves are of use to the server alone: a page
 * that loaded them would load the library that checks them with it. test/rpc/names.test.ts holds the two together.
 */

/** Methods that only read: asked again, they do no harm. */
export const READ_METHODS: ReadonlySet<string> = new Set<MethodName>([
  'getInfo',
  'listPeers',
  'rpc.discover',
  'getBalance',
  'listCoins',
  'listTransactions',
  'estimateFee',
  'previewPayment',
  'exportLabels',
  'decode',
  'listChannels',
  'getChannel',
  'listChannelTransactions',
  'previewClose',
  'listTariffs',
  'listUnits',
  'getTotals',
  'getMeterBook',
  'getWatchtower',
  'listDisputes',
  'verifyEvidence',
  'listEvents',
  'subscribe',
  'watchStatus',
  'unsubscribe',
]);

/** Every error that a call can end with. */
export const ERROR_NAMES: ReadonlySet<string> = new Set<ErrorName>([
  'parseError',
  'invalidRequest',
  'methodNotFound',
  'invalidParams',
  'internalError',
  'unauthenticated',
  'forbidden',
  'tooManyRequests',
  'stopping',
  'answerTooLarge',
  'unknownChannel',
  'wrongState',
  'wrongRole',
  'refused',
  'halted',
  'peerNotConnected',
  'notEnoughCoins',
  'badAddress',
  'cannotPay',
  'broadcastRejected',
  'broadcastUnknown',
  'openRefused',
  'noEvidence',
  'badData',
  'eventsPruned',
  'eventsInFuture',
  'unknownSubscription',
  'notASocket',
  'requestIdReused',
  'requestInDoubt',
  'chainUnavailable',
  'storeUnavailable',
  'notAvailable',
  'unknownTransaction',
  'wrongPassphrase',
  'tooSoon',
  'channelInUse',
]);
