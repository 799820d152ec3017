import { sat } from '../../src/base/amount.ts';
import type { Trader } from '../../src/base/role.ts';
import type { Evidence } from '../../src/dispute/evidence.ts';
import { DELIVERY_STATEMENT, type DeliveryStatement } from '../../src/market/deliveryStatement.ts';
import { type MeterReading, signReading } from '../../src/market/meter.ts';
import { type Signed, signStatement } from '../../src/market/statement.ts';
import { channelIdOf, type Delivery } from '../../src/tx/contract.ts';
import {
  contractOf,
  delivery,
  funded,
  PAYOUT,
  preimageOf,
  proofOf,
  secretOf,
  stateOf,
} from '../penalty/support.ts';
import { secp } from '../support/curve.ts';

export const { contract } = funded();
/** The same channel with the utility's key from the start. */
export const immediate = contractOf(contract.funding, { type: 'immediate' });
export const channelId = channelIdOf(contract.funding);
export const nodeSecret = (role: string): Uint8Array => secretOf(`${role} node`);
export const meterSecret = (trader: Trader): Uint8Array => secretOf(`${trader} meter`);
export const METERS = {
  consumer: secp.publicKey(meterSecret('consumer')),
  producer: secp.publicKey(meterSecret('producer')),
};

export const FIRST = delivery(1, 150);
export const SECOND = delivery(2, 160);
export const inFlight = stateOf(7n, [FIRST, SECOND]);
export const OPENED = 200;
/** Meter clock at the first reading. */
export const NOON = 1_700_000_000;
export const CAPACITY = 100_000n;

/** A reading of the producer's meter, `sequence` minutes after noon. */
export function reading(
  sequence: number,
  exportWh: number,
  more: Partial<MeterReading> = {},
  secret = meterSecret('producer'),
): Signed<MeterReading> {
  const body = {
    meter: METERS.producer,
    sequence: BigInt(sequence),
    time: NOON + sequence * 60,
    importWh: 0n,
    exportWh: BigInt(exportWh),
    ...more,
  };
  return signReading(secp, body, secret);
}

/** Signs what the market's own code would refuse to sign. */
export function signUnchecked(body: DeliveryStatement, secret: Uint8Array): Signed<DeliveryStatement> {
  return signStatement(secp, { ...DELIVERY_STATEMENT, check: () => undefined }, body, secret);
}

/** The utility's word on a unit of 1,000 Wh that begins `fromWh` into the meter's export. */
export function word(
  { unit, energyWh }: Delivery,
  verdict: DeliveryStatement['verdict'],
  readings: readonly [Signed<MeterReading>, Signed<MeterReading>],
  more: Partial<DeliveryStatement> = {},
): Signed<DeliveryStatement> {
  const [orderedAt, last] = readings;
  const said = {
    channelId,
    unit,
    energyWh: Number(energyWh),
    fromWh: orderedAt.body.exportWh,
    orderedAt,
    reading: last,
  };
  const body =
    verdict === 'delivered'
      ? { ...said, verdict, preimage: preimageOf(Number(unit)) }
      : ({ ...said, verdict } as const);
  return signUnchecked({ ...body, ...more } as DeliveryStatement, nodeSecret('utility'));
}

/** A dispute over two deliveries, brought by the consumer, all deadlines and windows over. */
export function evidence(more: Partial<Evidence> = {}, claim: Partial<Evidence['claim']> = {}): Evidence {
  const channel = {
    contract: immediate,
    channelId,
    nodeIds: {
      consumer: secp.publicKey(nodeSecret('consumer')),
      producer: secp.publicKey(nodeSecret('producer')),
      utility: secp.publicKey(nodeSecret('utility')),
    },
    meters: METERS,
    capacityWhPerHour: { consumer: CAPACITY, producer: CAPACITY },
    payout: PAYOUT,
    ...more.channel,
  };
  return {
    proofs: [],
    readings: [],
    statements: [],
    deadlineTimes: [],
    height: OPENED + 10,
    ...more,
    channel,
    claim: {
      claimant: 'consumer',
      proof: proofOf(channel.contract, 'consumer', inFlight),
      feeSat: sat(600),
      openedAt: OPENED,
      maxFeeSat: sat(5_000),
      ...claim,
    },
  };
}
