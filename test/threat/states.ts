import { counterpartyOf, type Role, type Trader } from '../../src/base/role.ts';
import type { Ledger } from '../../src/channel/ledger.ts';
import { remoteCommitments } from '../../src/channel/rounds.ts';
import type { Channel } from '../../src/channel/state.ts';
import type { Balances } from '../../src/tx/contract.ts';

/** A state that a member of the coalition knows, with what it needs to build that side's commitment to it. */
export interface KnownState {
  readonly broadcaster: Trader;
  readonly balances: Balances;
  /** The broadcaster's per-commitment point of that state. */
  readonly point: Uint8Array;
}

/** A state for which the coalition holds a signature of the broadcaster's counterparty. */
export interface SignedState extends KnownState {
  readonly signature: Uint8Array;
}

/** The same for the same commitment. */
export function keyOf({ broadcaster, balances }: KnownState): string {
  const { n, consumerMsat, producerMsat, utilityMsat, deliveries } = balances;
  return [broadcaster, n, consumerMsat, producerMsat, utilityMsat, deliveries.length].join(' ');
}

/** Every state that a stored channel lets its owner rebuild, of either side. */
export function statesIn(
  state: Channel,
  role: Role,
  ownPoint: (n: bigint) => Uint8Array | undefined,
): readonly KnownState[] {
  if (role === 'utility') return provedIn(state);
  const own = (balances: Ledger): KnownState[] => {
    const point = ownPoint(balances.n);
    return point === undefined ? [] : [{ broadcaster: role, balances, point }];
  };
  if (state.type === 'awaitingFunding') {
    if (state.held === null) return [];
    const broadcaster = counterpartyOf(role);
    const { ledger } = state.held;
    return [...own(ledger), { broadcaster, balances: ledger, point: state.points[broadcaster].first }];
  }
  if (!('rounds' in state) || state.rounds === null) return [];
  const broadcaster = counterpartyOf(role);
  return [
    ...own(state.rounds.held.ledger),
    ...remoteCommitments(state.rounds).map(({ ledger, point }) => ({ broadcaster, balances: ledger, point })),
  ];
}

function provedIn(state: Channel): readonly KnownState[] {
  const proofs =
    state.type === 'attesting'
      ? state.proofs
      : state.type === 'settling'
        ? (state.utility?.proofs ?? [])
        : [];
  return proofs.map(({ broadcaster, ledger, point }) => ({ broadcaster, balances: ledger, point }));
}
