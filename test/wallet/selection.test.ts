import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Sat, sat } from '../../src/base/amount.ts';
import { feeFor } from '../../src/chain/port.ts';
import { outputWeight, TX_OVERHEAD_WEIGHT, vbytes } from '../../src/tx/weights.ts';
import { changelessMatch } from '../../src/wallet/branchAndBound.ts';
import { dustLimit } from '../../src/wallet/dust.ts';
import {
  inputWeightOf,
  type Selection,
  type SelectionRequest,
  selectAll,
  selectCoins,
} from '../../src/wallet/selection.ts';

interface Coin {
  readonly id: number;
  readonly value: Sat;
  readonly weight: number;
}

const P2WPKH = new Uint8Array(22);
const P2TR = Uint8Array.from({ length: 34 }, (_, i) => [0x51, 32][i] ?? 0);
const seed = fc.uint8Array({ minLength: 32, maxLength: 32 });

const coins = fc
  .array(
    fc.record({
      value: fc.oneof(
        fc.bigInt({ min: 1n, max: 2_000n }),
        fc.bigInt({ min: 1n, max: 1_000_000n }),
        fc.bigInt({ min: 1n, max: 10n ** 11n }),
      ),
      script: fc.constantFrom(P2WPKH, P2TR),
    }),
    { maxLength: 40 },
  )
  .map((list) =>
    list.map(({ value, script }, id): Coin => ({ id, value: sat(value), weight: inputWeightOf(script) })),
  );

const request = fc
  .record({
    coins,
    requiredCount: fc.nat({ max: 3 }),
    share: fc.double({ min: 0, max: 1.2, noNaN: true }),
    feeRate: fc.bigInt({ min: 0n, max: 200_000n }),
    outputs: fc.integer({ min: 1, max: 5 }),
    seed,
  })
  .map(({ coins: all, requiredCount, share, feeRate, outputs, seed }): SelectionRequest<Coin> => {
    const everything = all.reduce((sum, coin) => sum + coin.value, 0n);
    return {
      target: sat(BigInt(Math.floor(Number(everything) * share))),
      baseWeight: TX_OVERHEAD_WEIGHT + outputs * outputWeight(P2WPKH),
      feeRate,
      required: all.slice(0, requiredCount),
      candidates: all.slice(requiredCount),
      change: { outputWeight: outputWeight(P2TR), dustLimit: dustLimit(P2TR) },
      seed,
    };
  });

function total(inputs: readonly Coin[]): bigint {
  return inputs.reduce((sum, coin) => sum + coin.value, 0n);
}

function vsizeOf(of: SelectionRequest<Coin>, selection: Selection<Coin>): number {
  const inputs = selection.inputs.reduce((weight, coin) => weight + coin.weight, 0);
  return vbytes(of.baseWeight + inputs + (selection.change === null ? 0 : of.change.outputWeight));
}

test('any coins, any target: a selection balances, pays its rate, wastes less than a change output, makes no dust', () => {
  fc.assert(
    fc.property(request, (of) => {
      const selected = selectCoins(of);
      if (!selected.ok) return;
      const { inputs, change, fee } = selected.value;
      expect(total(inputs)).toBe(of.target + (change ?? 0n) + fee);
      const needed = feeFor(vsizeOf(of, selected.value), of.feeRate);
      expect(fee >= needed).toBe(true);
      if (change === null) {
        const changeCost = feeFor(vbytes(of.change.outputWeight) + 1, of.feeRate);
        expect(fee - needed <= of.change.dustLimit + changeCost + 1n).toBe(true);
      } else {
        expect(fee).toBe(needed);
        expect(change >= of.change.dustLimit).toBe(true);
      }
      expect(new Set(inputs.map((coin) => coin.id)).size).toBe(inputs.length);
      for (const coin of of.required ?? []) expect(inputs).toContain(coin);
    }),
    { numRuns: 2000 },
  );
});

test('any coins, a target that all or the worthwhile ones pay for: a selection is found', () => {
  fc.assert(
    fc.property(request, (of) => {
      const everything = [...(of.required ?? []), ...of.candidates];
      const worthwhile = of.candidates.filter(
        (coin) => coin.value > feeFor(Math.ceil(coin.weight / 4), of.feeRate),
      );
      const payable = [everything, [...(of.required ?? []), ...worthwhile]].some((inputs) => {
        const fee = feeFor(vsizeOf(of, { inputs, change: null, fee: sat(0) }), of.feeRate);
        return inputs.length > 0 && total(inputs) >= of.target + fee;
      });
      const selected = selectCoins(of);
      if (payable) expect(selected.ok).toBe(true);
      else if (!selected.ok && selected.error.code === 'insufficientFunds')
        expect(selected.error.neededSat > selected.error.availableSat || everything.length === 0).toBe(true);
    }),
    { numRuns: 2000 },
  );
});

test('the same request twice: the same selection', () => {
  fc.assert(
    fc.property(request, (of) => {
      expect(selectCoins(of)).toEqual(selectCoins(of));
    }),
  );
});

test('coins that match to the satoshi: no change', () => {
  const base = TX_OVERHEAD_WEIGHT + outputWeight(P2WPKH);
  const values = [70_000n, 41_000n, 23_000n, 9_000n, 100_000n];
  const candidates = values.map((value, id) => ({ id, value: sat(value), weight: inputWeightOf(P2WPKH) }));
  const weight = base + 2 * inputWeightOf(P2WPKH);
  const target = sat(41_000n + 9_000n - feeFor(vbytes(weight), 5_000n));
  const selected = selectCoins({
    target,
    baseWeight: base,
    feeRate: 5_000n,
    candidates,
    change: { outputWeight: outputWeight(P2WPKH), dustLimit: dustLimit(P2WPKH) },
    seed: new Uint8Array(32),
  });
  if (!selected.ok) throw new Error(selected.error.code);
  expect(selected.value.change).toBeNull();
  expect(selected.value.inputs.map((coin) => coin.id).sort()).toEqual([1, 3]);
});

test('no coins, or too few: what is needed and what there is', () => {
  const of = {
    target: sat(1000),
    baseWeight: 400,
    feeRate: 1000n,
    candidates: [{ id: 0, value: sat(900), weight: 272 }],
    change: { outputWeight: 124, dustLimit: sat(294) },
    seed: new Uint8Array(32),
  };
  expect(selectCoins(of)).toEqual({
    ok: false,
    error: { code: 'insufficientFunds', neededSat: 1168n, availableSat: 900n },
  });
  expect(selectCoins({ ...of, candidates: [], target: sat(0) }).ok).toBe(false);
});

test('more coins than a transaction may hold: refused by weight, or fewer and larger ones taken', () => {
  const small = Array.from({ length: 3000 }, (_, id) => ({ id, value: sat(10_000), weight: 272 }));
  const of = {
    target: sat(20_000_000),
    baseWeight: 400,
    feeRate: 1000n,
    candidates: small,
    change: { outputWeight: 124, dustLimit: sat(294) },
    seed: new Uint8Array(32),
  };
  expect(selectCoins(of)).toMatchObject({ ok: false, error: { code: 'transactionTooHeavy' } });
  const large = { id: 3000, value: sat(30_000_000), weight: 272 };
  const selected = selectCoins({ ...of, candidates: [...small, large] });
  if (!selected.ok) throw new Error(selected.error.code);
  expect(selected.value.inputs.length).toBeLessThan(1400);
});

test('all coins at once: worthless ones stay out, the fee is exact', () => {
  fc.assert(
    fc.property(coins, fc.bigInt({ min: 0n, max: 100_000n }), (candidates, feeRate) => {
      const baseWeight = TX_OVERHEAD_WEIGHT + outputWeight(P2TR);
      const selected = selectAll({ baseWeight, feeRate, candidates });
      if (!selected.ok) return;
      const weight = selected.value.inputs.reduce((sum, coin) => sum + coin.weight, baseWeight);
      expect(selected.value.fee).toBe(feeFor(vbytes(weight), feeRate));
      for (const coin of selected.value.inputs)
        expect(coin.value * 4000n > BigInt(coin.weight) * feeRate).toBe(true);
    }),
  );
});

test('branch and bound against trying every subset: the smallest overshoot', () => {
  fc.assert(
    fc.property(
      fc.array(fc.bigInt({ min: 1n, max: 60n }), { maxLength: 9 }),
      fc.bigInt({ min: 1n, max: 200n }),
      fc.bigInt({ min: 0n, max: 10n }),
      (values, target, tolerance) => {
        let best: bigint | undefined;
        for (let subset = 0; subset < 2 ** values.length; subset++) {
          const sum = values.reduce((all, value, i) => (subset & (1 << i) ? all + value : all), 0n);
          if (sum >= target && sum <= target + tolerance && (best === undefined || sum < best)) best = sum;
        }
        const found = changelessMatch({ values, target, tolerance });
        expect(found?.reduce((sum, index) => sum + (values[index] ?? 0n), 0n)).toBe(best);
        if (found !== undefined) expect(new Set(found).size).toBe(found.length);
      },
    ),
    { numRuns: 1000 },
  );
});

test('dust limits: those of Bitcoin Core', () => {
  const script = (hex: string, length: number) =>
    Uint8Array.from({ length }, (_, i) => Number.parseInt(hex.slice(2 * i, 2 * i + 2) || '0', 16));
  expect(dustLimit(script('0014', 22))).toBe(294n);
  expect(dustLimit(script('0020', 34))).toBe(330n);
  expect(dustLimit(script('5120', 34))).toBe(330n);
  expect(dustLimit(script('76a914', 25))).toBe(546n);
  expect(dustLimit(script('a914', 23))).toBe(540n);
  expect(dustLimit(script('51024e73', 4))).toBe(240n);
});
