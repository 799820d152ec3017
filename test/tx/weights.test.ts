import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Sat, sat } from '../../src/base/amount.ts';
import { concat, uintBE } from '../../src/base/bytes.ts';
import type { Role } from '../../src/base/role.ts';
import { sha256 } from '../../src/crypto/hash.ts';
import { buildAnchorChild, type FeeCoin, MAX_ANCHOR_CHILD_VBYTES } from '../../src/tx/anchor.ts';
import { buildClaim, type ClaimInput, claimVbytes } from '../../src/tx/claim.ts';
import { buildCommitment, fundingSpec } from '../../src/tx/commitment.ts';
import { fundingValueSat } from '../../src/tx/contract.ts';
import { ANCHOR_SAT } from '../../src/tx/outputs.ts';
import { buildClose, buildPenalty, settlementVbytes } from '../../src/tx/settlement.ts';
import { scriptSignature } from '../../src/tx/signature.ts';
import { type Spend, witnessWeight } from '../../src/tx/spending.ts';
import {
  type Tx,
  type TxInput,
  type TxOutput,
  vsize,
  weight,
  withWitness,
} from '../../src/tx/transaction.ts';
import {
  INPUT_BASE_WEIGHT,
  outputWeight,
  P2TR_INPUT_WEIGHT,
  P2WPKH_INPUT_WEIGHT,
  TX_OVERHEAD_WEIGHT,
  vbytes,
} from '../../src/tx/weights.ts';
import {
  bytes32,
  outpoints,
  payoutScripts,
  settledStates,
  states,
  type TestState,
  traders,
} from '../support/arbitraries.ts';
import { secp } from '../support/curve.ts';
import { signSpends } from '../support/keyring.ts';
import { spendsOf } from '../support/spends.ts';
import { p2wpkhOf, signP2wpkh } from '../support/walletCoin.ts';

/**
 * How many weight units the signatures of a witness are under the 72 bytes each that count as declared. A low S
 * and an R of either size make 71 or 72; each further byte costs a signer 256 tries.
 */
function saved(inputs: readonly TxInput[]): number {
  const signatures = inputs.flatMap(({ witness }) => witness.filter(isSignature));
  return signatures.reduce((sum, signature) => sum + 72 - signature.length, 0);
}

function isSignature(item: Uint8Array): boolean {
  return item[0] === 0x30 && item.length > 60 && item.length <= 72 && item.at(-1) === 1;
}

/** The declared weight is the real one but for short signatures, at most two units for each (bar one in 2^15). */
function expectDeclared(declared: number, tx: Tx): void {
  expect(weight(tx)).toBe(declared - saved(tx.inputs));
  const short = tx.inputs.flatMap(({ witness }) =>
    witness.filter(isSignature).filter(({ length }) => length < 70),
  );
  expect(short.length).toBeLessThanOrEqual(1);
}

const PAIRS: readonly (readonly [Role, Role])[] = [
  ['consumer', 'producer'],
  ['consumer', 'utility'],
  ['utility', 'producer'],
];
const pairs = fc.constantFrom(...PAIRS);
const outputsWeight = ({ outputs }: Tx) => outputs.reduce((sum, { script }) => sum + outputWeight(script), 0);

function signFunding({ contract, ring }: TestState, tx: Tx, signers: readonly [Role, Role]) {
  const spend: Spend = { path: 'twoOfThree', spec: fundingSpec(contract), signers };
  return { spend, signed: signSpends(ring, tx, [{ spend, value: fundingValueSat(contract) }]) };
}

describe('a signature', () => {
  it('in any script: at most 72 bytes with the hash type, rarely under 70', () => {
    const lengths = Array.from({ length: 500 }, (_, i) => {
      const secret = sha256(uintBE(i, 4));
      return scriptSignature(secp.sign(sha256(secret), secret)).length;
    });
    expect(Math.max(...lengths)).toBe(72);
    expect(Math.min(...lengths)).toBeGreaterThanOrEqual(69);
  });
});

describe('declared weights', () => {
  it('a commitment: as its witness and outputs declare', () => {
    fc.assert(
      fc.property(states, traders, pairs, (channel, broadcaster, signers) => {
        const { contract, ring, state } = channel;
        const key = ring.revocationKey(broadcaster, state.n);
        const { tx } = buildCommitment(contract, state, broadcaster, key);
        const { spend, signed } = signFunding(channel, tx, signers);
        const declared = TX_OVERHEAD_WEIGHT + INPUT_BASE_WEIGHT + witnessWeight(spend) + outputsWeight(tx);
        expectDeclared(declared, signed);
      }),
    );
  });

  const payouts = fc.record({ consumer: payoutScripts, producer: payoutScripts, utility: payoutScripts });

  it('a close that pays all three: the declared size; one that leaves somebody out: under it', () => {
    fc.assert(
      fc.property(settledStates, traders, payouts, (channel, closer, payout) => {
        const { contract, state } = channel;
        const close = buildClose(contract, state, closer, sat(200), payout);
        fc.pre(close.ok);
        const { signed } = signFunding(channel, close.value.tx, ['consumer', 'producer']);
        const declared = settlementVbytes(contract, payout);
        expect(vsize(signed)).toBeLessThanOrEqual(declared);
        if (signed.outputs.length === 3) expect(declared).toBe(vbytes(weight(signed) + saved(signed.inputs)));
      }),
    );
  });

  it('a penalty, by the utility and either trader: the declared size at most', () => {
    fc.assert(
      fc.property(states, traders, payouts, (channel, trader, payout) => {
        const { contract, state } = channel;
        const penalty = buildPenalty(contract, state, sat(200), payout);
        fc.pre(penalty.ok);
        const { signed } = signFunding(channel, penalty.value.tx, [trader, 'utility']);
        const declared = settlementVbytes(contract, payout);
        expect(vsize(signed)).toBeLessThanOrEqual(declared);
        if (signed.outputs.length === 3) expect(declared).toBe(vbytes(weight(signed) + saved(signed.inputs)));
      }),
    );
  });

  it('a claim over any paths of any outputs: the declared size, and the fee that it asks for', () => {
    fc.assert(
      fc.property(
        claims,
        payoutScripts,
        fc.bigInt(100n, 1_000_000n),
        ({ channel, inputs }, script, feeRate) => {
          const claim = buildClaim(inputs, script, feeRate, sat(330));
          if (!claim.ok) {
            const brought = inputs.reduce((sum, { value }) => sum + value, 0n);
            expect(claim.error).toMatchObject({ code: 'claimBelowDust', valueSat: brought });
            expect(brought).toBeLessThan(claim.error.feeSat + 330n);
            return;
          }
          const signed = signSpends(channel.ring, claim.value.tx, inputs);
          const declared = inputs.reduce(
            (sum, { spend }) => sum + INPUT_BASE_WEIGHT + witnessWeight(spend),
            TX_OVERHEAD_WEIGHT + outputWeight(script),
          );
          expectDeclared(declared, signed);
          expect(claimVbytes(inputs, script)).toBe(vbytes(declared));
          expect(claim.value.feeSat * 1000n).toBeGreaterThanOrEqual(BigInt(vsize(signed)) * feeRate);
        },
      ),
      { numRuns: 300 },
    );
  });
});

const PREIMAGE = new Uint8Array(32).fill(6);

/** Some outputs of one commitment, each by one of its paths. */
const claims = fc.tuple(states, traders).chain(([channel, broadcaster]) => {
  const { contract, ring, state } = channel;
  const key = ring.revocationKey(broadcaster, state.n);
  const { outputs } = buildCommitment(contract, state, broadcaster, key);
  const funding = { value: fundingValueSat(contract), spends: fundingSpends(channel) };
  const coins = [
    funding,
    ...outputs.map((output) => ({ value: output.value, spends: spendsOf(output, PREIMAGE) })),
  ];
  const inputs = coins
    .filter(({ spends }) => spends.length > 0)
    .map(({ value, spends }) =>
      fc.record({ outpoint: outpoints, value: fc.constant(value), spend: fc.constantFrom(...spends) }),
    );
  return fc.record({
    channel: fc.constant(channel),
    inputs: fc.tuple(...inputs).chain((all) => fc.subarray<ClaimInput>(all, { minLength: 1 })),
  });
});

function fundingSpends({ contract }: TestState): readonly Spend[] {
  const spec = fundingSpec(contract);
  return PAIRS.map((signers) => ({ path: 'twoOfThree', spec, signers }));
}

/** A wallet coin and its secret. A Schnorr signature always has 64 bytes, so any will do. */
interface WalletCoin extends FeeCoin {
  readonly secret: Uint8Array;
}

const walletCoins: fc.Arbitrary<WalletCoin> = fc
  .record({
    outpoint: outpoints,
    value: fc.bigInt(1_000n, 100_000_000n).map(sat),
    secret: bytes32.filter((bytes) => secp.isSecretKey(bytes)),
    taproot: fc.boolean(),
  })
  .map(({ taproot, secret, ...coin }) => {
    const script = taproot
      ? concat(Uint8Array.of(0x51, 32), secp.publicKey(secret).subarray(1))
      : p2wpkhOf(secret);
    return { ...coin, secret, script };
  });

function signWallet(tx: Tx, index: number, { script, value, secret }: WalletCoin): Tx {
  return script.length === 34
    ? withWitness(tx, index, [new Uint8Array(64).fill(1)])
    : signP2wpkh(tx, index, value, secret);
}

describe('an anchor child', () => {
  const parents = fc.record({
    vbytes: fc.integer({ min: 150, max: 5_000 }),
    feeSat: fc.bigInt(0n, 20_000n).map(sat),
  });
  const feeRates = fc.bigInt(1_000n, 1_000_000n);
  const coinLists = fc.array(walletCoins, { minLength: 1, maxLength: 20 });
  const anchor = { txid: 'ab'.repeat(32), vout: 3 };

  const built = (
    parent: { vbytes: number; feeSat: Sat },
    coins: readonly WalletCoin[],
    change: Uint8Array,
    rate: bigint,
  ) => buildAnchorChild(anchor, parent, coins, change, rate, sat(330));

  it('coins enough: parent and child together at the rate, the child never under it, no more than it takes', () => {
    fc.assert(
      fc.property(parents, coinLists, payoutScripts, feeRates, (parent, coins, change, rate) => {
        const child = built(parent, coins, change, rate);
        fc.pre(child.ok);
        const { tx, feeSat } = child.value;
        const signed = coins.reduce((each, coin, i) => signWallet(each, i + 1, coin), tx);
        const declared = vbytes(weight(signed) + saved(signed.inputs));
        const size = BigInt(vsize(signed));
        expect(vsize(signed)).toBeLessThanOrEqual(MAX_ANCHOR_CHILD_VBYTES);
        expect(feeSat * 1000n).toBeGreaterThanOrEqual(size * rate);
        expect((feeSat + parent.feeSat) * 1000n).toBeGreaterThanOrEqual(
          (BigInt(parent.vbytes) + size) * rate,
        );
        const needed = BigInt(parent.vbytes + declared) * rate - parent.feeSat * 1000n;
        const least = BigInt(declared) * rate;
        expect(feeSat * 1000n).toBeLessThan((needed > least ? needed : least) + 1000n);
      }),
    );
  });

  it('its shape: version 3, the anchor first, all coins, one output with the rest', () => {
    fc.assert(
      fc.property(parents, coinLists, payoutScripts, feeRates, (parent, coins, change, rate) => {
        const child = built(parent, coins, change, rate);
        fc.pre(child.ok);
        const { tx, feeSat } = child.value;
        expect(tx.version).toBe(3);
        expect(tx.inputs.map(({ txid, vout }) => ({ txid, vout }))).toEqual([
          anchor,
          ...coins.map(({ outpoint }) => outpoint),
        ]);
        const brought = coins.reduce((sum, { value }) => sum + value, ANCHOR_SAT);
        expect(tx.outputs).toEqual([{ value: brought - feeSat, script: change }]);
        expect(brought - feeSat).toBeGreaterThanOrEqual(330n);
      }),
    );
  });

  it('no coin, or too little: refused with what is missing', () => {
    const parent = { vbytes: 400, feeSat: sat(400) };
    const [coin] = fc.sample(walletCoins, { numRuns: 1, seed: 1 });
    if (coin === undefined) expect.fail('a coin');
    const change = coin.script;
    expect(built(parent, [], change, 10_000n)).toMatchObject({
      ok: false,
      error: { code: 'anchorCoinsShort', availableSat: 240n },
    });
    const child = built(parent, [{ ...coin, value: sat(1_000_000) }], change, 10_000n);
    if (!child.ok) expect.fail('it should have been built');
    const least = child.value.feeSat + 330n - 240n;
    expect(built(parent, [{ ...coin, value: sat(least) }], change, 10_000n).ok).toBe(true);
    expect(built(parent, [{ ...coin, value: sat(least - 1n) }], change, 10_000n)).toMatchObject({
      ok: false,
      error: { code: 'anchorCoinsShort', neededSat: least + 240n, availableSat: least + 239n },
    });
  });

  it('more coins than 1,000 vB hold: refused, since no node would take it', () => {
    const coins = fc.sample(walletCoins, 20);
    const child = built(
      { vbytes: 400, feeSat: sat(400) },
      coins,
      coins[0]?.script ?? Uint8Array.of(),
      1_000n,
    );
    expect(child).toMatchObject({ ok: false, error: { code: 'anchorChildTooLarge' } });
  });
});

describe('wallet inputs', () => {
  it('P2WPKH and P2TR: as declared', () => {
    fc.assert(
      fc.property(fc.array(walletCoins, { minLength: 1, maxLength: 60 }), payoutScripts, (coins, script) => {
        const output: TxOutput = { value: sat(1), script };
        const inputs = coins.map(({ outpoint }) => ({
          ...outpoint,
          sequence: 0xfffffffd,
          scriptSig: new Uint8Array(0),
          witness: [],
        }));
        const tx: Tx = { version: 2, inputs, outputs: [output], locktime: 0 };
        const signed = coins.reduce((each, coin, index) => signWallet(each, index, coin), tx);
        const declared = coins.reduce(
          (sum, coin) => sum + (coin.script.length === 34 ? P2TR_INPUT_WEIGHT : P2WPKH_INPUT_WEIGHT),
          TX_OVERHEAD_WEIGHT + outputWeight(script),
        );
        expectDeclared(declared, signed);
      }),
      { numRuns: 30 },
    );
  });
});
