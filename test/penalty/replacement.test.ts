import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { simulatedChain } from '../../src/chain/simulated/index.ts';
import { claimsDue } from '../../src/penalty/claims.ts';
import { URGENT_BLOCKS } from '../../src/penalty/fees.ts';
import { connectBlock, type Monitor, startMonitor } from '../../src/penalty/monitor.ts';
import { fundingSpec } from '../../src/tx/commitment.ts';
import { fundingValueSat } from '../../src/tx/contract.ts';
import { outputScript } from '../../src/tx/outputs.ts';
import { type Tx, txid } from '../../src/tx/transaction.ts';
import {
  commitmentOf,
  contractOf,
  delivery,
  knowledgeOf,
  lockOf,
  preimageOf,
  signClaim,
  signCommitment,
  stateOf,
} from './support.ts';

const BLOCKS = 12;

/** A seller whose buyer's commitment confirmed, and whose claim no block takes: what it sends with each estimate, and what stays. */
async function play(estimates: readonly bigint[], sats: number) {
  const chain = simulatedChain();
  const draft = contractOf({ txid: '00'.repeat(32), vout: 0 }, { type: 'immediate' });
  chain.mine(20);
  const from = await chain.tip();
  const funding = chain.fund(outputScript(fundingSpec(draft)), fundingValueSat(draft));
  const contract = { ...draft, funding };
  // the expiry is so near that every block of the play is among the last
  const deadline =
    chain.height + BLOCKS - contract.params.toSelfDelay.producer - contract.params.resolutionMargin;
  const state = stateOf(3n, [delivery(1, deadline + 1, 'producer', sats)]);
  const knowledge = knowledgeOf('producer', contract, state, {
    preimages: [{ lock: lockOf(1), preimage: preimageOf(1) }],
  });
  await chain.broadcast(signCommitment(contract, commitmentOf(contract, 'consumer', state)));
  chain.mine();
  let monitor: Monitor = startMonitor(funding, from);
  const steps: {
    readonly sent: Tx;
    readonly feeSat: bigint;
    readonly blocksLeft: number;
    readonly accepted: boolean;
    readonly pool: Tx[];
  }[] = [];
  for (const estimate of estimates) {
    while (monitor.tip.height < chain.height) {
      const block = await chain.block((await chain.blockHash(monitor.tip.height + 1)) ?? '');
      if (block === undefined) throw new Error('a block of the chain');
      monitor = connectBlock(monitor, block, knowledge).monitor;
    }
    const planned = claimsDue(monitor, knowledge, estimate, chain.height).find(
      (each) => each.deadline !== null,
    );
    if (planned !== undefined) {
      const sent = signClaim('producer', planned);
      const { accepted } = await chain.broadcast(sent);
      const blocksLeft = (planned.deadline ?? 0) - chain.height;
      steps.push({ sent, feeSat: planned.claim.feeSat, blocksLeft, accepted, pool: [...chain.mempool()] });
    }
    chain.mine(1, { include: 'nothing' });
  }
  return steps;
}

const sizes = fc.integer({ min: 200, max: 20_000 }).map((thirds) => thirds * 3);

describe('a claim that no block takes', () => {
  it('estimates that do not fall: each block’s claim is taken in place of the last, up to what it brings', async () => {
    const rising = fc
      .array(fc.bigInt({ min: 1_000n, max: 60_000n }), { minLength: BLOCKS, maxLength: BLOCKS })
      .map((rates) => rates.sort((a, b) => Number(a - b)));
    await fc.assert(
      fc.asyncProperty(rising, sizes, async (estimates, sats) => {
        const steps = await play(estimates, sats);
        expect(steps).toHaveLength(BLOCKS);
        expect(steps.at(-1)?.blocksLeft).toBeLessThanOrEqual(1);
        for (const [index, { feeSat, blocksLeft, accepted, pool }] of steps.entries()) {
          expect(pool).toHaveLength(1);
          const before = steps[index - 1]?.feeSat ?? 0n;
          const capped = feeSat + 400n >= BigInt(sats);
          if (blocksLeft <= URGENT_BLOCKS && !capped) expect(accepted).toBe(true);
          expect(feeSat).toBeGreaterThanOrEqual(before);
        }
      }),
      { numRuns: 20 },
    );
  });

  it('estimates that jump up and down: one claim is in the mempool at every moment, and its fee never falls', async () => {
    const jumping = fc.array(fc.bigInt({ min: 1_000n, max: 60_000n }), {
      minLength: BLOCKS,
      maxLength: BLOCKS,
    });
    await fc.assert(
      fc.asyncProperty(jumping, sizes, async (estimates, sats) => {
        const steps = await play(estimates, sats);
        let inPool = 0n;
        for (const { sent, feeSat, accepted, pool } of steps) {
          expect(pool).toHaveLength(1);
          if (accepted) {
            expect(pool.map(txid)).toEqual([txid(sent)]);
            expect(feeSat).toBeGreaterThanOrEqual(inPool);
            inPool = feeSat;
          } else expect(feeSat).toBeLessThan(inPool + 200n);
        }
      }),
      { numRuns: 20 },
    );
  });
});
