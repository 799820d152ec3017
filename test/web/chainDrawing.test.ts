import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { agoText, countByHeight, type SeenBlock, STRIP, withTip } from '../../web/src/views/chain/blocks.ts';
import { BOX, type GraphTransaction, layout } from '../../web/src/views/chain/graph.ts';

/** Transactions in causal order, each spending outputs of earlier ones or coins from elsewhere, no output twice. */
const history = fc
  .array(
    fc.record({
      outputs: fc.integer({ min: 1, max: 5 }),
      spends: fc.array(fc.record({ of: fc.nat(9), vout: fc.nat(4) }), { minLength: 1, maxLength: 4 }),
    }),
    { maxLength: 10 },
  )
  .map((seeds) => {
    const spent = new Set<string>();
    const made: GraphTransaction[] = [];
    for (const [index, { outputs, spends }] of seeds.entries()) {
      const inputs = spends.flatMap(({ of, vout }) => {
        const parent = made[of];
        const key = `${of}:${vout}`;
        if (parent === undefined || vout >= parent.outputs.length || spent.has(key)) return [];
        spent.add(key);
        return [{ txid: parent.txid, vout, what: 'unrecognised' as const }];
      });
      made.push({
        txid: `tx${index}`,
        inputs: [...inputs, { txid: 'elsewhere', vout: index, what: 'coin' }],
        outputs: Array.from({ length: outputs }, (_, vout) => ({ vout })),
      });
    }
    return made;
  });

describe('the graph of a channel’s transactions', () => {
  it('any history: a box for each transaction, right of all that it spends, inside the frame, none over another', () => {
    fc.assert(
      fc.property(history, (transactions) => {
        const { boxes, width, height } = layout(transactions);
        expect(boxes.map(({ transaction }) => transaction.txid).sort()).toEqual(
          transactions.map(({ txid }) => txid).sort(),
        );
        const x = new Map(boxes.map((box) => [box.transaction.txid, box.x]));
        for (const box of boxes) {
          for (const { txid } of box.transaction.inputs) expect(x.get(txid) ?? -1).toBeLessThan(box.x);
          expect(box.x + BOX.width).toBeLessThanOrEqual(width);
          expect(box.y + box.height).toBeLessThanOrEqual(height);
          const covered = boxes.filter(
            (other) =>
              other !== box &&
              other.x === box.x &&
              other.y < box.y + box.height &&
              box.y < other.y + other.height,
          );
          expect(covered).toEqual([]);
        }
      }),
    );
  });

  it('any history: one edge for each output that a transaction of it spends, and none for coins from elsewhere', () => {
    fc.assert(
      fc.property(history, (transactions) => {
        const known = new Set(transactions.map(({ txid }) => txid));
        const spends = transactions.flatMap(({ txid, inputs }) =>
          inputs
            .filter((input) => known.has(input.txid))
            .map((input) => `${input.txid}:${input.vout} ${txid}`),
        );
        const edges = layout(transactions).edges.map(({ from, vout, to }) => `${from}:${vout} ${to}`);
        expect(edges.sort()).toEqual(spends.sort());
      }),
    );
  });
});

describe('the strip of blocks', () => {
  const event = fc.oneof(
    fc.record({ by: fc.integer({ min: 1, max: 12 }) }),
    fc.record({ by: fc.integer({ min: -5, max: 0 }) }),
  );

  it('whatever happens to the chain: consecutive heights up to the tip, the tip with its hash', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 300 }), fc.array(event, { maxLength: 20 }), (start, events) => {
        let height = start;
        let blocks: readonly SeenBlock[] = withTip([], { height, hash: 'first' }, 0);
        for (const [index, { by }] of events.entries()) {
          height = Math.max(0, height + by);
          blocks = withTip(blocks, { height, hash: `hash ${index}` }, index);
          expect(blocks.at(-1)).toEqual({ height, hash: `hash ${index}`, seenAt: index });
          expect(blocks.length).toBe(Math.min(STRIP, height + 1));
          for (const [place, block] of blocks.entries())
            expect(block.height).toBe(height - blocks.length + 1 + place);
        }
      }),
    );
  });

  it('the first look does not say when its tip came, and a tip that is told again is no new block', () => {
    const first = withTip([], { height: 5, hash: 'a' }, 1000);
    expect(first.every(({ seenAt }) => seenAt === null)).toBe(true);
    expect(withTip(first, { height: 5, hash: 'a' }, 2000)).toBe(first);
  });

  it('a transaction counts in its block, once, and in none while it waits', () => {
    const counts = countByHeight([
      { txid: 'a', height: 5 },
      { txid: 'b', height: 5 },
      { txid: 'a', height: 5 },
      { txid: 'c', height: null },
    ]);
    expect([...counts]).toEqual([[5, 2]]);
  });

  it('how long ago, in words', () => {
    expect([0, 999, 1000, 59_999, 60_000, 3_599_999, 3_600_000].map(agoText)).toEqual([
      'just now',
      'just now',
      '1 s ago',
      '59 s ago',
      '1 min ago',
      '59 min ago',
      '1 h ago',
    ]);
  });
});
