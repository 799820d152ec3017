import { z } from 'zod';
import { channelReference, sequence, text, values, word } from './shapes/fields.ts';

/** What an error is called, what it means, which values it has, and what the caller can do. */
export interface ErrorSpec {
  /** JSON-RPC error code. */
  readonly code: number;
  /** What happened. */
  readonly message: string;
  /** What to do. */
  readonly advice: string;
  /** Values of `data`, besides `name` and `advice`. */
  readonly data: z.ZodObject;
}

function error<D extends z.ZodRawShape>(code: number, message: string, advice: string, data: D) {
  return { code, message, advice, data: z.strictObject(data) } as const;
}

const NONE = {};
const CHANNEL = { channel: channelReference };
const REASON = { reason: text };
const MORE = { code: word, values };

/**
 * Every error that a call can end with, by its stable name (`error.data.name`). Below -32000 the codes are those of
 * JSON-RPC and of the server, above 1000 those of the node.
 */
export const ERRORS = {
  parseError: error(
    -32700,
    'this is not JSON',
    'send one JSON value of at most the allowed size and depth',
    NONE,
  ),
  invalidRequest: error(
    -32600,
    'this is not a JSON-RPC 2.0 request',
    'send jsonrpc, method, params by name and id',
    NONE,
  ),
  methodNotFound: error(-32601, 'there is no such method', 'see rpc.discover', NONE),
  invalidParams: error(
    -32602,
    'the parameters do not fit the method',
    'see problems, and rpc.discover for the schema',
    {
      problems: z.array(z.strictObject({ path: z.string().max(256), message: z.string().max(512) })).max(20),
    },
  ),
  internalError: error(
    -32603,
    'the node could not do it because of a bug or a failed disk',
    "see the daemon's log",
    NONE,
  ),

  unauthenticated: error(
    -32001,
    'no token, or a wrong one',
    'authenticate with a token from the data directory',
    NONE,
  ),
  forbidden: error(-32002, 'this token does not have the right', 'use the token file of that right', {
    right: z.enum(['read', 'trade', 'admin']),
  }),
  tooManyRequests: error(
    -32003,
    'a limit of this server is reached',
    'wait for the answers under way, then ask again',
    {
      limit: word,
      most: z.int(),
    },
  ),
  stopping: error(-32004, 'the node is stopping', 'ask again when it is up', NONE),
  answerTooLarge: error(-32005, 'the answer is larger than this server sends', 'ask for fewer rows', NONE),

  unknownChannel: error(1001, 'there is no such channel', 'see listChannels', CHANNEL),
  wrongState: error(
    1002,
    'the channel is not in a state in which this can be done',
    'see getChannel for its state, and wait or choose another channel',
    { ...CHANNEL, state: word, command: word },
  ),
  wrongRole: error(1003, 'this node has another role in the channel', 'ask the node that has the role', {
    ...CHANNEL,
    role: z.enum(['consumer', 'producer', 'utility']),
  }),
  refused: error(1004, 'the channel refused the command; nothing was changed', 'see code and values', {
    ...CHANNEL,
    ...MORE,
  }),
  halted: error(
    1005,
    'the channel is halted because of a bug in this program; its coins are still watched',
    'keep the store and the log, and report the bug',
    CHANNEL,
  ),
  peerNotConnected: error(
    1006,
    'the peer cannot be reached',
    'see listPeers, and connectPeer with its address',
    {
      reason: text,
    },
  ),
  notEnoughCoins: error(
    1007,
    'the wallet does not have enough free coins for this',
    'see getBalance; send coins to newAddress',
    MORE,
  ),
  badAddress: error(1008, 'this is no address of this network', 'check the address and the network', MORE),
  cannotPay: error(1009, 'this payment cannot be made', 'see code and values', MORE),
  broadcastRejected: error(
    1010,
    'the Bitcoin node refused the transaction; the wallet is as before',
    'see reason, and send another payment',
    {
      ...REASON,
      txid: text,
    },
  ),
  broadcastUnknown: error(
    1011,
    'the Bitcoin node did not answer: the transaction may be out',
    'do not pay anew: it stays pending and is sent again; see listTransactions',
    { ...REASON, txid: text },
  ),
  openRefused: error(1012, 'the channel cannot be proposed', 'see reason, and change what it names', REASON),
  noEvidence: error(
    1013,
    'the channel has nothing to show before its funding is signed',
    'see getChannel',
    CHANNEL,
  ),
  badData: error(
    1014,
    'these bytes or this text mean nothing here',
    'see reason, and check what was given',
    REASON,
  ),
  eventsPruned: error(1015, 'the events asked for are no longer kept', 'take up with the oldest one', {
    oldest: sequence,
  }),
  eventsInFuture: error(
    1016,
    'there is no event with such a number yet: this is another or an older store than the caller has seen',
    'look at the state anew with listChannels, then take up with next',
    { next: sequence },
  ),
  unknownSubscription: error(1017, 'this connection has no such subscription', 'see subscribe', NONE),
  notASocket: error(
    1018,
    'events are sent over a WebSocket only',
    'connect by WebSocket, or ask listEvents',
    NONE,
  ),
  requestIdReused: error(1019, 'another request had this requestId', 'choose a new requestId', NONE),
  requestInDoubt: error(
    1020,
    'the node stopped in the middle of this request: it was done or it was not',
    'look (listTransactions, listChannels, getChannel), then ask with a new requestId if it was not',
    NONE,
  ),
  chainUnavailable: error(1021, 'the Bitcoin node does not answer', 'see that it runs; ask again', {
    reason: text,
  }),
  storeUnavailable: error(1022, 'the store cannot be written', "see the disk and the daemon's log", {
    reason: text,
  }),
  notAvailable: error(1023, 'this node is set up without it', 'see the configuration of the daemon', REASON),
  unknownTransaction: error(1024, 'the wallet does not know this transaction', 'see listTransactions', NONE),
  wrongPassphrase: error(
    1026,
    'this is not the passphrase of the seed',
    'wait as long as waitMs says, then try again; the wait doubles with each wrong passphrase',
    { waitMs: z.int().min(0) },
  ),
  tooSoon: error(
    1027,
    'another passphrase was tried just now',
    'wait as long as waitMs says, then try again',
    { waitMs: z.int().min(0) },
  ),
  channelInUse: error(1025, 'an open channel needs this peer', 'close the channel first', {
    channels: z.array(z.string()).max(1000),
  }),
} as const satisfies Record<string, ErrorSpec>;

export type ErrorName = keyof typeof ERRORS;
/** The values of an error, besides its name. */
export type ErrorValues<N extends ErrorName> = z.output<(typeof ERRORS)[N]['data']>;

/** An error as it is sent. `N`: the names of the table that it is of. */
export interface RpcErrorObject<N extends string = ErrorName> {
  readonly code: number;
  readonly message: string;
  readonly data: { readonly name: N; readonly advice: string } & Readonly<Record<string, unknown>>;
}

export function errorObject<N extends ErrorName>(name: N, data: ErrorValues<N>): RpcErrorObject {
  return errorOf(ERRORS[name], name, data);
}

/** An error of another table of the same form. */
export function errorOf<N extends string>(
  { code, message, advice }: Pick<ErrorSpec, 'code' | 'message' | 'advice'>,
  name: N,
  data: object,
): RpcErrorObject<N> {
  return { code, message, data: { name, ...data, advice } };
}
