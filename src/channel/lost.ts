import { utf8 } from '../base/bytes.ts';
import { counterpartyOf, type Role, type Trader } from '../base/role.ts';
import type { Secp256k1 } from '../crypto/secp256k1.ts';
import { verifyStateProof } from '../tx/stateProof.ts';
import type { MessageOf, StateProof } from '../wire/messages.ts';
import { EMPTY_MARKET } from './market.ts';
import { type Rounds, remoteCommitments } from './rounds.ts';
import type { Channel, Identity, Settling } from './state.ts';

/**
 * What a state proof that the utility shows says of our own data (protocol section 7, "When data is lost"). `lost`: the
 * other trader holds our signature on a state that we know nothing of. `known`: it does not. `null`: it proves nothing.
 */
export type ShownProof = 'lost' | 'known' | null;

/** Judges the other trader's proof, which carries our own signature. `rounds` are null when we have no data at all. */
export function judgeShown(
  secp: Secp256k1,
  { contract }: Identity,
  role: Trader,
  rounds: Rounds | null,
  proof: StateProof,
): ShownProof {
  if (proof.broadcaster !== counterpartyOf(role)) return null;
  if (!verifyStateProof(secp, contract, proof).ok) return null;
  if (rounds === null) return 'lost';
  const signed = remoteCommitments(rounds).reduce((top, { ledger }) => (ledger.n > top ? ledger.n : top), 0n);
  return proof.ledger.n > signed ? 'lost' : 'known';
}

/** BOLT 1 `error` of a party without its data: the receiver closes with its own newest commitment. */
export function pleaseClose(channelId: Uint8Array, n: bigint): MessageOf<'error'> {
  return { type: 'error', channelId, data: utf8(`data lost before state ${n}: please close`) };
}

/** A channel of which only the static backup is left: it never broadcasts, and takes what others' transactions pay us. */
export function lostChannel(role: Role, identity: Identity, height: number): Settling {
  return {
    type: 'settling',
    role,
    identity,
    why: { code: 'dataLost', n: 0n },
    height,
    rounds: null,
    market: EMPTY_MARKET,
    utility: role === 'utility' ? { register: [], proofs: [], tariffs: [], arbitration: null } : null,
    spentBy: null,
    candidates: [],
    claim: null,
    breach: null,
  };
}

/**
 * The state as one that may be old, because its database was copied back: no commitment of it is broadcast until the
 * other trader or the utility has shown that it is the newest. One on its way to the chain does not change any more.
 */
export function unsureOf(state: Channel): Channel {
  switch (state.type) {
    case 'awaitingFunding':
    case 'open':
    case 'shuttingDown':
    case 'negotiatingClose':
      return state.role === 'utility' ? state : { ...state, unsure: true };
    default:
      return state;
  }
}

/** The state as one that was shown to be the newest. */
export function sureOf<S extends { readonly unsure?: true }>(state: S): S {
  if (state.unsure === undefined) return state;
  const { unsure: _, ...sure } = state;
  return sure as unknown as S; // only an optional field is gone
}
