import type { MethodName, MethodParams } from '../../rpc/methods.ts';
import type { ConnectionMethod, Handlers, RpcHost } from './host.ts';
import { EVENT_HANDLERS } from './methods/events.ts';
import { LIFECYCLE_HANDLERS } from './methods/lifecycle.ts';
import { NODE_HANDLERS } from './methods/node.ts';
import { CHANNEL_HANDLERS } from './methods/reads.ts';
import { TRADE_HANDLERS } from './methods/trade.ts';
import { UTILITY_HANDLERS } from './methods/utility.ts';
import { WALLET_HANDLERS } from './methods/wallet.ts';

export type HostMethod = Exclude<MethodName, ConnectionMethod>;

/** A function for every method that needs no connection: the compiler names one that is missing. */
const HANDLERS: Handlers<HostMethod> = {
  ...NODE_HANDLERS,
  ...WALLET_HANDLERS,
  ...CHANNEL_HANDLERS,
  ...UTILITY_HANDLERS,
  ...TRADE_HANDLERS,
  ...LIFECYCLE_HANDLERS,
  ...EVENT_HANDLERS,
};

/** Answers one call whose parameters fit the schema. Rejects with `RpcFailure`, or with what went wrong inside. */
export async function answer<M extends HostMethod>(
  host: RpcHost,
  method: M,
  params: MethodParams<M>,
): Promise<unknown> {
  return HANDLERS[method](host, params);
}
