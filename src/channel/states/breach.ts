import { equalBytes } from '../../base/bytes.ts';
import { counterpartyOf, type Trader } from '../../base/role.ts';
import { deliveryLock } from '../../crypto/deliveryLock.ts';
import { lookupSecret, shachainIndex } from '../../crypto/shachain.ts';
import type { MessageOf } from '../../wire/messages.ts';
import type { ChannelAction } from '../action.ts';
import type { Breach, Settling } from '../state.ts';
import { type Context, goTo, notify, send, type Transition, utilitySigner } from '../step.ts';
import { newestProof } from './toChain.ts';

/**
 * A revoked commitment is on the chain (protocol section 9). The utility reveals what its victim needs; the victim shows
 * the utility its newest state, and hears again by that what it may have missed.
 */
export function breached(state: Settling, breach: Breach, context: Context): Transition {
  const { breach: before } = state;
  const fresh = before === null || before.n !== breach.n;
  if (!fresh && sameUnits(before, breach)) return goTo(state);
  const next: Settling = { ...state, breach };
  const { n, broadcaster } = breach;
  const told = fresh ? [notify({ type: 'breach', n, broadcaster })] : [];
  return goTo(next, [
    ...told,
    ...(state.utility === null
      ? [...newestProof(next, context), ...showSecret(next)]
      : toVictim(next, context)),
  ]);
}

/**
 * At the victim, with each block: the cheater's secret. The utility may not have been shown that state, or may hold it
 * for the newest; with the secret it can rebuild the commitment and knows that it is revoked.
 */
export function showSecret({ breach, rounds, role, identity }: Settling): ChannelAction[] {
  if (breach === null || breach.broadcaster === null || breach.broadcaster === role || rounds === null)
    return [];
  const { n } = breach;
  const secret = lookupSecret(rounds.remoteSecrets, shachainIndex(n));
  if (secret === undefined) return [];
  return [send('utility', { type: 'show_secret', channelId: identity.channelId, n, secret })];
}

/** At the utility: kept as it is; only a commitment on the chain that it rebuilds makes it count. */
export function secretShown(
  state: Settling,
  from: Trader,
  { n, secret }: MessageOf<'show_secret'>,
  { secp }: Context,
): Transition {
  if (state.utility === null || !secp.isSecretKey(secret)) return goTo(state);
  return goTo({ ...state, shownSecrets: { ...state.shownSecrets, [from]: { n, secret } } });
}

function sameUnits(before: Breach, { units }: Breach): boolean {
  return before.units.length === units.length && units.every(({ unit }, i) => before.units[i]?.unit === unit);
}

function toVictim(state: Settling, context: Context): ChannelAction[] {
  const victim = victimOf(state.breach);
  return victim === undefined ? [] : revelations(state, victim, context);
}

function victimOf(breach: Breach | null): Trader | undefined {
  if (breach === null || breach.broadcaster === null) return undefined;
  return counterpartyOf(breach.broadcaster);
}

/** At the utility: the preimages that this trader needs as the victim of a breach. */
export function revelations(state: Settling, to: Trader, context: Context): ChannelAction[] {
  const { utility, breach, identity } = state;
  if (utility === null || breach === null || victimOf(breach) !== to) return [];
  const { channelId } = identity;
  const signer = utilitySigner(context);
  return breach.units.map(({ unit }) =>
    send(to, { type: 'reveal_preimage', channelId, unit, preimage: signer.preimage(channelId, unit) }),
  );
}

/** At the victim: a preimage that fits is kept, and the next claims use it. Anything else changes nothing. */
export function revealed(state: Settling, { unit, preimage }: MessageOf<'reveal_preimage'>): Transition {
  const { breach } = state;
  const lock = deliveryLock(preimage);
  const awaited = breach?.units.find((each) => each.unit === unit && equalBytes(each.lock, lock));
  if (breach === null || awaited === undefined) return goTo(state);
  const units = breach.units.filter((each) => each !== awaited);
  return goTo(
    { ...state, breach: { ...breach, units } },
    [notify({ type: 'preimageRevealed', unit })],
    [{ type: 'preimage', unit, preimage }],
  );
}
