import { readFileSync } from 'node:fs';
import { address, networks } from 'bitcoinjs-lib';
import { describe, expect, it } from 'vitest';
import { msat, type Sat, sat } from '../../src/base/amount.ts';
import { fromHex, toHex } from '../../src/base/bytes.ts';
import { counterpartyOf, type PerRole, type Trader } from '../../src/base/role.ts';
import { deliveryLock, deliveryPreimage } from '../../src/crypto/deliveryLock.ts';
import { revocationPublicKey, revocationSecret } from '../../src/crypto/revocation.ts';
import { generateFromSeed, shachainIndex } from '../../src/crypto/shachain.ts';
import { tinySecp256k1 as secp } from '../../src/crypto/tiny.ts';
import { buildCommitment, commitmentNumberOf, fundingSpec } from '../../src/tx/commitment.ts';
import {
  type Arbitration,
  type Balances,
  type Contract,
  commitmentReserveSat,
} from '../../src/tx/contract.ts';
import { outputScript, witnessScript } from '../../src/tx/outputs.ts';
import { encodeTx, sighashV0, txid } from '../../src/tx/transaction.ts';

const file = process.env.WATTLANE_VECTORS ?? new URL('./wattlane-v1.json', import.meta.url);
const vectors: Vectors = JSON.parse(readFileSync(file, 'utf8'));

interface Vectors {
  deliveries: { delivery_seed: string; channel_id: string; unit: number; preimage: string; lock: string }[];
  channels: ChannelVector[];
}
interface TraderSecrets {
  funding_secret: string;
  revocation_basepoint_secret: string;
  payment_basepoint_secret: string;
  delayed_basepoint_secret: string;
  per_commitment_seed: string;
}
interface ChannelVector {
  arbitration: 'immediate' | { afterHeight: number };
  funding: {
    txid: string;
    vout: number;
    witness_script: string;
    address_regtest: string;
    value_sat: string;
  };
  max_in_flight: number;
  commitment_reserve_sat: number;
  capacity_msat: string;
  dust_limit_sat: string;
  to_self_delay: { consumer: number; producer: number };
  consumer: TraderSecrets;
  producer: TraderSecrets;
  utility: { funding_secret: string; payment_basepoint_secret: string };
  state: {
    n: string;
    consumer_msat: string;
    producer_msat: string;
    utility_msat: string;
    deliveries: {
      id: number;
      seller: Trader;
      payment_msat: string;
      bond_msat: string;
      lock: string;
      expiry: number;
    }[];
  };
  commitments: {
    broadcaster: Trader;
    per_commitment_point: string;
    revocation_pubkey: string;
    unsigned_tx: string;
    txid: string;
    sighash_all: string;
    consumer_signature_compact: string;
    producer_signature_compact: string;
    outputs: { kind: string; value_sat: string; script_pubkey: string; witness_script: string | null }[];
  }[];
}

const pub = (secret: string) => secp.publicKey(fromHex(secret));

function traderKeys(secrets: TraderSecrets) {
  return {
    funding: pub(secrets.funding_secret),
    revocation: pub(secrets.revocation_basepoint_secret),
    payment: pub(secrets.payment_basepoint_secret),
    delayed: pub(secrets.delayed_basepoint_secret),
  };
}

function contractOf(vector: ChannelVector): Contract {
  const arbitration: Arbitration =
    vector.arbitration === 'immediate'
      ? { type: 'immediate' }
      : { type: 'afterHeight', height: vector.arbitration.afterHeight };
  const zero = { consumer: msat(0), producer: msat(0) };
  const contributions: PerRole<ReturnType<typeof msat>> = {
    consumer: msat(BigInt(vector.capacity_msat)),
    producer: msat(0),
    utility: msat(0),
  };
  return {
    contributions,
    funding: { txid: vector.funding.txid, vout: vector.funding.vout },
    keys: {
      consumer: traderKeys(vector.consumer),
      producer: traderKeys(vector.producer),
      utility: {
        funding: pub(vector.utility.funding_secret),
        payment: pub(vector.utility.payment_basepoint_secret),
      },
    },
    params: {
      chainHash: '',
      arbitration,
      settlementHeight: 0,
      toSelfDelay: vector.to_self_delay,
      dustLimitSat: sat(BigInt(vector.dust_limit_sat)),
      reserveMsat: zero,
      maxInFlight: vector.max_in_flight,
      bondPolicy: { type: 'stake' },
      gridFeePpm: 0,
      deliveryWindow: 0,
      resolutionMargin: 0,
      utilityMaxExposureMsat: msat(0),
      minimumDepth: 1,
      contestWindow: 0,
    },
  };
}

function stateOf({ state }: ChannelVector): Balances {
  return {
    n: BigInt(state.n),
    consumerMsat: msat(BigInt(state.consumer_msat)),
    producerMsat: msat(BigInt(state.producer_msat)),
    utilityMsat: msat(BigInt(state.utility_msat)),
    deliveries: state.deliveries.map((each) => ({
      id: BigInt(each.id),
      seller: each.seller,
      unit: BigInt(each.id),
      energyWh: 0n,
      paymentMsat: msat(BigInt(each.payment_msat)),
      bondMsat: msat(BigInt(each.bond_msat)),
      lock: fromHex(each.lock),
      deadline: 0,
      expiry: each.expiry,
    })),
  };
}

const KIND = {
  anchor: 'anchor',
  toBroadcaster: 'to_broadcaster',
  toCounterparty: 'to_counterparty',
} as const;

describe('delivery locks', () => {
  it.each(vectors.deliveries)('unit $unit: preimage and lock', (vector) => {
    const preimage = deliveryPreimage(
      fromHex(vector.delivery_seed),
      fromHex(vector.channel_id),
      BigInt(vector.unit),
    );
    expect(toHex(preimage)).toBe(vector.preimage);
    expect(toHex(deliveryLock(preimage))).toBe(vector.lock);
  });
});

describe.each(vectors.channels.map((vector, i) => [i, vector] as const))('channel %i', (_, vector) => {
  const contract = contractOf(vector);

  it('funding: script, address, reserve and value', () => {
    const spec = fundingSpec(contract);
    const reserve = commitmentReserveSat(vector.max_in_flight);
    expect(toHex(witnessScript(spec))).toBe(vector.funding.witness_script);
    expect(address.fromOutputScript(outputScript(spec), networks.regtest)).toBe(
      vector.funding.address_regtest,
    );
    expect(reserve).toBe(BigInt(vector.commitment_reserve_sat));
    expect((BigInt(vector.capacity_msat) / 1000n + reserve).toString()).toBe(vector.funding.value_sat);
  });

  it.each(vector.commitments)('commitment of $broadcaster: every field', (expected) => {
    const { broadcaster } = expected;
    const counterparty = counterpartyOf(broadcaster);
    const secret = generateFromSeed(
      fromHex(vector[broadcaster].per_commitment_seed),
      shachainIndex(BigInt(vector.state.n)),
    );
    const point = secp.publicKey(secret);
    expect(toHex(point)).toBe(expected.per_commitment_point);
    const revocation = revocationPublicKey(secp, contract.keys[counterparty].revocation, point);
    expect(toHex(revocation)).toBe(expected.revocation_pubkey);
    const basepointSecret = fromHex(vector[counterparty].revocation_basepoint_secret);
    expect(secp.publicKey(revocationSecret(secp, basepointSecret, secret))).toEqual(revocation);

    const { tx, outputs } = buildCommitment(contract, stateOf(vector), broadcaster, revocation);
    expect(toHex(encodeTx(tx))).toBe(expected.unsigned_tx);
    expect(txid(tx)).toBe(expected.txid);
    expect(commitmentNumberOf(contract, tx)).toBe(BigInt(vector.state.n));
    expect(
      outputs.map((output) => ({
        kind:
          output.kind === 'delivery'
            ? `delivery:${output.delivery.id}`
            : output.kind === 'toUtility'
              ? 'to_utility'
              : KIND[output.kind],
        value_sat: output.value.toString(),
        script_pubkey: toHex(output.script),
        witness_script: output.kind === 'anchor' ? null : toHex(witnessScript(output.spec)),
      })),
    ).toEqual(expected.outputs);

    const value: Sat = sat(BigInt(vector.funding.value_sat));
    const sighash = sighashV0(tx, 0, fromHex(vector.funding.witness_script), value);
    expect(toHex(sighash)).toBe(expected.sighash_all);
    for (const signer of ['consumer', 'producer'] as const) {
      const signature = secp.sign(sighash, fromHex(vector[signer].funding_secret));
      expect(toHex(signature)).toBe(expected[`${signer}_signature_compact`]);
      expect(secp.verify(sighash, contract.keys[signer].funding, signature)).toBe(true);
    }
  });
});
