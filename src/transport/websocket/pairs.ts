import { compareBytes, fromHex } from '../../base/bytes.ts';
import type { Ordinals } from '../session/session.ts';

/** A connection's place among those of its pair; both ends see the same. */
interface Rank {
  /** The greater of the two ordinals. */
  readonly highest: bigint;
  /** Whether the node with the lesser id dialled. */
  readonly byLesser: boolean;
  /** The dialler's own ordinal. */
  readonly dialler: bigint;
}

interface Pair<C> {
  /** The greatest ordinal that was said or agreed on while any connection of the pair lived. */
  last: bigint;
  readonly members: Set<C>;
  kept: { readonly connection: C; readonly rank: Rank } | undefined;
}

/**
 * At most one connection for each peer. In its `init` each end names an ordinal above all that it knows of for the pair;
 * the greater of the two is the connection's. So a connection that was made when the other was known at either end is
 * above it, and of two that were made at once both ends keep the same, in whatever order they hear of them
 * (protocol section 11).
 */
export class Pairs<C> {
  readonly #nodeId: Uint8Array;
  readonly #pairs = new Map<string, Pair<C>>();
  readonly #peers = new Map<C, string>();

  constructor(nodeId: Uint8Array) {
    this.#nodeId = nodeId;
  }

  /** The ordinal that our `init` names on a connection with this peer. */
  greet(peer: string, connection: C): bigint {
    const pair = this.#pairs.get(peer) ?? { last: 0n, members: new Set<C>(), kept: undefined };
    this.#pairs.set(peer, pair);
    pair.members.add(connection);
    this.#peers.set(connection, peer);
    pair.last += 1n;
    return pair.last;
  }

  /** Which connection has to go, now that this one is established: it, the one that was kept, or none. */
  settle(peer: string, connection: C, dialled: boolean, ordinals: Ordinals): C | undefined {
    const pair = this.#pairs.get(peer);
    if (pair === undefined) return undefined;
    const rank = this.#rank(peer, dialled, ordinals);
    if (rank.highest > pair.last) pair.last = rank.highest;
    const before = pair.kept;
    if (before !== undefined && isAbove(before.rank, rank)) return connection;
    pair.kept = { connection, rank };
    return before?.connection;
  }

  ended(connection: C): void {
    const peer = this.#peers.get(connection);
    const pair = peer === undefined ? undefined : this.#pairs.get(peer);
    if (peer === undefined || pair === undefined) return;
    this.#peers.delete(connection);
    pair.members.delete(connection);
    if (pair.kept?.connection === connection) pair.kept = undefined;
    if (pair.members.size === 0) this.#pairs.delete(peer);
  }

  #rank(peer: string, dialled: boolean, { own, peer: theirs }: Ordinals): Rank {
    const weAreLesser = compareBytes(this.#nodeId, fromHex(peer)) < 0;
    return {
      highest: own > theirs ? own : theirs,
      byLesser: dialled === weAreLesser,
      dialler: dialled ? own : theirs,
    };
  }
}

function isAbove(a: Rank, b: Rank): boolean {
  if (a.highest !== b.highest) return a.highest > b.highest;
  if (a.byLesser !== b.byLesser) return a.byLesser;
  return a.dialler > b.dialler;
}
