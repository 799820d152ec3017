import type { CauseTable } from './explanation.ts';
import { reasonText } from './reasons.ts';
import { sats } from './voice.ts';

const TO_CHAIN =
  'A channel with such a party is left: this node publishes its newest commitment, and loses nothing.';
const STALE = 'Nothing is lost. If it goes on after a new connection, close the channel.';

/** What is wrong with a message of the other side, or with what was asked for (protocol sections 7 to 9). */
export const MESSAGE_CAUSES = {
  outOfTurn: ({ message = 'a message' }) => ({
    what: `“${message}” came when it was not that side’s turn.`,
    wayOut: TO_CHAIN,
    section: '7-rounds',
  }),
  wrongNumber: ({ message = 'a message', n = '', expected = '' }) => ({
    what: `“${message}” is about state ${n}, where ${expected} was next.`,
    wayOut: TO_CHAIN,
    section: '7-rounds',
  }),
  badCommitmentSignature: ({ n = '' }) => ({
    what: `The signature on commitment ${n} does not fit.`,
    wayOut: TO_CHAIN,
    section: '7-rounds',
  }),
  wrongSecret: ({ n = '' }) => ({
    what: `The secret that should give up commitment ${n} is not the right one.`,
    wayOut: TO_CHAIN,
    section: '7-rounds',
  }),
  badPoint: ({ n = '' }) => ({
    what: `The point of commitment ${n} is no point of the curve.`,
    wayOut: TO_CHAIN,
    section: '7-rounds',
  }),
  reestablishImpossible: () => ({
    what: 'After the new connection the two sides stand where no lost message could have left them.',
    wayOut: STALE,
    section: 'reestablish',
  }),
  wrongSecretProof: () => ({
    what: 'After the new connection the other side could not show the secret that it says it holds.',
    wayOut: STALE,
    section: 'reestablish',
  }),
  wrongTurn: ({ turn = '', ownTurn = '' }) => ({
    what: `After the new connection the other side says turn ${turn}, where this one is at ${ownTurn}.`,
    wayOut: STALE,
    section: 'reestablish',
  }),
  unexpectedMessage: ({ message = 'a message', from = 'other party', state = '' }) => ({
    what: `“${message}” of the ${from} does not belong into the state ${state}.`,
    wayOut: 'It was ignored, or the opening ended by it. Nothing is lost.',
    section: 'open',
  }),
  unexpectedCommand: ({ command = 'this', state = '' }) => ({
    what: `“${command}” cannot be done while the channel is ${state}.`,
    wayOut: 'Wait until the channel is in another state, or choose another channel.',
    section: '6-state-and-updates',
  }),
  badCloseSignature: () => ({
    what: 'The other side’s signature on the close does not fit.',
    wayOut: TO_CHAIN,
    section: 'close-1',
  }),
  feeNotRaised: ({ feeSat = '0', previousSat = '0' }) => ({
    what: `A fee of ${sats(feeSat)} is not above the last one of ${sats(previousSat)}.`,
    wayOut: 'Choose a higher fee rate to replace the close.',
    section: 'close-1',
  }),
  tooManyCloses: ({ limit = '32' }) => ({
    what: `${limit} closes were signed already; any of them may still confirm.`,
    wayOut: 'Wait for one of them, or leave alone.',
    section: 'close-1',
  }),
  feeTooHigh: ({ feeSat = '0', availableSat }) => ({
    what: `A fee of ${sats(feeSat)} is more than can be paid${availableSat === undefined ? '' : `: ${sats(availableSat)}`}.`,
    wayOut: 'Choose a lower fee.',
    section: 'close',
  }),
  feeTooLow: ({ feeSat = '0', leastSat = '0' }) => ({
    what: `A fee of ${sats(feeSat)} is too low: no node would pass it on below ${sats(leastSat)}.`,
    wayOut: 'Choose a higher fee.',
    section: 'close-1',
  }),
  feeRateTooLow: ({ feeRate = '0', least = '1000' }) => ({
    what: `${Number(feeRate) / 1000} sat/vB is too low: ${Number(least) / 1000} sat/vB is the least.`,
    wayOut: 'Choose a higher fee rate.',
    section: 'close-1',
  }),
  badFee: () => ({
    what: 'This is no amount of a fee.',
    wayOut: 'Write whole satoshi, for example 1 000.',
    section: 'arbitration',
  }),
  badVerdict: ({ reason = '' }) => ({
    what: `The utility’s verdict does not hold: ${reasonText(reason)}.`,
    wayOut:
      'This node does not wait for another: its own commitment goes to the chain, and it keeps the verdict as evidence.',
    section: 'arbitration',
  }),
} as const satisfies CauseTable;
