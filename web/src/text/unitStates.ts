import type { UNIT_STATUSES } from '../../../src/rpc/states.ts';

export type UnitStatus = (typeof UNIT_STATUSES)[number];

export interface UnitStateText {
  /** One or two words. */
  readonly text: string;
  /** A sentence for a newcomer. */
  readonly what: string;
  readonly tone: 'plain' | 'good' | 'warn' | 'bad';
}

/** Every status of a unit, in plain words. */
export const UNIT_STATES: Readonly<Record<UnitStatus, UnitStateText>> = {
  inFlight: {
    text: 'in flight',
    what: 'Ordered: the payment and the seller’s bond are locked until the meter shows the delivery.',
    tone: 'warn',
  },
  attested: {
    text: 'metered',
    what: 'The utility attested the delivery; the next round pays the seller.',
    tone: 'plain',
  },
  refused: {
    text: 'not delivered',
    what: 'The meter did not show the energy by the deadline. Payment and bond go to the utility.',
    tone: 'bad',
  },
  settled: {
    text: 'settled',
    what: 'The seller has the payment, less the grid fee, and its bond is free again.',
    tone: 'good',
  },
  forfeited: {
    text: 'forfeited',
    what: 'Not delivered: payment and bond went to the utility, which delivers in the seller’s place.',
    tone: 'bad',
  },
  cancelled: {
    text: 'cancelled',
    what: 'Both traders agreed to give it up: each got back what it had locked.',
    tone: 'plain',
  },
  onChain: {
    text: 'on chain',
    what: 'It was in flight when the channel went to the chain, and is decided there.',
    tone: 'warn',
  },
};
