import { msat, type Sat, sat } from '../../src/base/amount.ts';
import { utf8 } from '../../src/base/bytes.ts';
import { counterpartyOf, type Role, type Trader } from '../../src/base/role.ts';
import type { Block, BlockRef } from '../../src/chain/port.ts';
import { sha256 } from '../../src/crypto/hash.ts';
import { revocationPublicKey } from '../../src/crypto/revocation.ts';
import { generateFromSeed, shachainIndex } from '../../src/crypto/shachain.ts';
import type { PlannedClaim } from '../../src/penalty/claims.ts';
import type { Knowledge, KnownCommitment } from '../../src/penalty/knowledge.ts';
import { buildCommitment, type Commitment, fundingSpec } from '../../src/tx/commitment.ts';
import {
  type Arbitration,
  type Balances,
  type Contract,
  type Delivery,
  fundingValueSat,
} from '../../src/tx/contract.ts';
import { outputScript, witnessScript } from '../../src/tx/outputs.ts';
import { p2wsh } from '../../src/tx/script.ts';
import { type Spend, witnessOf } from '../../src/tx/spending.ts';
import { type StateProof, stateHash } from '../../src/tx/stateProof.ts';
import { sighashV0, type Tx, txid, unsignedInput, withWitness } from '../../src/tx/transaction.ts';
import { secp } from '../support/curve.ts';

export const secretOf = (name: string): Uint8Array => sha256(utf8(name));
const publicKey = (name: string) => secp.publicKey(secretOf(name));

const traderKeys = (trader: Trader) => ({
  funding: publicKey(`${trader} funding`),
  revocation: publicKey(`${trader} revocation`),
  payment: publicKey(`${trader} payment`),
  delayed: publicKey(`${trader} delayed`),
});

export const KEYS = {
  consumer: traderKeys('consumer'),
  producer: traderKeys('producer'),
  utility: { funding: publicKey('utility funding'), payment: publicKey('utility payment') },
};

/** Distinct payout scripts, as three wallets would name them. */
export const PAYOUT = {
  consumer: p2wsh(utf8('consumer wallet')),
  producer: p2wsh(utf8('producer wallet')),
  utility: p2wsh(utf8('utility wallet')),
};

export const DELAY = { consumer: 5, producer: 8 };
export const MARGIN = 3;

/** The height T of `afterHeight`. */
export const SETTLEMENT = 300;

export function contractOf(funding: Contract['funding'], arbitration?: Arbitration): Contract {
  return {
    contributions: { consumer: msat(600_000_000), producer: msat(390_000_000), utility: msat(10_000_000) },
    funding,
    keys: KEYS,
    params: {
      chainHash: '00'.repeat(32),
      arbitration: arbitration ?? { type: 'afterHeight', height: SETTLEMENT },
      settlementHeight: SETTLEMENT,
      toSelfDelay: DELAY,
      dustLimitSat: sat(330),
      reserveMsat: { consumer: msat(1_000_000), producer: msat(1_000_000) },
      maxInFlight: 10,
      bondPolicy: { type: 'proportional', bondPpm: 500_000 },
      gridFeePpm: 0,
      deliveryWindow: 20,
      resolutionMargin: MARGIN,
      utilityMaxExposureMsat: msat(100_000_000),
      minimumDepth: 3,
      contestWindow: 10,
    },
  };
}

export const preimageOf = (unit: number): Uint8Array => secretOf(`unit ${unit}`);
export const lockOf = (unit: number): Uint8Array => sha256(preimageOf(unit));

export function delivery(
  unit: number,
  deadline: number,
  seller: Trader = 'producer',
  sats = 30_000,
): Delivery {
  return {
    id: BigInt(unit),
    seller,
    unit: BigInt(unit),
    energyWh: 1000n,
    paymentMsat: msat((sats * 1000 * 2) / 3),
    bondMsat: msat((sats * 1000) / 3),
    lock: lockOf(unit),
    deadline,
    expiry: deadline + DELAY[seller] + MARGIN,
  };
}

/** State n with these deliveries in flight; the consumer has paid the payments, the producer the bonds. */
export function stateOf(
  n: bigint,
  deliveries: readonly Delivery[] = [],
  utilityMsat = 10_000_000n,
): Balances {
  const locked = deliveries.reduce((sum, each) => sum + each.paymentMsat + each.bondMsat, 0n);
  const producerMsat = msat(390_000_000n + n * 1000n);
  return {
    n,
    consumerMsat: msat(1_000_000_000n - producerMsat - utilityMsat - locked),
    producerMsat,
    utilityMsat: msat(utilityMsat),
    deliveries,
  };
}

export const pointOf = (broadcaster: Trader, n: bigint): Uint8Array =>
  secp.publicKey(generateFromSeed(secretOf(`${broadcaster} seed`), shachainIndex(n)));

export const revocationKeyOf = (broadcaster: Trader, n: bigint): Uint8Array =>
  revocationPublicKey(secp, KEYS[counterpartyOf(broadcaster)].revocation, pointOf(broadcaster, n));

export function commitmentOf(contract: Contract, broadcaster: Trader, state: Balances): Commitment {
  return buildCommitment(contract, state, broadcaster, revocationKeyOf(broadcaster, state.n));
}

export function known(
  broadcaster: Trader,
  standing: KnownCommitment['standing'],
  balances: Balances,
): KnownCommitment {
  return { broadcaster, standing, balances, revocationKey: revocationKeyOf(broadcaster, balances.n) };
}

/** What a party knows when `latest` is the newest state of both traders. */
export function knowledgeOf(
  role: Role,
  contract: Contract,
  latest: Balances,
  more: Partial<Knowledge> = {},
): Knowledge {
  const commitments =
    role === 'utility'
      ? [known('consumer', 'proved', latest), known('producer', 'proved', latest)]
      : [known(role, 'own', latest), known(counterpartyOf(role), 'peerLatest', latest)];
  return {
    role,
    contract,
    payoutScript: PAYOUT[role],
    utilityPayout: PAYOUT.utility,
    commitments,
    preimages: [],
    attestedLocks: [],
    forfeitedLocks: [],
    settlements: [],
    minimumRevokedBelow: { consumer: latest.n, producer: latest.n },
    ...more,
  };
}

/** A transaction on the funding output with two signatures. */
export function signFunding(contract: Contract, tx: Tx, signers: readonly [Role, Role]): Tx {
  const spec = fundingSpec(contract);
  const hash = sighashV0(tx, 0, witnessScript(spec), fundingValueSat(contract));
  const signatures = signers.map((role) => secp.sign(hash, secretOf(`${role} funding`)));
  return withWitness(tx, 0, witnessOf({ path: 'twoOfThree', spec, signers }, signatures));
}

export const signCommitment = (contract: Contract, { tx }: Commitment): Tx =>
  signFunding(contract, tx, ['consumer', 'producer']);

/** The claim with the signatures that it names. */
export function signClaim(role: Role, { claim, signWith }: PlannedClaim): Tx {
  return claim.inputs.reduce((tx, { spend, value }, index) => {
    const hash = sighashV0(claim.tx, index, witnessScript(spend.spec), value);
    const signature = secp.sign(hash, secretOf(`${role} ${signWith[index]?.key}`));
    return withWitness(tx, index, witnessOf(spend, [signature]));
  }, claim.tx);
}

/** The proof that the broadcaster can show of `state`: the other side's signature on its commitment. */
export function proofOf(contract: Contract, broadcaster: Trader, state: Balances): StateProof {
  const { tx } = commitmentOf(contract, broadcaster, state);
  const signature = secp.sign(stateHash(contract, tx), secretOf(`${counterpartyOf(broadcaster)} funding`));
  return { broadcaster, ledger: state, point: pointOf(broadcaster, state.n), signature };
}

const SOME_SIGNATURE = new Uint8Array(64).fill(1);

/** A transaction that takes output `vout` of `parent` this way, with a witness of the right shape and no real signature. */
export function taking(parent: Tx, vout: number, spend: Spend): Tx {
  const value = parent.outputs[vout]?.value ?? (0n as Sat);
  const tx: Tx = {
    version: 2,
    inputs: [unsignedInput({ txid: txid(parent), vout })],
    outputs: [{ value, script: PAYOUT.consumer }],
    locktime: 0,
  };
  return withWitness(tx, 0, witnessOf(spend, [SOME_SIGNATURE]));
}

/** Takes an anchor: no witness. */
export function takingAnchor(parent: Tx, vout: number): Tx {
  return {
    version: 3,
    inputs: [unsignedInput({ txid: txid(parent), vout })],
    outputs: [],
    locktime: 0,
  };
}

/** A funding transaction out of nowhere, and the contract on it. */
export function funded(arbitration?: Arbitration): { readonly funding: Tx; readonly contract: Contract } {
  const draft = contractOf({ txid: '00'.repeat(32), vout: 0 }, arbitration);
  const funding: Tx = {
    version: 2,
    inputs: [unsignedInput({ txid: 'aa'.repeat(32), vout: 0 })],
    outputs: [{ value: fundingValueSat(draft), script: outputScript(fundingSpec(draft)) }],
    locktime: 0,
  };
  return { funding, contract: { ...draft, funding: { txid: txid(funding), vout: 0 } } };
}

/** The block after `previous`; `branch` tells equal blocks of two branches apart. */
export function blockAfter(previous: BlockRef, transactions: readonly Tx[] = [], branch = 'main'): Block {
  const height = previous.height + 1;
  const ids = transactions.map(txid);
  const name = `${previous.hash} ${height} ${branch} ${ids.join()}`;
  return {
    height,
    hash: Array.from(sha256(utf8(name)), (byte) => byte.toString(16).padStart(2, '0')).join(''),
    previousHash: previous.hash,
    time: 600 * height,
    transactions: transactions.map((tx, i) => ({ txid: ids[i] as string, tx })),
  };
}

export const START: BlockRef = { height: 100, hash: '11'.repeat(32) };
