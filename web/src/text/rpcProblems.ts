import type { ErrorName } from '../../../src/rpc/errors.ts';
import { explainCause, explainLine } from './causes.ts';
import type { Values } from './explanation.ts';
import type { Problem } from './problem.ts';
import { reasonText } from './reasons.ts';
import { STATE_TEXTS } from './states.ts';
import { entryOf } from './words.ts';

/** The values of an error, as they came. */
type Data = Readonly<Record<string, unknown>>;

const PAGE_FAULT = 'This is a mistake of the page. Load it again; nothing was changed.';
const fixed = (what: string, wayOut: string) => () => ({ what, wayOut });

/** Every error that a call of a node can end with; a new one is a type error here. */
export const RPC_PROBLEMS: Readonly<Record<ErrorName, (data: Data) => Problem>> = {
  parseError: fixed('The node could not read what this page sent.', PAGE_FAULT),
  invalidRequest: fixed('The node could not read what this page sent.', PAGE_FAULT),
  methodNotFound: fixed(
    'This node does not know this request: it is older than the page.',
    'Update the node.',
  ),
  invalidParams: ({ problems }) => ({
    what: `The node does not take this: ${shownProblems(problems)}.`,
    wayOut: 'Correct it and try again. Nothing was changed.',
  }),
  internalError: fixed(
    'The node could not do it, because of a mistake of its own or a failed disk.',
    'See the log of the daemon. What was agreed before is safe.',
  ),
  unauthenticated: fixed(
    'The node does not take this page’s key any more.',
    'Load the page again, from the address in the terminal.',
  ),
  forbidden: fixed(
    'This page may not ask the node for that.',
    'Start the page with a token that has the right.',
  ),
  tooManyRequests: fixed(
    'The page asks more than the node answers at a time.',
    'Wait a moment and try again.',
  ),
  stopping: fixed('The node is stopping.', 'Start it again, then try again.'),
  answerTooLarge: fixed('The answer is too large to be sent.', 'Ask for fewer rows.'),
  unknownChannel: fixed('There is no such channel.', 'Choose another channel.'),
  wrongState: ({ state, command }) => ({
    what: `“${textOf(command, 'This')}” cannot be done now: the channel is ${entryOf(STATE_TEXTS, textOf(state))?.name ?? textOf(state, 'in another state')}.`,
    wayOut: 'Wait until the channel is in another state, or choose another channel.',
  }),
  wrongRole: ({ role }) => ({
    what: `The ${textOf(role, 'party')} cannot do that in this channel.`,
    wayOut: 'Choose another party at the top.',
  }),
  refused: ({ code, values }) => ofCause(code, values),
  halted: fixed(
    'The channel is halted, because of a mistake in this program. Its coins are still watched.',
    'Keep the store and the log, and report the mistake.',
  ),
  peerNotConnected: fixed(
    'The other node cannot be reached.',
    'See that it runs and that its address is right. This node goes on calling it.',
  ),
  notEnoughCoins: fixed(
    'The wallet does not have enough free coins for this.',
    'Receive coins first, or choose a smaller amount. Coins that are set aside for channels are not free.',
  ),
  badAddress: fixed(
    'This is no address of this network.',
    'Check the address, and that it is of the same network.',
  ),
  cannotPay: fixed('This payment cannot be made.', 'Check amount, address and fee rate.'),
  broadcastRejected: ({ reason }) => ({
    what: `The Bitcoin node refused the transaction: ${reasonText(textOf(reason))}.`,
    wayOut: 'The wallet is as before. Try again, with a higher fee rate if the fee was the reason.',
  }),
  broadcastUnknown: fixed(
    'The Bitcoin node did not answer: the transaction may be out.',
    'Do not pay again. It stays in the history and is sent again by itself.',
  ),
  openRefused: ({ reason }) => openProblem(textOf(reason)),
  noEvidence: fixed(
    'This channel has nothing to show: its funding was never signed.',
    'Choose another channel.',
  ),
  badData: ({ reason }) => ({
    what: `This means nothing to the node: ${reasonText(textOf(reason))}.`,
    wayOut: 'Check what was given.',
  }),
  eventsPruned: fixed(
    'The node does not keep events that old any more.',
    'The page goes on from the oldest that is kept.',
  ),
  eventsInFuture: fixed(
    'The node has an older store than this page has seen.',
    'The page reads everything again.',
  ),
  unknownSubscription: fixed('The node does not send these events any more.', PAGE_FAULT),
  notASocket: fixed('Events come over a WebSocket only.', PAGE_FAULT),
  requestIdReused: fixed('Another request had this name.', 'Try again: the page chooses a new name.'),
  requestInDoubt: fixed(
    'The node stopped in the middle of this: it was done or it was not.',
    'Look at the history and the channels first, and ask again only if it was not.',
  ),
  chainUnavailable: fixed('The Bitcoin node does not answer.', 'See that bitcoind runs, then try again.'),
  storeUnavailable: fixed(
    'The node cannot write its store.',
    'See that its disk is there and has room. What was not stored was not done.',
  ),
  notAvailable: ({ reason }) => ({
    what: `This node is set up without it: ${reasonText(textOf(reason))}.`,
    wayOut: 'Change the configuration of the daemon.',
  }),
  unknownTransaction: fixed('The wallet does not know this transaction.', 'Choose one of the history.'),
  wrongPassphrase: ({ waitMs }) => ({
    what: 'This is not the passphrase of the seed.',
    wayOut: `Try again in ${waitText(waitMs)}; the wait doubles with each wrong passphrase.`,
  }),
  tooSoon: ({ waitMs }) => ({
    what: 'Another passphrase was tried just now.',
    wayOut: `Try again in ${waitText(waitMs)}.`,
  }),
  channelInUse: fixed('An open channel needs this peer.', 'Close the channel first.'),
};

function ofCause(code: unknown, values: unknown): Problem {
  const { what, wayOut } = explainCause({ code: textOf(code), values: textsOf(values) });
  return { what, wayOut };
}

/** `openRefused` says it as a line of a cause, or in a sentence of the node. */
function openProblem(reason: string): Problem {
  return {
    what: `The channel cannot be opened. ${explainLine(reason).what}`,
    wayOut: explainLine(reason).wayOut,
  };
}

function waitText(waitMs: unknown): string {
  const seconds = Math.max(1, Math.ceil(Number(waitMs ?? 0) / 1000));
  if (seconds < 120) return seconds === 1 ? 'a second' : `${seconds} seconds`;
  return `${Math.ceil(seconds / 60)} minutes`;
}

/** A value as text; another one where there is none. */
function textOf(value: unknown, none = ''): string {
  return typeof value === 'string' || typeof value === 'number' ? String(value) : none;
}

function textsOf(values: unknown): Values {
  if (typeof values !== 'object' || values === null) return {};
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, String(value)]));
}

function shownProblems(problems: unknown): string {
  if (!Array.isArray(problems) || problems.length === 0) return 'a value does not fit';
  return problems
    .map(
      (each: { readonly path?: unknown; readonly message?: unknown }) =>
        `${String(each.path)}: ${String(each.message)}`,
    )
    .join('; ');
}
