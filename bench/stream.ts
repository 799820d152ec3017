import { invariant } from '../src/base/invariant.ts';
import { type Role, TRADERS } from '../src/base/role.ts';
import type { Open } from '../src/channel/state.ts';
import { deliveryPreimage } from '../src/crypto/deliveryLock.ts';
import type { Secp256k1 } from '../src/crypto/secp256k1.ts';
import { type MeterReading, signReading, type VerifiedReading, verifyReading } from '../src/market/meter.ts';
import type { Delivery } from '../src/tx/contract.ts';
import {
  connect,
  exchange,
  happen,
  openParties,
  type Parcel,
  type Parties,
  receive,
  settleDown,
} from './parties.ts';
import { MSAT_PER_WH, NOW, type Scenario, secretOf, UNIT_WH, UTILITY_SECRETS } from './scenario.ts';

/** Units of one tariff. */
const TARIFF_UNITS = 500;

/** What starts a round, ready to be measured: calling it plays the round between the two traders to its end. */
export type Round = (seen?: (parcel: Parcel) => void) => readonly Parcel[];

/** A channel over which energy is sold without end. */
export interface Stream {
  readonly scenario: Scenario;
  /** Prepares the next round: prices, meter readings and attestations are there, outside of what is measured. */
  prepare(): Round;
  /** The utility hears what the round said to it: its part, outside of the round. */
  conclude(toUtility: readonly Parcel[]): void;
  /** Number of the state that both hold. */
  number(): bigint;
}

/** Opens a channel, connects the three, and orders as many units as may be in flight. */
export function openStream(secp: Secp256k1, scenario: Scenario): Stream {
  const parties = openParties(secp, scenario);
  const meter = meterOf(secp);
  const { consumer, producer, utility } = parties;
  let priced = 0n;
  let slot = 0;

  connect(parties);
  const until = NOW + 86_400;
  const offer = { units: 1_000_000_000, unitEnergyWh: UNIT_WH, minMsatPerWh: 0n, until };
  settleDown(parties, happen(producer, { type: 'offer', ...offer }));
  keepPriced();
  settleDown(parties, happen(consumer, { type: 'buy', units: 1_000_000_000 }));
  invariant(inFlight().length === scenario.maxInFlight, 'the stream begins with all units in flight');

  function inFlight(): readonly Delivery[] {
    return openState(parties, 'consumer').rounds.held.ledger.deliveries;
  }

  /** Publishes prices well ahead of the orders. */
  function keepPriced(): void {
    const { nextUnit } = openState(parties, 'consumer').rounds.held.ledger;
    if (priced > nextUnit + 100n) return;
    const terms = { msatPerWh: MSAT_PER_WH, unitEnergyWh: UNIT_WH, units: TARIFF_UNITS };
    settleDown(parties, happen(utility, { type: 'publishTariff', slot, from: NOW - 60, until, ...terms }));
    slot += 1;
    priced += BigInt(TARIFF_UNITS);
  }

  function known(): Round {
    const due = inFlight().slice(0, scenario.unitsPerRound);
    const { channelId } = openState(parties, 'consumer').identity;
    const updates = due.map(({ id, unit }) => {
      const preimage = deliveryPreimage(UTILITY_SECRETS.deliverySeed, channelId, unit);
      return { type: 'settle', id, preimage } as const;
    });
    const [update, ...rest] = updates;
    invariant(update !== undefined, 'a unit is in flight');
    consumer.state = { ...openState(parties, 'consumer'), queue: rest };
    return (seen) => exchange(parties, happen(consumer, { type: 'update', update }), seen);
  }

  function attested(): Round {
    const [delivery] = inFlight();
    invariant(delivery !== undefined, 'a unit is in flight');
    const said = happen(utility, {
      type: 'unitDecided',
      verdict: meter.delivered(delivery, channelIdOf(parties)),
    });
    // The producer hears it first: what it checks is then part of the round too.
    const inOrder = [...said].sort((a) => (a.to === 'producer' ? -1 : 1));
    return (seen) => exchange(parties, inOrder, seen);
  }

  return {
    scenario,
    prepare: () => {
      keepPriced();
      return scenario.attested ? attested() : known();
    },
    conclude: (toUtility) => {
      settleDown(
        parties,
        toUtility.flatMap((parcel) => receive(parties, parcel)),
      );
    },
    number: () => {
      const [a, b] = TRADERS.map((trader) => openState(parties, trader).rounds);
      invariant(a?.phase.type === 'idle' && b?.phase.type === 'idle', 'the round is over on both sides');
      invariant(a.held.ledger.n === b.held.ledger.n, 'both hold the same state');
      return a.held.ledger.n;
    },
  };
}

function openState(parties: Parties, role: Role): Open {
  const { state } = parties[role];
  invariant(state.type === 'open', `the channel is ${state.type}`);
  return state;
}

function channelIdOf(parties: Parties): Uint8Array {
  return openState(parties, 'consumer').identity.channelId;
}

/** The producer's meter, which shows a unit more whenever it is asked. */
function meterOf(secp: Secp256k1) {
  const secret = secretOf('producer meter');
  const key = secp.publicKey(secret);
  let last = signed({ meter: key, sequence: 0n, time: NOW - 1, importWh: 0n, exportWh: 0n });

  function signed(reading: MeterReading): VerifiedReading {
    const verified = verifyReading(secp, signReading(secp, reading, secret), key);
    invariant(verified.ok, 'a meter signs what it shows');
    return verified.value;
  }

  return {
    delivered: ({ unit, energyWh, deadline }: Delivery, channelId: Uint8Array) => {
      const orderedAt = last;
      const { sequence, exportWh, ...rest } = last.body;
      last = signed({ ...rest, sequence: sequence + 1n, exportWh: exportWh + energyWh });
      const fromWh = exportWh;
      const order = { channelId, unit, energyWh: Number(energyWh), deadline, orderedAt };
      return { ...order, verdict: 'delivered', fromWh, reading: last } as const;
    },
  };
}
