import { msat, sat } from '../src/base/amount.ts';
import { utf8 } from '../src/base/bytes.ts';
import type { Trader } from '../src/base/role.ts';
import type { TraderSecrets, UtilitySecrets } from '../src/channel/localSigner.ts';
import { sha256 } from '../src/crypto/hash.ts';
import type { Secp256k1 } from '../src/crypto/secp256k1.ts';
import type { BondPolicy, ChannelKeys, ChannelParams, Contract } from '../src/tx/contract.ts';
import { p2wsh } from '../src/tx/script.ts';

/** How a stream is measured. */
export interface Scenario {
  readonly name: string;
  /** What happens in one round, for the reader of the table. */
  readonly round: string;
  readonly maxInFlight: number;
  readonly bondPolicy: BondPolicy;
  /** Units settled and ordered again in one round. */
  readonly unitsPerRound: number;
  /** Whether the traders hear of a delivery by the utility's attestation, which they verify, or already know the preimage. */
  readonly attested: boolean;
}

const STAKE: BondPolicy = { type: 'stake' };
const PROPORTIONAL: BondPolicy = { type: 'proportional', bondPpm: 500_000 };

export const SCENARIOS: readonly Scenario[] = [
  {
    name: 'stake, 1 in flight',
    round: 'settle 1 + add 1',
    maxInFlight: 1,
    bondPolicy: STAKE,
    unitsPerRound: 1,
    attested: false,
  },
  {
    name: 'stake, 1 in flight, attested',
    round: 'attestation verified by both, settle 1 + add 1',
    maxInFlight: 1,
    bondPolicy: STAKE,
    unitsPerRound: 1,
    attested: true,
  },
  {
    name: 'proportional, 20 in flight',
    round: 'settle 1 + add 1',
    maxInFlight: 20,
    bondPolicy: PROPORTIONAL,
    unitsPerRound: 1,
    attested: false,
  },
  {
    name: 'proportional, 20 in flight, batched',
    round: 'settle 20 + add 20',
    maxInFlight: 20,
    bondPolicy: PROPORTIONAL,
    unitsPerRound: 20,
    attested: false,
  },
];

export const HEIGHT = 1_000;
export const NOW = 1_760_000_000;
/** Energy of a unit, Wh. */
export const UNIT_WH = 1_000;
/** Price of a Wh: a unit comes to 400 sat. */
export const MSAT_PER_WH = 400n;

export function params({
  maxInFlight,
  bondPolicy,
}: Pick<Scenario, 'maxInFlight' | 'bondPolicy'>): ChannelParams {
  const settlementHeight = HEIGHT + 10_000;
  return {
    chainHash: '00'.repeat(32),
    arbitration: { type: 'afterHeight', height: settlementHeight },
    settlementHeight,
    toSelfDelay: { consumer: 144, producer: 144 },
    dustLimitSat: sat(330),
    reserveMsat: { consumer: msat(1_000_000), producer: msat(1_000_000) },
    maxInFlight,
    bondPolicy,
    gridFeePpm: 10_000,
    deliveryWindow: 36,
    resolutionMargin: 12,
    utilityMaxExposureMsat: msat(10_000_000_000_000n),
    minimumDepth: 3,
    contestWindow: 12,
  };
}

/** A secret of the bench: the hash of its name. */
export function secretOf(name: string): Uint8Array {
  return sha256(utf8(name));
}

export function payoutScript(role: string): Uint8Array {
  return p2wsh(utf8(`wallet of ${role}`));
}

export function traderSecrets(role: Trader): TraderSecrets {
  return {
    funding: secretOf(`${role} funding`),
    revocation: secretOf(`${role} revocation`),
    payment: secretOf(`${role} payment`),
    delayed: secretOf(`${role} delayed`),
    perCommitmentSeed: secretOf(`${role} per-commitment seed`),
  };
}

export const UTILITY_SECRETS: UtilitySecrets = {
  funding: secretOf('utility funding'),
  payment: secretOf('utility payment'),
  deliverySeed: secretOf('utility deliveries'),
};

/** A contract of its own for each party: nothing that one remembers of it helps the other. */
export function contractOf(
  secp: Secp256k1,
  scenario: Pick<Scenario, 'maxInFlight' | 'bondPolicy'>,
): Contract {
  const traderKeys = (role: Trader) => {
    const secrets = traderSecrets(role);
    return {
      funding: secp.publicKey(secrets.funding),
      revocation: secp.publicKey(secrets.revocation),
      payment: secp.publicKey(secrets.payment),
      delayed: secp.publicKey(secrets.delayed),
    };
  };
  const keys: ChannelKeys = {
    consumer: traderKeys('consumer'),
    producer: traderKeys('producer'),
    utility: {
      funding: secp.publicKey(UTILITY_SECRETS.funding),
      payment: secp.publicKey(UTILITY_SECRETS.payment),
    },
  };
  return {
    params: params(scenario),
    keys,
    contributions: {
      consumer: msat(2_000_000_000_000n),
      producer: msat(1_000_000_000n),
      utility: msat(100_000_000),
    },
    funding: { txid: 'ab'.repeat(32), vout: 0 },
  };
}
