import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { concat, toHex } from '../../src/base/bytes.ts';
import { counterpartyOf, TRADERS } from '../../src/base/role.ts';
import { simulatedChain } from '../../src/chain/simulated/index.ts';
import { revocationSecret } from '../../src/crypto/revocation.ts';
import { openBlob, outputsOfJustice, sealJustice, type TowerBlob } from '../../src/tower/blob.ts';
import { answerBreach, mergeOutputs, readJustice } from '../../src/tower/breach.ts';
import { fundingSpec } from '../../src/tx/commitment.ts';
import { type Contract, fundingValueSat } from '../../src/tx/contract.ts';
import { JUSTICE_FEE_RATES, revocableOutputs } from '../../src/tx/justice.ts';
import { outputScript } from '../../src/tx/outputs.ts';
import { type Tx, txid, vsize } from '../../src/tx/transaction.ts';
import {
  commitmentOf,
  contractOf,
  delivery,
  funded,
  lockOf,
  PAYOUT,
  signCommitment,
  stateOf,
} from '../penalty/support.ts';
import { secp } from '../support/curve.ts';
import { flipBit } from '../support/flipBit.ts';
import { blobOf, revokedSecret, secretsOf } from './support.ts';

const { contract } = funded();
const someState = fc
  .record({
    n: fc.bigInt(1n, 100_000n),
    sellers: fc.array(fc.constantFrom(...TRADERS), { maxLength: 8 }),
    sats: fc.constantFrom(600, 2_100, 30_000),
  })
  .map(({ n, sellers, sats }) =>
    stateOf(
      n,
      sellers.map((seller, i) => delivery(i + 1, 200, seller, sats)),
    ),
  );
const broadcasters = fc.constantFrom(...TRADERS);

const opened = (id: string, blob: TowerBlob) => {
  const content = openBlob(id, blob);
  if (!content.ok) throw new Error(content.error.code);
  return content.value;
};

describe('a blob', () => {
  it('of any state: holds every revocable output of that commitment, and is the same each time', () => {
    fc.assert(
      fc.property(someState, broadcasters, (state, broadcaster) => {
        const commitment = commitmentOf(contract, broadcaster, state);
        const blob = blobOf(contract, broadcaster, state);
        expect(blobOf(contract, broadcaster, state)).toEqual(blob);
        const content = opened(txid(commitment.tx), blob);
        expect(content.payoutScript).toEqual(PAYOUT[counterpartyOf(broadcaster)]);
        const scripts = outputsOfJustice(content).map(({ spec }) => toHex(outputScript(spec)));
        expect(scripts.sort()).toEqual(
          revocableOutputs(commitment)
            .map(({ spec }) => toHex(outputScript(spec)))
            .sort(),
        );
        const read = readJustice(secp, { txid: txid(commitment.tx), tx: commitment.tx }, blob);
        expect(read.ok).toBe(true);
      }),
      { numRuns: 30 },
    );
  });

  it('with any bit flipped: opens nothing', () => {
    const state = stateOf(5n, [delivery(1, 200, 'consumer')]);
    const id = txid(commitmentOf(contract, 'consumer', state).tx);
    const blob = blobOf(contract, 'consumer', state);
    fc.assert(
      fc.property(fc.nat({ max: 8 * (16 + blob.body.length) - 1 }), (bit) => {
        const bytes = flipBit(concat(blob.hint, blob.body), bit);
        const spoiled = { hint: bytes.slice(0, 16), body: bytes.slice(16) };
        expect(openBlob(id, spoiled).ok).toBe(false);
      }),
    );
  });

  it('for another transaction: opens nothing, whatever its hint says', () => {
    fc.assert(
      fc.property(fc.bigInt(1n, 1000n), fc.bigInt(1n, 1000n), broadcasters, (n, other, broadcaster) => {
        fc.pre(n !== other);
        const id = txid(commitmentOf(contract, broadcaster, stateOf(other)).tx);
        const { body, hint } = blobOf(contract, broadcaster, stateOf(n));
        expect(openBlob(id, { hint, body })).toEqual({ ok: false, error: { code: 'otherTransaction' } });
        const { hint: fitting } = sealJustice(
          id,
          opened(txid(commitmentOf(contract, broadcaster, stateOf(n)).tx), { hint, body }),
        );
        expect(openBlob(id, { hint: fitting, body })).toEqual({
          ok: false,
          error: { code: 'notSealedForIt' },
        });
      }),
      { numRuns: 30 },
    );
  });

  it('any bytes: refused with a reason, never an exception', () => {
    const id = 'ab'.repeat(32);
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 20 }), fc.uint8Array({ maxLength: 400 }), (hint, body) => {
        expect(openBlob(id, { hint, body }).ok).toBe(false);
      }),
    );
  });
});

describe('what a hostile client seals', () => {
  const state = stateOf(5n, [delivery(1, 200, 'consumer')]);
  const { tx } = commitmentOf(contract, 'consumer', state);
  const id = txid(tx);
  const honest = opened(id, blobOf(contract, 'consumer', state));
  const read = (content: typeof honest) => readJustice(secp, { txid: id, tx }, sealJustice(id, content));

  it('a wrong signature, one on another payout script: badJusticeSignature', () => {
    expect(read({ ...honest, toBroadcaster: [new Uint8Array(64)] })).toMatchObject({
      error: { code: 'badJusticeSignature' },
    });
    expect(read({ ...honest, toBroadcaster: [new Uint8Array(64).fill(255)] })).toMatchObject({
      error: { code: 'badJusticeSignature' },
    });
    expect(read({ ...honest, payoutScript: PAYOUT.consumer })).toMatchObject({
      error: { code: 'badJusticeSignature' },
    });
  });

  it('keys that are no points, other delays, other deliveries: noSuchOutput', () => {
    for (const wrong of [{ delay: 7 }, { revocation: new Uint8Array(33) }, { delayed: new Uint8Array(33) }])
      expect(read({ ...honest, ...wrong })).toEqual({ ok: false, error: { code: 'noSuchOutput' } });
    const deliveries = [{ lock: lockOf(9), expiry: 4_294_967_295, signatures: [] }];
    expect(read({ ...honest, sold: { utility: new Uint8Array(33), deliveries } })).toMatchObject({
      error: { code: 'noSuchOutput' },
    });
  });

  it('no signature at all: nothingToTake', () => {
    expect(read({ ...honest, toBroadcaster: [], sold: null })).toMatchObject({
      error: { code: 'nothingToTake' },
    });
  });

  it('a poorer copy of a blob: the richer signatures of each output count', () => {
    const full = read(honest);
    const poor = read({ ...honest, toBroadcaster: honest.toBroadcaster.slice(0, 1), sold: null });
    if (!full.ok || !poor.ok) throw new Error('both hold');
    expect(mergeOutputs([...poor.value, ...full.value])).toEqual(mergeOutputs(full.value));
  });
});

describe('what a watchtower holds', () => {
  it('no secret of the trader is in it, and its signatures do not fit the state that is not revoked', () => {
    fc.assert(
      fc.property(someState, broadcasters, (state, broadcaster) => {
        const victim = counterpartyOf(broadcaster);
        const commitment = commitmentOf(contract, broadcaster, state);
        const content = opened(txid(commitment.tx), blobOf(contract, broadcaster, state));
        const held = toHex(
          concat(
            content.revocation,
            content.delayed,
            content.payoutScript,
            ...content.toBroadcaster,
            ...(content.sold === null ? [] : [content.sold.utility]),
            ...(content.sold?.deliveries ?? []).flatMap(({ lock, signatures }) => [lock, ...signatures]),
          ),
        );
        const secrets = [
          ...Object.values(secretsOf(victim)),
          revokedSecret(broadcaster, state.n),
          revocationSecret(secp, secretsOf(victim).revocation, revokedSecret(broadcaster, state.n)),
        ];
        for (const secret of secrets) expect(held).not.toContain(toHex(secret));

        const { tx } = commitmentOf(contract, broadcaster, { ...state, n: state.n + 1n });
        const moved = sealJustice(txid(tx), content);
        expect(readJustice(secp, { txid: txid(tx), tx }, moved)).toEqual({
          ok: false,
          error: { code: 'noSuchOutput' },
        });
        // even with the newest commitment's own scripts
        const newest = commitmentOf(contract, broadcaster, { ...state, n: state.n + 1n });
        const [own] = revocableOutputs(newest);
        if (own === undefined) return;
        const forged = sealJustice(txid(tx), { ...content, revocation: own.spec.revocation, sold: null });
        expect(readJustice(secp, { txid: txid(tx), tx }, forged).ok).toBe(false);
      }),
      { numRuns: 20 },
    );
  });
});

describe('an answer, on the simulated chain', () => {
  /** A channel on a chain of its own, in which the cheater has just had its revoked commitment mined. */
  const cheated = (broadcaster: 'consumer' | 'producer', state: ReturnType<typeof stateOf>) => {
    const chain = simulatedChain();
    chain.mine(1);
    const draft = contractOf({ txid: '00'.repeat(32), vout: 0 });
    const funding = chain.fund(outputScript(fundingSpec(draft)), fundingValueSat(draft));
    const live: Contract = { ...draft, funding };
    const commitment = commitmentOf(live, broadcaster, state);
    const signed = signCommitment(live, commitment);
    chain.mine(1, { include: [signed] });
    const read = readJustice(secp, { txid: txid(signed), tx: signed }, blobOf(live, broadcaster, state));
    if (!read.ok) throw new Error(read.error.code);
    const breach = { txid: txid(signed), height: chain.height, outputs: mergeOutputs(read.value), taken: [] };
    return { chain, breach };
  };
  const feeOf = (tx: Tx, inputs: readonly { value: bigint }[]) =>
    inputs.reduce((sum, { value }) => sum + value, 0n) -
    tx.outputs.reduce((sum, { value }) => sum + value, 0n);

  it('for any state, any part of its outputs and any fee rate: every transaction is accepted and pays its rate', async () => {
    await fc.assert(
      fc.asyncProperty(
        someState,
        broadcasters,
        fc.nat(),
        fc.constantFrom(1000n, 2000n, 2001n, 20_000n, 100_000n, 1_000_000n),
        async (state, broadcaster, mask, feeRate) => {
          const { chain, breach } = cheated(broadcaster, state);
          const taken = breach.outputs
            .filter((_, i) => (mask >> i) & 1)
            .map(({ outpoint: { vout } }) => ({ vout, by: '', height: breach.height, justice: false }));
          const answers = answerBreach({ ...breach, taken }, breach.height, feeRate);
          const vouts = answers.flatMap((answer) => answer.vouts);
          expect(new Set([...vouts, ...taken.map(({ vout }) => vout)]).size).toBe(breach.outputs.length);
          for (const { tx, vouts: of, feeRate: rate, apart } of answers) {
            for (const each of apart) expect(await chain.testAccept(each)).toEqual({ accepted: true });
            expect(await chain.broadcast(tx)).toEqual({ accepted: true });
            const spent = breach.outputs.filter(({ outpoint }) => of.includes(outpoint.vout));
            expect(feeOf(tx, spent)).toBeGreaterThanOrEqual((BigInt(vsize(tx)) * rate) / 1000n);
            expect(new Set(tx.outputs.map(({ script }) => toHex(script)))).toEqual(
              new Set([toHex(PAYOUT[counterpartyOf(broadcaster)])]),
            );
          }
        },
      ),
      { numRuns: 25 },
    );
  });

  it('a higher fee rate: each step takes the place of the one before it', async () => {
    const state = stateOf(7n, [delivery(1, 200, 'producer'), delivery(2, 200, 'producer')]);
    const { chain, breach } = cheated('producer', state);
    for (const rate of JUSTICE_FEE_RATES) {
      const [answer] = answerBreach(breach, breach.height, rate);
      expect(answer?.feeRate).toBe(rate);
      expect(await chain.broadcast(answer?.tx as Tx)).toEqual({ accepted: true });
    }
    chain.mine(1);
    expect(chain.mempool()).toEqual([]);
  });

  it('the fewer blocks are left, the higher the rate', () => {
    const { breach } = cheated('producer', stateOf(7n));
    const rates = Array.from({ length: 8 }, (_, passed) => {
      const [answer] = answerBreach(breach, breach.height + passed, 1_500n);
      return answer?.feeRate as bigint;
    });
    expect(rates[0]).toBe(2_000n);
    expect(rates.at(-1)).toBeGreaterThan(2_000n);
    expect([...rates].sort((a, b) => Number(a - b))).toEqual(rates);
  });

  it('a small delivery that cannot afford the rate: apart, at the highest that it can', () => {
    const state = stateOf(7n, [delivery(1, 200, 'producer', 2_100)]);
    const { breach } = cheated('producer', state);
    const answers = answerBreach(breach, breach.height, 100_000n);
    expect(answers.map(({ feeRate, vouts }) => [feeRate, vouts.length])).toEqual([
      [128_000n, 1],
      [8_000n, 1],
    ]);
  });

  it('a delivery that is somebody else’s: left', () => {
    const state = stateOf(7n, [delivery(1, 200), delivery(2, 200)]);
    const { breach } = cheated('producer', state);
    const leave = (lock: Uint8Array) => toHex(lock) === toHex(lockOf(2));
    const all = answerBreach(breach, breach.height, 1000n).flatMap(({ vouts }) => vouts);
    const without = answerBreach(breach, breach.height, 1000n, { leave }).flatMap(({ vouts }) => vouts);
    expect(all.length - without.length).toBe(1);
  });
});
