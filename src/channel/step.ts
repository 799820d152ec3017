import { utf8 } from '../base/bytes.ts';
import { invariant } from '../base/invariant.ts';
import type { Role, Trader } from '../base/role.ts';
import type { Secp256k1 } from '../crypto/secp256k1.ts';
import type { MessageOf } from '../wire/messages.ts';
import type { ChannelAction, ChannelRecord, Notice } from './action.ts';
import type { ChannelError } from './error.ts';
import type { RoundContext } from './rounds.ts';
import type { IdentitySigner, TraderSigner, UtilitySigner } from './signer.ts';
import type { Channel, Identity } from './state.ts';

/** What a transition may ask, besides state and event: the keys, and the time that the event carries. */
export interface Context {
  readonly secp: Secp256k1;
  readonly signer: ChannelSigner;
  readonly identity: IdentitySigner;
  /** Hash of our chain's block 0, hexadecimal. */
  readonly chainHash: string;
  /** Unix seconds. */
  readonly now: number;
  /** Our tip. */
  readonly height: number;
  /** Seconds that a peer's clock may differ from ours. */
  readonly clockTolerance: number;
  /** The export capacity that the utility certified for a meter, Wh per hour. */
  readonly certifiedCapacityWhPerHour: (meter: Uint8Array) => bigint;
  /** The most that the utility lets an arbitrated end cost, satoshi per 1,000 virtual bytes. */
  readonly maxArbitrationFeeRate: bigint;
}

export type ChannelSigner =
  | { readonly role: 'trader'; readonly signer: TraderSigner }
  | { readonly role: 'utility'; readonly signer: UtilitySigner };

export interface Transition {
  readonly state: Channel;
  readonly actions: readonly ChannelAction[];
  readonly records: readonly ChannelRecord[];
}

export function goTo(
  state: Channel,
  actions: readonly ChannelAction[] = [],
  records: readonly ChannelRecord[] = [],
): Transition {
  return { state, actions, records };
}

/** Nothing changes; a command that makes no sense here is answered. */
export function refuse(state: Channel, error: ChannelError): Transition {
  return goTo(state, [notify({ type: 'refused', error })]);
}

export function notify(notice: Notice): ChannelAction {
  return { type: 'notify', notice };
}

export function send(to: Role, message: Extract<ChannelAction, { type: 'send' }>['message']): ChannelAction {
  return { type: 'send', to, message };
}

/** BOLT 1 `error`: this channel is over, and why in words. The values are ours or public, never a secret. */
export function errorMessage(channelId: Uint8Array, error: ChannelError): MessageOf<'error'> {
  return { type: 'error', channelId, data: utf8(describeError(error)).slice(0, 1024) };
}

/** Text of a peer, in ASCII that can be printed. */
export function printable(data: Uint8Array): string {
  return new TextDecoder().decode(data).replace(/[^\x20-\x7e]/g, '?');
}

/** An error as one line: its code, then the offending values. */
export function describeError(error: { readonly code: string }): string {
  const values = Object.entries(error).filter(([name]) => name !== 'code');
  return [error.code, ...values.map(([name, value]) => `${name}=${shown(value)}`)].join(' ');
}

function shown(value: unknown): string {
  if (typeof value !== 'object' || value === null) return String(value);
  return Object.entries(value)
    .map(([key, item]) => `${key}:${String(item)}`)
    .join(',');
}

/** A trader's signer, of a channel in which this party trades. */
export function traderSigner({ signer }: Pick<Context, 'signer'>): TraderSigner {
  invariant(signer.role === 'trader', 'a trader signs as a trader');
  return signer.signer;
}

export function utilitySigner({ signer }: Context): UtilitySigner {
  invariant(signer.role === 'utility', 'the utility signs as a utility');
  return signer.signer;
}

export function roundContext(
  state: { readonly role: Role; readonly identity: Identity },
  context: Context,
): RoundContext {
  invariant(state.role !== 'utility', 'only traders have rounds');
  const { channelId, contract } = state.identity;
  return {
    secp: context.secp,
    signer: traderSigner(context),
    contract,
    channelId,
    role: state.role as Trader,
  };
}
