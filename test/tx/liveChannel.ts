import type { Regtest } from '../../regtest/index.ts';
import { msat, sat } from '../../src/base/amount.ts';
import { utf8 } from '../../src/base/bytes.ts';
import type { Role, Trader } from '../../src/base/role.ts';
import { sha256 } from '../../src/crypto/hash.ts';
import { buildCommitment, type Commitment, fundingSpec } from '../../src/tx/commitment.ts';
import {
  type Arbitration,
  type Balances,
  type Contract,
  type Delivery,
  fundingValueSat,
} from '../../src/tx/contract.ts';
import { outputScript } from '../../src/tx/outputs.ts';
import { p2wsh } from '../../src/tx/script.ts';
import type { Tx } from '../../src/tx/transaction.ts';
import { type Keyring, keyring, signSpends } from '../support/keyring.ts';

/** A channel whose funding output is confirmed on a real node, and a state of it in which every kind of output occurs. */
export interface LiveChannel {
  readonly contract: Contract;
  readonly ring: Keyring;
  readonly state: Balances;
}

export const DELAY = { consumer: 4, producer: 6 };

/** Distinct payout scripts, as three wallets would name them. */
export const PAYOUT = {
  consumer: p2wsh(utf8('consumer wallet')),
  producer: p2wsh(utf8('producer wallet')),
  utility: p2wsh(utf8('utility wallet')),
};

export const preimageOf = ({ id }: Pick<Delivery, 'id'>): Uint8Array => sha256(utf8(`delivery ${id}`));

/**
 * @param expiry of the deliveries that the producer sells; the consumer's end three blocks earlier
 * @param inFlight deliveries, sold in turn by the producer and the consumer; the reserve is for no more than these
 */
export async function liveChannel(
  node: Regtest,
  seed: string,
  arbitration: Arbitration,
  expiry: number,
  inFlight = 2,
): Promise<LiveChannel> {
  const ring = keyring(seed);
  const draft: Contract = {
    keys: ring.keys,
    contributions: { consumer: msat(600_000_000), producer: msat(390_000_000), utility: msat(10_000_000) },
    funding: { txid: '00'.repeat(32), vout: 0 },
    params: {
      chainHash: '00'.repeat(32),
      arbitration,
      settlementHeight: expiry + 10,
      toSelfDelay: DELAY,
      dustLimitSat: sat(330),
      reserveMsat: { consumer: msat(1_000_000), producer: msat(1_000_000) },
      maxInFlight: Math.max(1, inFlight),
      bondPolicy: { type: 'proportional', bondPpm: 500_000 },
      gridFeePpm: 0,
      deliveryWindow: 20,
      resolutionMargin: 3,
      utilityMaxExposureMsat: msat(100_000_000),
      minimumDepth: 1,
      contestWindow: 10,
    },
  };
  const funding = await node.fund(outputScript(fundingSpec(draft)), fundingValueSat(draft));
  return { ring, contract: { ...draft, funding }, state: stateWith(expiry, inFlight) };
}

function stateWith(expiry: number, inFlight: number): Balances {
  const worth = 60_000_000n / BigInt(Math.max(1, inFlight));
  const deliveries = Array.from({ length: inFlight }, (_, i): Delivery => {
    const id = BigInt(i);
    const [seller, until]: [Trader, number] = i % 2 === 0 ? ['producer', expiry] : ['consumer', expiry - 3];
    return {
      id,
      seller,
      unit: id + 1n,
      energyWh: 1_000n,
      paymentMsat: msat((worth / 3n) * 2n),
      bondMsat: msat(worth / 3n),
      lock: sha256(preimageOf({ id })),
      deadline: until - DELAY[seller] - 3,
      expiry: until,
    };
  });
  const locked = deliveries.reduce((sum, each) => sum + each.paymentMsat + each.bondMsat, 0n);
  return {
    n: 7n,
    consumerMsat: msat(600_000_000n - locked),
    producerMsat: msat(385_000_000),
    utilityMsat: msat(15_000_000),
    deliveries,
  };
}

/** The same channel later, when nothing is in flight: the deliveries were settled. */
export function settled({ deliveries, ...state }: Balances): Balances {
  const worth = deliveries.reduce((sum, each) => sum + each.paymentMsat + each.bondMsat, 0n);
  return { ...state, producerMsat: msat(state.producerMsat + worth), deliveries: [] };
}

export function commitmentOf({ contract, ring, state }: LiveChannel, broadcaster: Trader): Commitment {
  return buildCommitment(contract, state, broadcaster, ring.revocationKey(broadcaster, state.n));
}

/** A transaction on the funding output, signed by these two. */
export function signFunding({ contract, ring }: LiveChannel, tx: Tx, signers: readonly [Role, Role]): Tx {
  const spend = { path: 'twoOfThree', spec: fundingSpec(contract), signers } as const;
  return signSpends(ring, tx, [{ spend, value: fundingValueSat(contract) }]);
}
