import type { z } from 'zod';
import type { MethodSpec } from './method.ts';
import { CHANNEL_METHODS, CHANNEL_READS, TRADE_METHODS } from './methods/channel.ts';
import { EVENT_METHODS } from './methods/events.ts';
import { NODE_METHODS } from './methods/node.ts';
import { WALLET_METHODS } from './methods/wallet.ts';

/** The whole interface of a node: every method, by name. Types, server, client, OpenRPC document and docs/rpc.md follow from it. */
export const METHODS = {
  ...NODE_METHODS,
  ...WALLET_METHODS,
  ...CHANNEL_READS,
  ...TRADE_METHODS,
  ...CHANNEL_METHODS,
  ...EVENT_METHODS,
} as const satisfies Readonly<Record<string, MethodSpec>>;

export type MethodName = keyof typeof METHODS;
export type MethodParams<M extends MethodName> = z.output<(typeof METHODS)[M]['params']>;
export type MethodResult<M extends MethodName> = z.output<(typeof METHODS)[M]['result']>;

export const METHOD_NAMES = Object.keys(METHODS) as readonly MethodName[];

/** The method of this name. Names of `Object.prototype` are none. */
export function methodNamed(name: string): MethodName | undefined {
  return Object.hasOwn(METHODS, name) ? (name as MethodName) : undefined;
}
