import { describe, expect, it } from 'vitest';
import { fromJson, toJson } from '../../src/base/json.ts';
import type { BlockRef } from '../../src/chain/port.ts';
import type { Knowledge } from '../../src/penalty/knowledge.ts';
import {
  connectBlock,
  disconnectBlock,
  finalAmounts,
  fundingDepth,
  fundingSpendOf,
  isResolved,
  type Monitor,
  type MonitorNotice,
  RESOLVED_DEPTH,
  startMonitor,
} from '../../src/penalty/monitor.ts';
import type { OutputSpec } from '../../src/tx/outputs.ts';
import type { DeliverySpec } from '../../src/tx/spending.ts';
import { type Tx, txid, unsignedInput } from '../../src/tx/transaction.ts';
import {
  blockAfter,
  commitmentOf,
  delivery,
  funded,
  knowledgeOf,
  known,
  lockOf,
  PAYOUT,
  preimageOf,
  START,
  signCommitment,
  stateOf,
  taking,
  takingAnchor,
} from './support.ts';

const { funding, contract } = funded();
const latest = stateOf(7n, [delivery(1, 150)]);
const consumers = knowledgeOf('consumer', contract, latest);
const producers = knowledgeOf('producer', contract, latest);
const utilitys = knowledgeOf('utility', contract, latest);

const commitment = commitmentOf(contract, 'consumer', latest);
const spend = signCommitment(contract, commitment);
const voutOf = (kind: string) => commitment.outputs.findIndex((output) => output.kind === kind);
function specOf<T extends OutputSpec>(kind: string): T {
  const output = commitment.outputs[voutOf(kind)];
  if (output === undefined || !('spec' in output)) throw new Error(`no ${kind}`);
  return output.spec as T;
}
const deliverySpec = specOf<DeliverySpec>('delivery');
const bySeller = taking(spend, voutOf('delivery'), {
  path: 'preimage',
  spec: deliverySpec,
  preimage: preimageOf(1),
});
const byUtility = taking(spend, voutOf('delivery'), { path: 'expiry', spec: deliverySpec });
const toCounterparty = taking(spend, voutOf('toCounterparty'), {
  path: 'payment',
  spec: specOf('toCounterparty'),
});
const toUtility = taking(spend, voutOf('toUtility'), { path: 'payment', spec: specOf('toUtility') });
const toBroadcaster = taking(spend, voutOf('toBroadcaster'), {
  path: 'delayed',
  spec: specOf('toBroadcaster'),
});

/** Connects one block for each list of transactions. */
function follow(blocks: readonly (readonly Tx[])[], knowledge: Knowledge = consumers, from?: Monitor) {
  let monitor = from ?? startMonitor(contract.funding, START);
  let notices: readonly MonitorNotice[] = [];
  for (const transactions of blocks)
    ({ monitor, notices } = connectBlock(monitor, blockAfter(monitor.tip, transactions), knowledge));
  return { monitor, notices };
}
const empty = (count: number): readonly (readonly Tx[])[] => Array.from({ length: count }, () => []);

describe('funding', () => {
  it('confirmed: told once, its depth counts up', () => {
    const { monitor, notices } = follow([[], [funding]]);
    expect(notices).toEqual([{ type: 'fundingConfirmed', height: 102 }]);
    expect(fundingDepth(startMonitor(contract.funding, START))).toBe(0);
    expect(fundingDepth(monitor)).toBe(1);
    expect(fundingDepth(follow(empty(2), consumers, monitor).monitor)).toBe(3);
  });

  it('reorganised out: told, the depth is 0 again, and the transaction is kept until it is in a block again', () => {
    const before = follow([[]]).monitor;
    const block = blockAfter(before.tip, [funding]);
    const step = disconnectBlock(connectBlock(before, block, consumers).monitor, block);
    expect(step.notices).toEqual([{ type: 'fundingReorganised' }]);
    expect(step.monitor).toEqual({ ...before, undoneFunding: funding });
    expect(fundingDepth(step.monitor)).toBe(0);
    expect(follow([[]], consumers, step.monitor).monitor.undoneFunding).toEqual(funding);
    expect(follow([[], [funding]], consumers, step.monitor).monitor.undoneFunding).toBeNull();
  });

  it('spent: told as what, and the spend in the same block as the funding counts', () => {
    const { monitor, notices } = follow([[funding, spend, toCounterparty]]);
    expect(notices.map((notice) => notice.type)).toEqual(['fundingConfirmed', 'fundingSpent', 'outputSpent']);
    expect(notices[1]).toEqual({
      type: 'fundingSpent',
      spend: { kind: 'ownCommitment', commitment },
      txid: txid(spend),
      height: 101,
    });
    expect(fundingSpendOf(monitor, producers)?.kind).toBe('peerLatest');
  });

  it('another output of the funding transaction spent: no notice', () => {
    const change: Tx = { ...spend, inputs: [unsignedInput({ ...contract.funding, vout: 1 })] };
    expect(follow([[funding], [change]]).notices).toEqual([]);
  });

  it('a spend seen without its funding, the monitor started late: followed all the same', () => {
    expect(follow([[spend]]).notices.map((notice) => notice.type)).toEqual(['fundingSpent']);
  });

  it('a proof that comes after the spend confirmed: the spend is known from then on', () => {
    const blind = { ...utilitys, commitments: [] };
    const { monitor, notices } = follow([[funding], [spend]], blind);
    expect(notices).toMatchObject([{ type: 'fundingSpent', spend: { kind: 'unknown', n: 7n } }]);
    const commitments = [known('consumer', 'proved', latest)];
    expect(fundingSpendOf(monitor, { ...blind, commitments })?.kind).toBe('proved');
  });
});

describe('outputs', () => {
  const spent = [[funding], [spend]];

  it.each([
    [toBroadcaster, 'toBroadcaster', 'consumer', 'delayed'],
    [toCounterparty, 'toCounterparty', 'producer', 'payment'],
    [toUtility, 'toUtility', 'utility', 'payment'],
    [byUtility, 'delivery', 'utility', 'expiry'],
    [takingAnchor(spend, voutOf('anchor')), 'anchor', null, 'anchor'],
  ])('$1 taken: by whom and how', (tx, kind, by, how) => {
    const { notices } = follow([...spent, [tx]]);
    expect(notices).toEqual([
      {
        type: 'outputSpent',
        outpoint: { txid: txid(spend), vout: voutOf(kind) },
        by,
        how,
        txid: txid(tx),
        height: 103,
      },
    ]);
  });

  it('the seller takes a delivery: buyer and utility learn the preimage, who knows it is not told', () => {
    const seen = { type: 'preimageSeen', lock: lockOf(1), preimage: preimageOf(1) };
    for (const knowledge of [consumers, utilitys])
      expect(follow([...spent, [bySeller]], knowledge).notices[1]).toEqual(seen);
    const preimages = [{ lock: lockOf(1), preimage: preimageOf(1) }];
    expect(follow([...spent, [bySeller]], { ...producers, preimages }).notices).toHaveLength(1);
  });

  it('one transaction takes two: two notices', () => {
    const both: Tx = { ...toUtility, inputs: [...toUtility.inputs, ...byUtility.inputs] };
    const { notices } = follow([...spent, [both]]);
    expect(notices).toMatchObject([{ how: 'payment' }, { how: 'expiry' }]);
  });

  it('reorganised out in one block with the spend: undone in reverse order', () => {
    const before = follow([[funding]]).monitor;
    const block = blockAfter(before.tip, [spend, toCounterparty]);
    const step = disconnectBlock(connectBlock(before, block, consumers).monitor, block);
    expect(step.notices.map((notice) => notice.type)).toEqual([
      'outputSpendReorganised',
      'fundingSpendReorganised',
    ]);
    expect(step.monitor).toEqual(before);
  });
});

describe('resolved', () => {
  const spent = [[funding], [spend]];

  it('our outputs taken and all of it deep: told once, with who has what', () => {
    const taken = follow([...spent, [toBroadcaster, toCounterparty, bySeller]]).monitor;
    const almost = follow(empty(RESOLVED_DEPTH - 2), consumers, taken);
    expect(almost.notices).toEqual([]);
    expect(isResolved(almost.monitor, consumers)).toBe(false);
    const done = follow([[]], consumers, almost.monitor);
    expect(done.notices).toMatchObject([
      {
        type: 'resolved',
        spend: { kind: 'ownCommitment' },
        amounts: {
          taken: { consumer: 569_993n, producer: 390_007n + 30_000n, utility: 0n },
          untaken: 10_240n,
          elsewhere: 0n,
        },
      },
    ]);
    expect(follow([[]], consumers, done.monitor).notices).toEqual([]);
  });

  it('our own output untaken: never resolved, however deep', () => {
    const { monitor } = follow([...spent, ...empty(2 * RESOLVED_DEPTH)]);
    expect(isResolved(monitor, consumers)).toBe(false);
    expect(isResolved(monitor, { ...utilitys, attestedLocks: [lockOf(1)] })).toBe(false);
  });

  it("others' outputs untaken: resolved for whoever has nothing there", () => {
    const { monitor } = follow([...spent, [toUtility], ...empty(RESOLVED_DEPTH)]);
    expect(isResolved(monitor, { ...utilitys, attestedLocks: [lockOf(1)] })).toBe(true);
  });

  it('a delivery that the utility may still take, or a seller still hopes for: not resolved', () => {
    const { monitor } = follow([...spent, [toUtility, toCounterparty], ...empty(RESOLVED_DEPTH)]);
    expect(isResolved(monitor, utilitys)).toBe(false);
    expect(isResolved(monitor, producers)).toBe(false);
  });

  it('an output that costs more than it brings: does not hold up', () => {
    const state = stateOf(7n, [], 400_000n);
    const small = commitmentOf(contract, 'consumer', state);
    const tx = signCommitment(contract, small);
    const knowledge = knowledgeOf('utility', contract, state);
    const { monitor } = follow([[funding], [tx], ...empty(RESOLVED_DEPTH)], knowledge);
    expect(small.outputs.some((output) => output.kind === 'toUtility')).toBe(true);
    expect(isResolved(monitor, knowledge)).toBe(true);
  });

  it('a revoked commitment: what the justice transaction is to take holds up the victim, not the cheat', () => {
    const old = commitmentOf(contract, 'producer', stateOf(3n));
    const tx = signCommitment(contract, old);
    const vout = old.outputs.findIndex((output) => output.kind === 'toCounterparty');
    const counterparty = old.outputs[vout];
    if (counterparty?.kind !== 'toCounterparty') throw new Error('no to_counterparty');
    const spec = counterparty.spec;
    if (spec.type !== 'toCounterparty') throw new Error('no to_counterparty');
    const ours = taking(tx, vout, { path: 'payment', spec });
    const { monitor } = follow([[funding], [tx], [ours], ...empty(RESOLVED_DEPTH)]);
    expect(fundingSpendOf(monitor, consumers)).toMatchObject({ kind: 'revoked', broadcaster: 'producer' });
    expect(isResolved(monitor, consumers)).toBe(false);
    expect(isResolved(monitor, producers)).toBe(true);
  });

  it('a close: resolved once deep, our part told by its script', () => {
    const close: Tx = {
      ...spend,
      version: 2,
      locktime: 0,
      outputs: [
        { value: spend.outputs[3]?.value ?? contract.params.dustLimitSat, script: PAYOUT.consumer },
        { value: contract.params.dustLimitSat, script: PAYOUT.producer },
      ],
    };
    const settlements = [{ txid: txid(close), kind: 'close' as const }];
    const knowledge = { ...consumers, settlements };
    const { monitor, notices } = follow([[funding], [close], ...empty(RESOLVED_DEPTH - 1)], knowledge);
    expect(notices).toMatchObject([{ type: 'resolved', spend: { kind: 'close' } }]);
    expect(finalAmounts(monitor, knowledge)).toEqual({
      taken: { consumer: close.outputs[0]?.value, producer: 0n, utility: 0n },
      untaken: 0n,
      elsewhere: 330n,
    });
  });

  it('the block that resolved it is reorganised out: resolved and told again by the next', () => {
    const before = follow([...spent, [toBroadcaster], ...empty(RESOLVED_DEPTH - 2)]).monitor;
    const block = blockAfter(before.tip, [], 'lost');
    const back = disconnectBlock(connectBlock(before, block, consumers).monitor, block).monitor;
    expect(back).toEqual(before);
    expect(follow([[]], consumers, back).notices).toMatchObject([{ type: 'resolved' }]);
  });
});

describe('monitor', () => {
  it('finalAmounts before any spend: null', () => {
    expect(finalAmounts(follow([[funding]]).monitor, consumers)).toBeNull();
  });

  it('stored and read again: equal', () => {
    const { monitor } = follow([[funding], [spend], [bySeller, toUtility]]);
    expect(fromJson(toJson(monitor))).toEqual({ ok: true, value: monitor });
  });

  it('a block that does not follow the tip, or one undone that is not the tip: our own bug', () => {
    const { monitor } = follow([[]]);
    const elsewhere: BlockRef = { height: monitor.tip.height, hash: '22'.repeat(32) };
    expect(() => connectBlock(monitor, blockAfter(elsewhere), consumers)).toThrow('does not follow');
    expect(() => connectBlock(monitor, blockAfter(START), consumers)).toThrow('does not follow');
    expect(() => disconnectBlock(monitor, blockAfter(elsewhere))).toThrow('not the tip');
  });
});
