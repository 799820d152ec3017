import fc from 'fast-check';
import { type Msat, msat, type Sat, sat } from '../../src/base/amount.ts';
import { toHex } from '../../src/base/bytes.ts';
import type { PerRole, Trader } from '../../src/base/role.ts';
import { sha256 } from '../../src/crypto/hash.ts';
import {
  type Arbitration,
  type Balances,
  type BondPolicy,
  type ChannelParams,
  type Contract,
  capacityMsat,
  type Delivery,
} from '../../src/tx/contract.ts';
import type { OutPoint } from '../../src/tx/transaction.ts';
import { type Keyring, keyring } from './keyring.ts';

export const bytes32 = fc.uint8Array({ minLength: 32, maxLength: 32 });
export const traders: fc.Arbitrary<Trader> = fc.constantFrom('consumer', 'producer');
/** Lock times under 500,000,000 are heights. */
export const heights = fc.oneof(
  fc.integer({ min: 1, max: 499_999_999 }),
  fc.constantFrom(1, 16, 17, 127, 128, 255, 256, 32_767, 32_768, 65_535, 8_388_607, 8_388_608, 499_999_999),
);
/** Relative locks of BIP68, in blocks. */
export const delays = fc.oneof(
  fc.integer({ min: 1, max: 65_535 }),
  fc.constantFrom(1, 16, 17, 127, 128, 255, 256, 32_767, 32_768, 65_535),
);

export const outpoints: fc.Arbitrary<OutPoint> = fc.record({
  txid: bytes32.map(toHex),
  vout: fc.integer({ min: 0, max: 0xffffffff }),
});

/** Scripts that the wallets here pay to: P2WPKH, P2TR, P2WSH. */
export const payoutScripts: fc.Arbitrary<Uint8Array> = fc.oneof(
  program(0x00, 20),
  program(0x51, 32),
  program(0x00, 32),
);

function program(version: number, length: number): fc.Arbitrary<Uint8Array> {
  return fc
    .uint8Array({ minLength: length, maxLength: length })
    .map((hash) => Uint8Array.of(version, length, ...hash));
}

/** Keys cost curve operations: a hundred sets are enough. */
export const keyrings: fc.Arbitrary<Keyring> = fc.nat(99).map((seed) => ringOf(seed));
const rings = new Map<number, Keyring>();

function ringOf(seed: number): Keyring {
  const known = rings.get(seed) ?? keyring(`ring ${seed}`);
  rings.set(seed, known);
  return known;
}

/** A little, a lot, and around the dust limit: satoshi. */
export const satoshi: fc.Arbitrary<Sat> = fc
  .oneof(fc.bigInt(0n, 2_000n), fc.bigInt(0n, 100_000_000n), fc.bigInt(0n, 1_000_000_000_000n))
  .map(sat);

const wholeMsat: fc.Arbitrary<Msat> = satoshi.map((value) => msat(value * 1000n));

const arbitrations = (settlementHeight: number): fc.Arbitrary<Arbitration> =>
  fc.constantFrom<Arbitration>({ type: 'immediate' }, { type: 'afterHeight', height: settlementHeight });

const bondPolicies = (maxInFlight: number): fc.Arbitrary<BondPolicy> => {
  const proportional = fc
    .nat(1_000_000_000)
    .map((bondPpm): BondPolicy => ({ type: 'proportional', bondPpm }));
  return maxInFlight === 1
    ? fc.oneof(fc.constant<BondPolicy>({ type: 'stake' }), proportional)
    : proportional;
};

/** Parameters that two careful sides would agree to. */
export const channelParams: fc.Arbitrary<ChannelParams> = fc
  .record({ settlementHeight: heights, maxInFlight: fc.integer({ min: 1, max: 100 }) })
  .chain(({ settlementHeight, maxInFlight }) =>
    fc.record({
      chainHash: bytes32.map(toHex),
      arbitration: arbitrations(settlementHeight),
      settlementHeight: fc.constant(settlementHeight),
      toSelfDelay: fc.record({ consumer: delays, producer: delays }),
      dustLimitSat: fc.oneof(fc.constant(330n), fc.bigInt(330n, 10_000n)).map(sat),
      reserveMsat: fc.record({ consumer: wholeMsat, producer: wholeMsat }),
      maxInFlight: fc.constant(maxInFlight),
      bondPolicy: bondPolicies(maxInFlight),
      gridFeePpm: fc.nat(1_000_000),
      deliveryWindow: fc.integer({ min: 10, max: 65_535 }),
      resolutionMargin: fc.integer({ min: 2, max: 65_535 }),
      utilityMaxExposureMsat: wholeMsat,
      minimumDepth: fc.integer({ min: 1, max: 144 }),
      contestWindow: fc.integer({ min: 1, max: 65_535 }),
    }),
  );

export const contributions: fc.Arbitrary<PerRole<Msat>> = fc
  .record({ consumer: wholeMsat, producer: wholeMsat, utility: wholeMsat })
  .filter((each) => capacityMsat(each) > 0n);

/** A contract and everybody's secrets. */
export interface TestChannel {
  readonly contract: Contract;
  readonly ring: Keyring;
}

export const channels: fc.Arbitrary<TestChannel> = fc
  .record({ params: channelParams, contributions, funding: outpoints, ring: keyrings })
  .map(({ ring, ...rest }) => ({ ring, contract: { ...rest, keys: ring.keys } }));

/** A delivery worth `valueMsat` together, some of it payment, the rest bond. */
function delivery(id: number, valueMsat: bigint, params: ChannelParams): fc.Arbitrary<Delivery> {
  return fc
    .record({ seller: traders, bondMsat: fc.bigInt(0n, valueMsat), energyWh: fc.bigInt(1n, 1n << 32n) })
    .chain(({ seller, bondMsat, energyWh }) =>
      fc.integer({ min: 1, max: 400_000_000 }).map((deadline) => ({
        id: BigInt(id),
        seller,
        unit: BigInt(id) + 1n,
        energyWh,
        paymentMsat: msat(valueMsat - bondMsat),
        bondMsat: msat(bondMsat),
        lock: sha256(Uint8Array.of(id)),
        deadline,
        expiry: deadline + params.toSelfDelay[seller] + params.resolutionMargin,
      })),
    );
}

/** States of a channel: balances and deliveries sum to its capacity, no delivery is under the dust limit. */
export function balancesOf({ params, contributions: brought }: Contract): fc.Arbitrary<Balances> {
  const capacity = capacityMsat(brought);
  const least = params.dustLimitSat * 1000n;
  const room = Number(capacity / least < 100n ? capacity / least : 100n);
  return fc
    .record({
      n: fc.oneof(fc.bigInt(0n, 1_000n), fc.bigInt(0n, 2n ** 48n - 1n)),
      values: fc.array(fc.bigInt(least, (least + capacity) / BigInt(1 + Math.min(room, 8))), {
        maxLength: Math.min(params.maxInFlight, room),
      }),
      cuts: fc.tuple(fc.bigInt(0n, 1_000_000n), fc.bigInt(0n, 1_000_000n)),
    })
    .chain(({ n, values, cuts }) => {
      const fitting: bigint[] = [];
      let left: bigint = capacity;
      for (const wanted of values) {
        const value = wanted < least ? least : wanted;
        if (value > left) break;
        fitting.push(value);
        left -= value;
      }
      const [first, second] = cuts[0] < cuts[1] ? cuts : [cuts[1], cuts[0]];
      const [a, b] = [(left * first) / 1_000_000n, (left * second) / 1_000_000n];
      return fc.tuple(...fitting.map((value, id) => delivery(id, value, params))).map((deliveries) => ({
        n,
        consumerMsat: msat(a),
        producerMsat: msat(b - a),
        utilityMsat: msat(left - b),
        deliveries,
      }));
    });
}

export interface TestState extends TestChannel {
  readonly state: Balances;
}

export const states: fc.Arbitrary<TestState> = channels.chain((channel) =>
  balancesOf(channel.contract).map((state) => ({ ...channel, state })),
);

/** The same with no delivery in flight, as at a cooperative close. */
export const settledStates: fc.Arbitrary<TestState> = states.map((each) => ({
  ...each,
  state: {
    ...each.state,
    deliveries: [],
    consumerMsat: msat(
      each.state.deliveries.reduce((sum, d) => sum + d.paymentMsat + d.bondMsat, 0n) +
        each.state.consumerMsat,
    ),
  },
}));
