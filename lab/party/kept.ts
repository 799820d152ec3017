import type { HeldCommitment } from '../../src/channel/rounds.ts';
import type { Channel } from '../../src/channel/state.ts';
import type { Contract } from '../../src/tx/contract.ts';
import type { KeptState } from './calls.ts';

/** So many of a channel's first states are kept, and of its newest. */
const FIRST = 5;
const NEWEST = 200;

/** All that is needed to publish a state's commitment later. */
export interface Kept {
  readonly contract: Contract;
  readonly held: HeldCommitment;
}

/** What a cheat keeps that an honest node forgets: the states of its channels, with the other trader's signatures. */
export class KeptCommitments {
  readonly #channels = new Map<string, Kept[]>();

  /** Keeps the state that a channel is in now, if it is one that has a commitment. */
  see(channel: string, state: Channel): void {
    if (!('rounds' in state) || state.rounds === null) return;
    const { held } = state.rounds;
    const kept = this.#channels.get(channel) ?? [];
    this.#channels.set(channel, kept);
    if (kept.at(-1)?.held.ledger.n === held.ledger.n) return;
    kept.push({ contract: state.identity.contract, held });
    if (kept.length > FIRST + NEWEST) kept.splice(FIRST, 1);
  }

  /** Oldest first. */
  list(): readonly KeptState[] {
    return [...this.#channels].flatMap(([channel, kept]) =>
      kept.map(({ held: { ledger } }, index) => ({
        channel,
        n: ledger.n,
        consumerMsat: ledger.consumerMsat,
        producerMsat: ledger.producerMsat,
        utilityMsat: ledger.utilityMsat,
        inFlightMsat: ledger.deliveries.reduce(
          (sum, { paymentMsat, bondMsat }) => sum + paymentMsat + bondMsat,
          0n as bigint,
        ),
        newest: index === kept.length - 1,
      })),
    );
  }

  find(channel: string, n: bigint): Kept | undefined {
    return this.#channels.get(channel)?.find(({ held }) => held.ledger.n === n);
  }
}
