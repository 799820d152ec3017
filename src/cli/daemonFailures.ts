import { RpcConnectionError, RpcError } from '../client/errors.ts';
import type { ErrorName } from '../rpc/errors.ts';
import { type Endpoint, startAdvice } from './endpoint.ts';
import { CliError, type ExitKind } from './exit.ts';

/** Exit codes of what the daemon says; all else is `failed`. */
const KINDS: { readonly [E in ErrorName]?: ExitKind } = {
  unauthenticated: 'refused',
  forbidden: 'refused',
  invalidParams: 'usage',
  unknownChannel: 'notFound',
  unknownTransaction: 'notFound',
  peerNotConnected: 'unreachable',
  chainUnavailable: 'unreachable',
};

/** What to do, in the words of this command line, where the daemon's own are those of its methods. */
const ADVICE: { readonly [E in ErrorName]?: readonly string[] } = {
  unknownChannel: ["'wattlane channels --all' lists them."],
  wrongState: ["'wattlane channel' shows how far it is."],
  wrongRole: ["'wattlane channels' shows which role this node has in each."],
  notEnoughCoins: ["'wattlane balance' shows what there is, 'wattlane address' gives an address to fund."],
  peerNotConnected: [
    "'wattlane peers' shows who is there, 'wattlane connect nodeId@host:port' tells where to find one.",
  ],
  openRefused: ["'wattlane peers' and 'wattlane balance' show what may be missing."],
  broadcastUnknown: ["Do not pay anew: it is sent again. 'wattlane transactions' shows what becomes of it."],
  eventsPruned: ["'wattlane events' without --from shows what is kept."],
  eventsInFuture: ["'wattlane events' shows the newest."],
  unknownTransaction: ["'wattlane transactions' lists them."],
  badAddress: ["'wattlane status' shows the network."],
  channelInUse: ["'wattlane close' ends a channel."],
};

/** A failed call as what the command ends with. What is no failure of a call is thrown on. */
export function failureOfCall(error: unknown, endpoint: Endpoint): CliError {
  if (error instanceof CliError) return error;
  if (error instanceof RpcError) return refusal(error, endpoint);
  if (error instanceof RpcConnectionError) return noAnswer(error, endpoint);
  throw error;
}

function refusal(error: RpcError, endpoint: Endpoint): CliError {
  const { error: name, message, advice, data } = error;
  const kind = KINDS[name] ?? 'failed';
  if (name === 'unauthenticated')
    return new CliError(kind, name, `the daemon does not know the token of ${endpoint.tokenFile}`, [
      'Each start of a new data directory makes new tokens: take the file of the daemon that runs, with --token-file.',
    ]);
  if (name === 'forbidden')
    return new CliError(kind, name, `the token of ${endpoint.tokenFile} does not allow this`, [
      `It needs the right to ${String(data.right)}: take that token file, with --token-file.`,
    ]);
  return new CliError(kind, name, message, [...details(data), ...(ADVICE[name] ?? [advice])]);
}

/** The values of an error, a line each, without what is said already. */
function details(data: Readonly<Record<string, unknown>>): readonly string[] {
  return Object.entries(data)
    .filter(([name, value]) => name !== 'name' && name !== 'advice' && value !== null)
    .flatMap(([name, value]) => linesOf(name, value));
}

function linesOf(name: string, value: unknown): readonly string[] {
  if (Array.isArray(value)) return value.flatMap((each) => linesOf(name, each));
  if (typeof value !== 'object' || value === null) return [`${name}: ${String(value)}`];
  return Object.entries(value).map(([key, each]) => `${key}: ${String(each)}`);
}

function noAnswer({ code, message }: RpcConnectionError, { url, dataDir }: Endpoint): CliError {
  if (code === 'unreachable')
    return new CliError('noDaemon', 'noDaemon', `no daemon answers at ${url}`, startAdvice(dataDir));
  if (code === 'badAnswer')
    return new CliError('noDaemon', 'otherServer', `what answers at ${url} is no Wattlane daemon`, [
      'Another program has this port: see rpcListen in wattlaned.json.',
    ]);
  return new CliError('noDaemon', code, `the daemon at ${url} did not answer: ${message}`, [
    "It may have done what was asked: look at 'wattlane events' and 'wattlane channels' before you ask again.",
  ]);
}
