import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fromJson, toJson } from '../../src/base/json.ts';
import { ROLES } from '../../src/base/role.ts';
import type { Block } from '../../src/chain/port.ts';
import { planClaims } from '../../src/penalty/claims.ts';
import type { Knowledge } from '../../src/penalty/knowledge.ts';
import { connectBlock, disconnectBlock, type Monitor, startMonitor } from '../../src/penalty/monitor.ts';
import type { Commitment } from '../../src/tx/commitment.ts';
import type { Spend } from '../../src/tx/spending.ts';
import { outpointKey, type Tx, txid } from '../../src/tx/transaction.ts';
import {
  blockAfter,
  commitmentOf,
  delivery,
  funded,
  knowledgeOf,
  lockOf,
  preimageOf,
  START,
  signCommitment,
  stateOf,
  taking,
  takingAnchor,
} from './support.ts';

const { funding, contract } = funded();
const latest = stateOf(7n, [delivery(1, 104), delivery(2, 106, 'consumer')]);
const preimages = [1, 2].map((unit) => ({ lock: lockOf(unit), preimage: preimageOf(unit) }));

/** Every transaction that could come, rivals included. */
const transactions: readonly Tx[] = [
  funding,
  ...[
    commitmentOf(contract, 'consumer', latest),
    commitmentOf(contract, 'producer', latest),
    commitmentOf(contract, 'producer', stateOf(2n)),
  ].flatMap((commitment) => {
    const spend = signCommitment(contract, commitment);
    return [spend, ...takings(commitment, spend)];
  }),
];

function takings(commitment: Commitment, spend: Tx): readonly Tx[] {
  return commitment.outputs.flatMap((output, vout) => {
    if (output.kind === 'anchor') return [takingAnchor(spend, vout)];
    return spendsOf(output.spec).map((path) => taking(spend, vout, path));
  });
}

function spendsOf(spec: Extract<Commitment['outputs'][number], { spec: unknown }>['spec']): readonly Spend[] {
  switch (spec.type) {
    case 'toBroadcaster':
      return [
        { path: 'delayed', spec },
        { path: 'revocation', spec },
      ];
    case 'toCounterparty':
    case 'toUtility':
      return [{ path: 'payment', spec }];
    case 'sellerDelivery':
    case 'buyerDelivery':
      return [
        { path: 'expiry', spec },
        ...preimages
          .filter(({ lock }) => lock.every((byte, i) => byte === spec.lock[i]))
          .map(({ preimage }): Spend => ({ path: 'preimage', spec, preimage })),
      ];
    case 'funding':
      return [];
  }
}

/** The transactions whose inputs `chain` holds unspent: picks of them make a valid block (locks aside). */
function spendable(chain: readonly Block[], picks: readonly number[]): readonly Tx[] {
  const confirmed = new Set(chain.flatMap((block) => block.transactions.map((each) => each.txid)));
  const spent = new Set(
    chain.flatMap((block) => block.transactions.flatMap(({ tx }) => tx.inputs.map(outpointKey))),
  );
  const chosen: Tx[] = [];
  for (const pick of picks) {
    const tx = transactions[pick % transactions.length] as Tx;
    const isFunding = tx === funding;
    const isPossible = tx.inputs.every(
      (input) => !spent.has(outpointKey(input)) && (isFunding || confirmed.has(input.txid)),
    );
    if (!isPossible) continue;
    confirmed.add(txid(tx));
    for (const input of tx.inputs) spent.add(outpointKey(input));
    chosen.push(tx);
  }
  return chosen;
}

/** A schedule: undo some blocks, then mine one with some of the transactions. The first picks favour the funding and a commitment. */
const schedule = fc.array(
  fc.record({
    undo: fc.oneof({ weight: 3, arbitrary: fc.constant(0) }, fc.integer({ min: 1, max: 6 })),
    picks: fc.array(fc.nat({ max: transactions.length - 1 }), { maxLength: 12 }),
  }),
  { minLength: 1, maxLength: 25 },
);

const party = fc
  .constantFrom(...ROLES)
  .map((role): Knowledge => knowledgeOf(role, contract, latest, { preimages }));

function connected(knowledge: Knowledge, chain: readonly Block[]): Monitor {
  return chain.reduce(
    (monitor, block) => connectBlock(monitor, block, knowledge).monitor,
    startMonitor(contract.funding, START),
  );
}

const UNDONE_BY = new Map([
  ['fundingConfirmed', 'fundingReorganised'],
  ['fundingSpent', 'fundingSpendReorganised'],
  ['outputSpent', 'outputSpendReorganised'],
]);

describe('reorganisations', () => {
  it('any schedule: each undone block leaves what was before, the end is that of a fresh replay', () => {
    fc.assert(
      fc.property(party, schedule, (knowledge, steps) => {
        const chain: Block[] = [];
        let monitor = startMonitor(contract.funding, START);
        for (const [number, { undo, picks }] of steps.entries()) {
          for (let i = 0; i < undo && chain.length > 0; i++)
            monitor = disconnectBlock(monitor, chain.pop() as Block).monitor;
          const block = blockAfter(monitor.tip, spendable(chain, [0, ...picks]), `branch ${number}`);
          const next = connectBlock(monitor, block, knowledge);
          const back = disconnectBlock(next.monitor, block).monitor;
          expect({ ...back, undoneFunding: monitor.undoneFunding }).toEqual(monitor);
          expect(back.undoneFunding === null).toBe(
            monitor.confirmedAt !== null ||
              (next.monitor.confirmedAt === null && monitor.undoneFunding === null),
          );
          const stored = fromJson(toJson(next.monitor));
          expect(stored).toEqual({ ok: true, value: next.monitor });
          monitor = next.monitor;
          chain.push(block);
        }
        expect(monitor).toEqual(connected(knowledge, chain));
      }),
      { numRuns: 150 },
    );
  });

  it('a block connected and undone: each notice of the chain is taken back, the last first', () => {
    fc.assert(
      fc.property(party, schedule, (knowledge, steps) => {
        let monitor = startMonitor(contract.funding, START);
        const chain: Block[] = [];
        for (const { picks } of steps) {
          const block = blockAfter(monitor.tip, spendable(chain, [0, ...picks]));
          const there = connectBlock(monitor, block, knowledge);
          const back = disconnectBlock(there.monitor, block);
          const given = there.notices.flatMap(({ type }) => UNDONE_BY.get(type) ?? []);
          expect(back.notices.map(({ type }) => type)).toEqual(given.reverse());
          monitor = there.monitor;
          chain.push(block);
        }
      }),
      { numRuns: 60 },
    );
  });

  it('any chain: claims spend only outputs that nobody took, each once, and do not change when asked again', () => {
    fc.assert(
      fc.property(party, schedule, fc.integer({ min: 1000, max: 60_000 }), (knowledge, steps, rate) => {
        let monitor = startMonitor(contract.funding, START);
        const chain: Block[] = [];
        for (const { picks } of steps) {
          const block = blockAfter(monitor.tip, spendable(chain, [0, ...picks]));
          monitor = connectBlock(monitor, block, knowledge).monitor;
          chain.push(block);
          const { height } = monitor.tip;
          const plan = planClaims(monitor, knowledge, BigInt(rate), height);
          expect(planClaims(monitor, knowledge, BigInt(rate), height)).toEqual(plan);
          const spent = chain.flatMap((each) =>
            each.transactions.flatMap(({ tx }) => tx.inputs.map(outpointKey)),
          );
          const planned = [
            ...plan.due.flatMap(({ claim }) => claim.inputs.map(({ outpoint }) => outpointKey(outpoint))),
            ...plan.left.map(({ outpoint }) => outpointKey(outpoint)),
          ];
          expect(new Set(planned).size).toBe(planned.length);
          expect(planned.filter((each) => spent.includes(each))).toEqual([]);
          for (const { claim, signWith } of plan.due) {
            expect(claim.tx.locktime).toBeLessThanOrEqual(height);
            expect(signWith).toHaveLength(claim.inputs.length);
            expect(claim.tx.outputs).toHaveLength(1);
          }
        }
      }),
      { numRuns: 60 },
    );
  });
});
