import { msat, type Sat, sat } from '../src/base/amount.ts';
import { toHex } from '../src/base/bytes.ts';
import { invariant } from '../src/base/invariant.ts';
import type { Result } from '../src/base/result.ts';
import { counterpartyOf, type Role, type Trader } from '../src/base/role.ts';
import { deliveryLock } from '../src/crypto/deliveryLock.ts';
import { hash160 } from '../src/crypto/hash.ts';
import { revocationPublicKey, revocationSecret } from '../src/crypto/revocation.ts';
import type { Secp256k1 } from '../src/crypto/secp256k1.ts';
import { buildAnchorChild } from '../src/tx/anchor.ts';
import { buildClaim, claimVbytes } from '../src/tx/claim.ts';
import { buildCommitment, type Commitment, fundingSpec } from '../src/tx/commitment.ts';
import { type Balances, type Contract, type Delivery, fundingValueSat } from '../src/tx/contract.ts';
import { buildFunding, type FundingPart, type ProvenInput } from '../src/tx/funding.ts';
import { type OutputSpec, witnessScript } from '../src/tx/outputs.ts';
import { script } from '../src/tx/script.ts';
import { buildClose, buildPenalty, settlementVbytes } from '../src/tx/settlement.ts';
import { scriptSignature } from '../src/tx/signature.ts';
import { type Spend, signingKeys, witnessOf, witnessWeight } from '../src/tx/spending.ts';
import { encodeTx, sighashV0, type Tx, unsignedInput, vsize, withWitness } from '../src/tx/transaction.ts';
import {
  ANCHOR_INPUT_WEIGHT,
  INPUT_BASE_WEIGHT,
  outputWeight,
  P2WPKH_INPUT_WEIGHT,
  TX_OVERHEAD_WEIGHT,
  vbytes,
} from '../src/tx/weights.ts';
import { contractOf, HEIGHT, payoutScript, secretOf, traderSecrets, UTILITY_SECRETS } from './scenario.ts';

/** The size of one transaction of the protocol, signed. */
export interface SizeFigures {
  readonly transaction: string;
  /** Virtual bytes by the declared weights, which fees are computed from: an upper bound. */
  readonly declaredVbytes: number;
  /** Virtual bytes of the signed transaction. */
  readonly vbytes: number;
  /** Fee at 1 satoshi per virtual byte. */
  readonly feeSat: number;
  /** The fee that the transaction has whatever the mempool asks: only a commitment's. */
  readonly fixedFeeSat: number | null;
}

const IN_FLIGHT = 20;
const SELLER = 'producer';
const PAYOUT = {
  consumer: payoutScript('consumer'),
  producer: payoutScript('producer'),
  utility: payoutScript('utility'),
};
const NO_FEE = sat(2_000);

/** Every transaction of the protocol, built and signed. */
export function transactionSizes(secp: Secp256k1): readonly SizeFigures[] {
  const contract = contractOf(secp, {
    maxInFlight: IN_FLIGHT,
    bondPolicy: { type: 'proportional', bondPpm: 500_000 },
  });
  return [
    fundingSize(secp, contract),
    ...[0, 1, IN_FLIGHT].map((count) => commitmentSize(secp, contract, count)),
    settlementSize(secp, contract, 'close'),
    settlementSize(secp, contract, 'penalty'),
    ...claimSizes(secp, contract),
    anchorChildSize(secp, contract),
  ];
}

function figures(
  transaction: string,
  declared: number,
  tx: Tx,
  fixedFeeSat: number | null = null,
): SizeFigures {
  return { transaction, declaredVbytes: declared, vbytes: vsize(tx), feeSat: vsize(tx), fixedFeeSat };
}

function stateWith(contract: Contract, count: number): Balances {
  const { consumer, producer, utility } = contract.contributions;
  const deliveries = Array.from({ length: count }, (_, i): Delivery => {
    const deadline = HEIGHT + contract.params.deliveryWindow;
    return {
      id: BigInt(i),
      seller: SELLER,
      unit: BigInt(i),
      energyWh: 1000n,
      paymentMsat: msat(400_000),
      bondMsat: msat(200_000),
      lock: deliveryLock(preimageOf(i)),
      deadline,
      expiry: deadline + contract.params.toSelfDelay[SELLER] + contract.params.resolutionMargin,
    };
  });
  return {
    n: BigInt(1000 + count),
    consumerMsat: msat(consumer - 400_000n * BigInt(count)),
    producerMsat: msat(producer - 200_000n * BigInt(count)),
    utilityMsat: utility,
    deliveries,
  };
}

function preimageOf(unit: number): Uint8Array {
  return secretOf(`unit ${unit}`);
}

/** A coin of each party, paid to its key, and change for each. */
function fundingSize(secp: Secp256k1, contract: Contract): SizeFigures {
  const coin = (role: Role) => secretOf(`${role} coin`);
  const ownScript = (role: Role) => keyScript(secp, coin(role));
  const part = (role: Role): FundingPart => {
    const value = (contract.contributions[role] / 1000n + 100_000n) as Sat;
    const previous: Tx = {
      version: 2,
      inputs: [unsignedInput({ txid: toHex(secretOf(`${role} origin`)), vout: 0 })],
      outputs: [{ value, script: ownScript(role) }],
      locktime: 0,
    };
    const change = { value: sat(50_000), script: ownScript(role) };
    return { inputs: [{ previousTx: encodeTx(previous), vout: 0 }], change };
  };
  const parts = { consumer: part('consumer'), producer: part('producer'), utility: part('utility') };
  const { params, keys, contributions } = contract;
  const terms = { params, keys, contributions, opener: 'consumer', feeRateSatPerKvB: 1000n, parts } as const;
  const { tx, inputs } = must(buildFunding(terms));
  const signed = inputs.reduce((sum, input, i) => signKeyInput(secp, sum, i, input, coin(input.owner)), tx);
  const weight = TX_OVERHEAD_WEIGHT + 3 * P2WPKH_INPUT_WEIGHT + outputsWeight(tx);
  return figures('funding, 3 inputs and 3 changes (P2WPKH)', vbytes(weight), signed);
}

function commitmentSize(secp: Secp256k1, contract: Contract, count: number): SizeFigures {
  const { tx } = commitmentOf(secp, contract, count, SELLER);
  const signed = signFunding(secp, contract, tx, ['consumer', 'producer']);
  const spend: Spend = { path: 'twoOfThree', spec: fundingSpec(contract), signers: ['consumer', 'producer'] };
  const weight = TX_OVERHEAD_WEIGHT + INPUT_BASE_WEIGHT + witnessWeight(spend) + outputsWeight(tx);
  const fee = fundingValueSat(contract) - tx.outputs.reduce((sum, { value }) => sum + value, 0n);
  return figures(`commitment, ${count} in flight`, vbytes(weight), signed, Number(fee));
}

function settlementSize(secp: Secp256k1, contract: Contract, kind: 'close' | 'penalty'): SizeFigures {
  const state = stateWith(contract, kind === 'close' ? 0 : IN_FLIGHT);
  const built =
    kind === 'close'
      ? buildClose(contract, state, 'consumer', NO_FEE, PAYOUT)
      : buildPenalty(contract, state, NO_FEE, PAYOUT);
  const signers = kind === 'close' ? (['consumer', 'producer'] as const) : (['consumer', 'utility'] as const);
  const signed = signFunding(secp, contract, must(built).tx, signers);
  return figures(`${kind}, 3 outputs`, settlementVbytes(contract, PAYOUT), signed);
}

/** Each way to take an output of a commitment, alone in its transaction. */
function claimSizes(secp: Secp256k1, contract: Contract): readonly SizeFigures[] {
  const sellers = commitmentOf(secp, contract, 1, 'producer');
  const buyers = commitmentOf(secp, contract, 1, 'consumer');
  const own = specIn(sellers, 'toBroadcaster');
  const other = specIn(sellers, 'toCounterparty');
  const utility = specIn(sellers, 'toUtility');
  const sold = specIn(sellers, 'sellerDelivery');
  const bought = specIn(buyers, 'buyerDelivery');
  const preimage = preimageOf(0);
  const ways: readonly (readonly [string, Spend])[] = [
    ['to_broadcaster, after the delay', { path: 'delayed', spec: own }],
    ['to_broadcaster, revoked', { path: 'revocation', spec: own }],
    ['to_counterparty', { path: 'payment', spec: other }],
    ['to_utility', { path: 'payment', spec: utility }],
    ["delivery, seller's commitment, delivered", { path: 'preimage', spec: sold, preimage }],
    ["delivery, seller's commitment, expired", { path: 'expiry', spec: sold }],
    ["delivery, seller's commitment, revoked", { path: 'revocation', spec: sold }],
    ["delivery, buyer's commitment, delivered", { path: 'preimage', spec: bought, preimage }],
    ["delivery, buyer's commitment, expired", { path: 'expiry', spec: bought }],
  ];
  return ways.map(([name, spend]) => {
    const input = { outpoint: contract.funding, value: sat(100_000), spend };
    const claim = must(buildClaim([input], PAYOUT.producer, 1000n, contract.params.dustLimitSat));
    const hash = sighashV0(claim.tx, 0, witnessScript(spend.spec), input.value);
    const signatures = signingKeys(spend).map((key) => secp.sign(hash, secretFor(secp, key)));
    const signed = withWitness(claim.tx, 0, witnessOf(spend, signatures));
    return figures(`claim: ${name}`, claimVbytes([input], PAYOUT.producer), signed);
  });
}

function anchorChildSize(secp: Secp256k1, contract: Contract): SizeFigures {
  const coin = secretOf('fee coin');
  const value = sat(50_000);
  const fees = { outpoint: { txid: 'cd'.repeat(32), vout: 1 }, value, script: keyScript(secp, coin) };
  const parent = { vbytes: 300, feeSat: sat(300) };
  const change = keyScript(secp, coin);
  const child = buildAnchorChild(
    contract.funding,
    parent,
    [fees],
    change,
    5000n,
    contract.params.dustLimitSat,
  );
  const { tx } = must(child);
  const signed = signKeyInput(secp, tx, 1, { value, script: fees.script }, coin);
  const weight = TX_OVERHEAD_WEIGHT + ANCHOR_INPUT_WEIGHT + P2WPKH_INPUT_WEIGHT + outputsWeight(tx);
  return figures('anchor child, 1 coin (P2WPKH)', vbytes(weight), signed);
}

const SECRETS = [
  ...(['consumer', 'producer'] as const).flatMap((role) => {
    const { payment, delayed, funding } = traderSecrets(role);
    return [payment, delayed, funding];
  }),
  UTILITY_SECRETS.payment,
  UTILITY_SECRETS.funding,
];

function secretFor(secp: Secp256k1, key: Uint8Array): Uint8Array {
  const secrets = [...SECRETS, revocation(secp, 'producer').secret];
  const found = secrets.find((secret) => toHex(secp.publicKey(secret)) === toHex(key));
  invariant(found !== undefined, 'a key of the bench');
  return found;
}

/** The revocation key of a commitment of `broadcaster`, with its secret. */
function revocation(secp: Secp256k1, broadcaster: Trader) {
  const basepoint = traderSecrets(counterpartyOf(broadcaster)).revocation;
  const secret = secretOf(`${broadcaster} commitment`);
  return {
    key: revocationPublicKey(secp, secp.publicKey(basepoint), secp.publicKey(secret)),
    secret: revocationSecret(secp, basepoint, secret),
  };
}

function commitmentOf(secp: Secp256k1, contract: Contract, count: number, broadcaster: Trader): Commitment {
  return buildCommitment(
    contract,
    stateWith(contract, count),
    broadcaster,
    revocation(secp, broadcaster).key,
  );
}

function specIn<K extends OutputSpec['type']>(
  { outputs }: Commitment,
  type: K,
): Extract<OutputSpec, { type: K }> {
  const specs = outputs.flatMap((output) => (output.kind === 'anchor' ? [] : [output.spec]));
  const found = specs.find((spec): spec is Extract<OutputSpec, { type: K }> => spec.type === type);
  invariant(found !== undefined, `no ${type}`);
  return found;
}

function signFunding(secp: Secp256k1, contract: Contract, tx: Tx, signers: readonly [Role, Role]): Tx {
  const spec = fundingSpec(contract);
  const hash = sighashV0(tx, 0, witnessScript(spec), fundingValueSat(contract));
  const signatures = signers.map((role) => secp.sign(hash, secretFor(secp, spec.keys[role])));
  return withWitness(tx, 0, witnessOf({ path: 'twoOfThree', spec, signers }, signatures));
}

function keyScript(secp: Secp256k1, secret: Uint8Array): Uint8Array {
  return script(0x00, hash160(secp.publicKey(secret)));
}

/** Signs an input that spends P2WPKH (BIP143: the script code is the one of P2PKH). */
function signKeyInput(
  secp: Secp256k1,
  tx: Tx,
  index: number,
  coin: Pick<ProvenInput, 'value' | 'script'>,
  secret: Uint8Array,
): Tx {
  const code = script(0x76, 0xa9, coin.script.subarray(2), 0x88, 0xac);
  const signature = secp.sign(sighashV0(tx, index, code, coin.value), secret);
  return withWitness(tx, index, [scriptSignature(signature), secp.publicKey(secret)]);
}

function outputsWeight(tx: Tx): number {
  return tx.outputs.reduce((sum, output) => sum + outputWeight(output.script), 0);
}

function must<T, E>(result: Result<T, E>): T {
  invariant(result.ok, 'the bench builds what is right');
  return result.value;
}
