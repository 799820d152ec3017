import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Msat, msat, type Sat, sat } from '../../src/base/amount.ts';
import { toHex } from '../../src/base/bytes.ts';
import { type PerRole, ROLES, type Role } from '../../src/base/role.ts';
import { fundingSpec } from '../../src/tx/commitment.ts';
import { fundingValueSat } from '../../src/tx/contract.ts';
import {
  buildFunding,
  type FundingInput,
  type FundingPart,
  type FundingTerms,
  MAX_FUNDING_INPUTS,
  partCost,
  proveInputs,
} from '../../src/tx/funding.ts';
import { outputScript } from '../../src/tx/outputs.ts';
import {
  compareOutputs,
  encodeTx,
  type OutPoint,
  outpointKey,
  type Tx,
  type TxOutput,
  txid,
  unsignedInput,
  weight,
  withWitness,
} from '../../src/tx/transaction.ts';
import { bytes32, channelParams, keyrings } from '../support/arbitraries.ts';

const P2WPKH = Uint8Array.of(0, 20, ...new Uint8Array(20).fill(7));
const P2TR = Uint8Array.of(0x51, 32, ...new Uint8Array(32).fill(7));
const scripts = fc.constantFrom(P2WPKH, P2TR);

/** A transaction with some outputs, one of which is the coin. */
function previousOf(seed: Uint8Array, outputs: readonly TxOutput[]): Tx {
  return {
    version: 2,
    inputs: [unsignedInput({ txid: toHex(seed), vout: 0 })],
    outputs,
    locktime: 0,
  };
}

interface Coin extends TxOutput {
  readonly input: FundingInput;
  readonly outpoint: OutPoint;
}

const coin = (value: fc.Arbitrary<bigint>): fc.Arbitrary<Coin> =>
  fc
    .record({ value: value.map(sat), script: scripts, seed: bytes32, before: fc.nat(2), after: fc.nat(2) })
    .map(({ value: own, script, seed, before, after }) => {
      const other = { value: sat(1), script: P2TR };
      const outputs = [...Array(before).fill(other), { value: own, script }, ...Array(after).fill(other)];
      const tx = previousOf(seed, outputs);
      const outpoint = { txid: txid(tx), vout: before };
      return { value: own, script, outpoint, input: { previousTx: encodeTx(tx), vout: before } };
    });

type Whole = Pick<FundingTerms, 'params' | 'keys' | 'contributions' | 'opener' | 'feeRateSatPerKvB'>;

const contribution = fc.bigInt(0n, 10_000_000n).map((value) => msat(value * 1000n));
const whole: fc.Arbitrary<Whole> = fc
  .record({
    params: channelParams,
    ring: keyrings,
    contributions: fc.record({ consumer: contribution, producer: contribution, utility: contribution }),
    opener: fc.constantFrom<Role>(...ROLES),
    feeRateSatPerKvB: fc.bigInt(1_000n, 200_000n),
  })
  .map(({ ring, ...rest }) => ({ ...rest, keys: ring.keys }));

interface Brought {
  readonly part: FundingPart;
  readonly coins: readonly Coin[];
}

/** Coins that cover a party's cost, and the change that is left when it is worth an output. */
function brought(owner: Role, terms: Whole): fc.Arbitrary<Brought> {
  return fc
    .record({
      coins: fc.array(coin(fc.bigInt(1_000n, 50_000_000n)), { maxLength: 4 }),
      last: coin(fc.constant(2_000_000_000n)),
      changeScript: scripts,
      gift: fc.bigInt(0n, 500n),
    })
    .map(({ coins, last, changeScript, gift }) => {
      const free = partCost(owner, terms, [], null) === 0n;
      const all = free ? [] : [...coins, last];
      const given = all.reduce((sum, { value }) => sum + value, 0n);
      const cost = partCost(owner, terms, all, { value: sat(0), script: changeScript });
      const change = free ? null : { value: sat(given - cost - gift), script: changeScript };
      return { part: { inputs: all.map(({ input }) => input), change }, coins: all };
    });
}

interface TestFunding {
  readonly terms: FundingTerms;
  readonly coins: PerRole<readonly Coin[]>;
}

const fundings: fc.Arbitrary<TestFunding> = whole.chain((terms) =>
  fc
    .record({
      consumer: brought('consumer', terms),
      producer: brought('producer', terms),
      utility: brought('utility', terms),
    })
    .map(({ consumer, producer, utility }) => ({
      terms: {
        ...terms,
        parts: { consumer: consumer.part, producer: producer.part, utility: utility.part },
      },
      coins: { consumer: consumer.coins, producer: producer.coins, utility: utility.coins },
    })),
);

const withPart = ({ terms }: TestFunding, owner: Role, part: Partial<FundingPart>): FundingTerms => ({
  ...terms,
  parts: { ...terms.parts, [owner]: { ...terms.parts[owner], ...part } },
});

const funded = (terms: FundingTerms) => {
  const funding = buildFunding(terms);
  if (!funding.ok) expect.fail(`refused: ${funding.error.code} of the ${funding.error.owner}`);
  return funding.value;
};

describe('the funding transaction', () => {
  it('what was agreed: every input and change once, the funding output with capacity and reserve', () => {
    fc.assert(
      fc.property(fundings, ({ terms, coins }) => {
        const { tx, outpoint, inputs, feeSat } = funded(terms);
        const all = ROLES.flatMap((role) => coins[role]);
        const expected = { value: fundingValueSat(terms), script: outputScript(fundingSpec(terms)) };
        expect(outpoint.txid).toBe(txid(tx));
        expect(tx.outputs[outpoint.vout]).toEqual(expected);
        const changes = ROLES.flatMap((role) => terms.parts[role].change ?? []);
        expect(tx.outputs).toEqual([expected, ...changes].sort(compareOutputs));
        expect(tx.inputs.map(outpointKey)).toEqual(inputs.map(outpointKey));
        expect(tx.inputs.map(outpointKey).sort()).toEqual(
          all.map(({ outpoint: each }) => outpointKey(each)).sort(),
        );
        expect(tx.inputs.every(({ sequence }) => sequence === 0xfffffffd)).toBe(true);
        const given = all.reduce((sum, { value }) => sum + value, 0n);
        expect(feeSat).toBe(given - tx.outputs.reduce((sum, { value }) => sum + value, 0n));
      }),
    );
  });

  it('inputs: each with its owner and the coin that it proves', () => {
    fc.assert(
      fc.property(fundings, ({ terms, coins }) => {
        for (const input of funded(terms).inputs) {
          const own = coins[input.owner].find(({ outpoint }) => outpointKey(outpoint) === outpointKey(input));
          expect(own).toMatchObject({ value: input.value, script: input.script });
        }
      }),
    );
  });

  it('whatever the order in which parts and their inputs are listed: the same transaction', () => {
    fc.assert(
      fc.property(fundings, ({ terms }) => {
        const turned = (role: Role) => ({
          ...terms.parts[role],
          inputs: [...terms.parts[role].inputs].reverse(),
        });
        const parts = {
          utility: turned('utility'),
          producer: turned('producer'),
          consumer: turned('consumer'),
        };
        const other = funded({ ...terms, parts });
        const { tx, outpoint, feeSat } = funded(terms);
        expect({ tx: other.tx, outpoint: other.outpoint, feeSat: other.feeSat }).toEqual({
          tx,
          outpoint,
          feeSat,
        });
      }),
    );
  });

  it('the fee: at least the rate, and no more than the shares and what was given on top', () => {
    fc.assert(
      fc.property(fundings, ({ terms }) => {
        const { tx, inputs, feeSat } = funded(terms);
        const signed = inputs.reduce(
          (each, { script }, index) => withWitness(each, index, largestWitness(script)),
          tx,
        );
        const rate = terms.feeRateSatPerKvB;
        expect(feeSat * 4000n).toBeGreaterThanOrEqual(BigInt(weight(signed)) * rate);
        // at most 500 sat given by each on top, and each share rounded up twice
        expect(feeSat * 4000n).toBeLessThan((BigInt(weight(signed)) + 9n) * rate + 4000n * 1503n);
      }),
    );
  });

  it('each pays its own share: a party with nothing to bring pays nothing', () => {
    fc.assert(
      fc.property(whole, (terms) => {
        for (const role of ROLES) {
          const cost = partCost(role, { ...terms, contributions: none }, [], null);
          if (role === terms.opener) expect(cost).toBeGreaterThan(540n);
          else expect(cost).toBe(0n);
        }
      }),
      { numRuns: 20 },
    );
  });
});

const none: PerRole<Msat> = { consumer: msat(0), producer: msat(0), utility: msat(0) };

function largestWitness(script: Uint8Array): readonly Uint8Array[] {
  return script.length === 22 ? [new Uint8Array(72), new Uint8Array(33)] : [new Uint8Array(64)];
}

describe('parts that may not be used', () => {
  const roles = fc.constantFrom<Role>(...ROLES);
  const rich = fundings.filter(({ coins }) => ROLES.every((role) => coins[role].length > 0));
  const firstOf = (funding: TestFunding, role: Role): Coin => {
    const [first] = funding.coins[role];
    if (first === undefined) expect.fail('a party with a coin');
    return first;
  };

  it('one satoshi less than its share: contributionShort of that party, with what is needed', () => {
    fc.assert(
      fc.property(rich, roles, (funding, owner) => {
        const { terms, coins } = funding;
        const { change } = terms.parts[owner];
        if (change === null) expect.fail('a party with change');
        const neededSat = partCost(owner, terms, coins[owner], change);
        const given = coins[owner].reduce((sum, { value }) => sum + value, 0n);
        const exact = { ...change, value: sat(given - neededSat) };
        expect(buildFunding(withPart(funding, owner, { change: exact })).ok).toBe(true);
        const greedy = { ...change, value: sat(given - neededSat + 1n) };
        expect(buildFunding(withPart(funding, owner, { change: greedy }))).toEqual({
          ok: false,
          error: { code: 'contributionShort', owner, neededSat, broughtSat: neededSat - 1n },
        });
      }),
    );
  });

  it('nothing brought for a contribution: contributionShort', () => {
    fc.assert(
      fc.property(rich, roles, (funding, owner) => {
        fc.pre(owner === funding.terms.opener || funding.terms.contributions[owner] > 0n);
        expect(buildFunding(withPart(funding, owner, { inputs: [], change: null }))).toMatchObject({
          ok: false,
          error: { code: 'contributionShort', owner, broughtSat: 0n },
        });
      }),
    );
  });

  it('a contribution that is no whole satoshi: its owner pays the satoshi, not the fee', () => {
    fc.assert(
      fc.property(whole, roles, (terms, owner) => {
        const contributions = { ...terms.contributions, [owner]: msat(terms.contributions[owner] + 1n) };
        const before = partCost(owner, terms, [], null);
        expect(partCost(owner, { ...terms, contributions }, [], null)).toBe(before + 1n);
      }),
      { numRuns: 20 },
    );
  });

  it('a coin of one party that another brings too, or twice by the same: inputShared', () => {
    fc.assert(
      fc.property(rich, fc.constantFrom<Role>('producer', 'utility'), (funding, owner) => {
        const theirs = firstOf(funding, 'consumer');
        const { inputs } = funding.terms.parts[owner];
        const shared = withPart(funding, owner, { inputs: [...inputs, theirs.input] });
        expect(buildFunding(shared)).toEqual({
          ok: false,
          error: { code: 'inputShared', owner, outpoint: theirs.outpoint },
        });
        const own = firstOf(funding, owner);
        expect(buildFunding(withPart(funding, owner, { inputs: [...inputs, own.input] }))).toEqual({
          ok: false,
          error: { code: 'inputShared', owner, outpoint: own.outpoint },
        });
      }),
      { numRuns: 30 },
    );
  });

  it('change under the dust limit: changeIsDust', () => {
    fc.assert(
      fc.property(rich, roles, (funding, owner) => {
        const { params, parts } = funding.terms;
        const { change } = parts[owner];
        if (change === null) expect.fail('a party with change');
        const valueSat = sat(params.dustLimitSat - 1n);
        expect(buildFunding(withPart(funding, owner, { change: { ...change, value: valueSat } }))).toEqual({
          ok: false,
          error: { code: 'changeIsDust', owner, valueSat },
        });
      }),
      { numRuns: 30 },
    );
  });

  const p2pkh = Uint8Array.of(0x76, 0xa9, 20, ...new Uint8Array(20).fill(1), 0x88, 0xac);
  const p2sh = Uint8Array.of(0xa9, 20, ...new Uint8Array(20).fill(1), 0x87);
  const p2wsh = Uint8Array.of(0, 32, ...new Uint8Array(32).fill(1));
  const later = Uint8Array.of(0x52, 32, ...new Uint8Array(32).fill(1));
  const foreign = [
    ['P2PKH', p2pkh],
    ['P2SH, which may hold segwit but can be malleated', p2sh],
    ['P2WSH', p2wsh],
    ['segwit version 2', later],
    ['nothing', Uint8Array.of()],
  ] as const;

  it.each(foreign)('an input or change that is %s: inputNotSegwit, changeNotSegwit', (_, script) => {
    fc.assert(
      fc.property(rich, roles, (funding, owner) => {
        const previous = previousOf(new Uint8Array(32).fill(3), [{ value: sat(1_000_000), script }]);
        const input = { previousTx: encodeTx(previous), vout: 0 };
        const { inputs, change } = funding.terms.parts[owner];
        expect(buildFunding(withPart(funding, owner, { inputs: [...inputs, input] }))).toEqual({
          ok: false,
          error: {
            code: 'inputNotSegwit',
            owner,
            outpoint: { txid: txid(previous), vout: 0 },
            script: toHex(script),
          },
        });
        const value: Sat = change?.value ?? sat(0);
        expect(buildFunding(withPart(funding, owner, { change: { value, script } }))).toEqual({
          ok: false,
          error: { code: 'changeNotSegwit', owner, script: toHex(script) },
        });
      }),
      { numRuns: 5 },
    );
  });

  it('a previous transaction that is none, or without that output: badPreviousTx with the input’s place', () => {
    fc.assert(
      fc.property(rich, roles, (funding, owner) => {
        const { inputs } = funding.terms.parts[owner];
        const { input } = firstOf(funding, owner);
        const bad = (previous: FundingInput) =>
          buildFunding(withPart(funding, owner, { inputs: [...inputs, previous] }));
        const refused = (reason: unknown) => ({
          ok: false,
          error: { code: 'badPreviousTx', owner, index: inputs.length, reason },
        });
        expect(bad({ ...input, vout: 5 })).toEqual(refused('no output 5'));
        expect(bad({ ...input, previousTx: input.previousTx.slice(1) })).toEqual(refused(expect.any(String)));
        expect(bad({ previousTx: Uint8Array.of(), vout: 0 })).toEqual(refused(expect.any(String)));
      }),
      { numRuns: 20 },
    );
  });

  it('21 inputs: tooManyInputs; 20 are fine', () => {
    const coins = fc.sample(coin(fc.constant(1_000n)), { numRuns: MAX_FUNDING_INPUTS + 1, seed: 1 });
    const inputs = coins.map(({ input }) => input);
    const proven = proveInputs('producer', { inputs: inputs.slice(1), change: null });
    expect(proven).toMatchObject({ ok: true });
    expect(proveInputs('producer', { inputs, change: null })).toEqual({
      ok: false,
      error: { code: 'tooManyInputs', owner: 'producer', count: 21 },
    });
  });
});
