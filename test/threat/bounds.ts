import type { CoalitionName } from './coalition.ts';
import { BOND, CONTRIBUTIONS, GRID_FEE, type Mode, PAYMENT, TRADED_UNITS } from './fixture.ts';
import type { StageName } from './stages.ts';

/** The most that a coalition can take at a stage, by design (protocol section 10), satoshi, and what that is. */
export interface Bound {
  readonly sat: bigint;
  readonly what: string;
}

const TRADED = BigInt(TRADED_UNITS);
/** What each has when the units before the attack are paid. */
const CONSUMER = CONTRIBUTIONS.consumer - TRADED * PAYMENT;
const PRODUCER = CONTRIBUTIONS.producer + TRADED * (PAYMENT - GRID_FEE);
const UTILITY = CONTRIBUTIONS.utility + TRADED * GRID_FEE;
/** What a seller is owed for a unit that it delivered. */
const IN_FLIGHT = PAYMENT - GRID_FEE + BOND;

const PAID_FOR_NOTHING: Bound = { sat: PAYMENT, what: 'the payment in flight' };
/** What a trader earned since the oldest state. */
const EARNED: Bound = { sat: TRADED * (PAYMENT - GRID_FEE), what: 'what an old state takes back' };
const NOTHING: Bound = { sat: 0n, what: 'nothing' };
/** A justice transaction pays the utility what an old state owes it: not what is dust, and after an output for the victim. */
const DUST: Bound = {
  sat: 659n,
  what: 'U’s credits below the dust limit, and a least output for the victim',
};
const DELIVERY: Bound = { sat: IN_FLIGHT, what: 'the delivery in flight (payment and bond)' };

/** Stages in which a unit is in flight that U has not attested, and B delivers or has delivered. */
const UNATTESTED: readonly StageName[] = ['ordered', 'delivered'];
const WITH_ORDER: readonly StageName[] = ['ordered', 'delivered', 'attested', 'refused'];

export function boundOf(coalition: CoalitionName, mode: Mode, stage: StageName): Bound {
  switch (coalition) {
    case 'A':
    case 'B':
      return DUST;
    case 'U':
      return UNATTESTED.includes(stage) ? DELIVERY : NOTHING;
    case 'AU':
      return mode === 'immediate' ? allOfProducer(stage) : beforeT(stage, DELIVERY, allOfProducer(stage));
    case 'BU':
      return mode === 'immediate'
        ? allOfConsumer(stage)
        : beforeT(stage, PAID_FOR_NOTHING, allOfConsumer(stage));
    case 'AB':
      return allOfUtility(stage);
  }
}

function beforeT(stage: StageName, inFlight: Bound, all: Bound): Bound {
  if (stage === 'awayPastT') return all;
  // U may reveal R after it refused
  if (stage === 'refused' && inFlight === PAID_FOR_NOTHING) return inFlight;
  if (stage === 'awayLong') return EARNED;
  // a unit can be ordered in the round in which the coalition stops
  return UNATTESTED.includes(stage) || stage === 'idle' ? inFlight : NOTHING;
}

function allOfProducer(stage: StageName): Bound {
  const what = 'all of B’s coins';
  if (stage === 'opening') return { sat: CONTRIBUTIONS.producer, what };
  if (stage === 'refused') return { sat: PRODUCER - BOND, what };
  return { sat: WITH_ORDER.includes(stage) ? PRODUCER - BOND + IN_FLIGHT : PRODUCER, what };
}

function allOfConsumer(stage: StageName): Bound {
  const what = 'all of A’s coins';
  if (stage === 'opening') return { sat: CONTRIBUTIONS.consumer, what };
  return { sat: CONSUMER, what };
}

function allOfUtility(stage: StageName): Bound {
  const what = 'U’s contribution and credits';
  if (stage === 'opening') return { sat: CONTRIBUTIONS.utility, what };
  if (stage === 'refused') return { sat: UTILITY + PAYMENT + BOND, what: `${what}, and the forfeit` };
  return { sat: UTILITY, what };
}
