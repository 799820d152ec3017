import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { sat } from '../../src/base/amount.ts';
import { equalBytes } from '../../src/base/bytes.ts';
import { invariant } from '../../src/base/invariant.ts';
import { fromJson, toJson } from '../../src/base/json.ts';
import { ROLES, type Role, type Trader } from '../../src/base/role.ts';
import { type SimulatedChain, simulatedChain } from '../../src/chain/simulated/index.ts';
import { arbitrate } from '../../src/dispute/arbitrate.ts';
import { claimsDue } from '../../src/penalty/claims.ts';
import { URGENT_BLOCKS } from '../../src/penalty/fees.ts';
import type { Knowledge } from '../../src/penalty/knowledge.ts';
import {
  connectBlock,
  disconnectBlock,
  finalAmounts,
  fundingDepth,
  isResolved,
  type Monitor,
  type MonitorNotice,
  RESOLVED_DEPTH,
  startMonitor,
} from '../../src/penalty/monitor.ts';
import { fundingSpec } from '../../src/tx/commitment.ts';
import { type Balances, type Contract, fundingValueSat } from '../../src/tx/contract.ts';
import { outputScript } from '../../src/tx/outputs.ts';
import { buildClose } from '../../src/tx/settlement.ts';
import { type Tx, txid } from '../../src/tx/transaction.ts';
import { evidence } from '../dispute/support.ts';
import { secp } from '../support/curve.ts';
import { EFFORT } from '../support/effort.ts';
import {
  commitmentOf,
  contractOf,
  DELAY,
  delivery,
  knowledgeOf,
  lockOf,
  PAYOUT,
  preimageOf,
  proofOf,
  SETTLEMENT,
  signClaim,
  signCommitment,
  signFunding,
  stateOf,
} from './support.ts';

const RATE = 1000n;

/** One party at its monitor, as the driver works it. */
class Watcher {
  readonly role: Role;
  readonly #chain: SimulatedChain;
  knowledge: Knowledge;
  monitor: Monitor;
  notices: MonitorNotice[] = [];

  constructor(chain: SimulatedChain, knowledge: Knowledge, monitor: Monitor) {
    this.role = knowledge.role;
    this.#chain = chain;
    this.knowledge = knowledge;
    this.monitor = monitor;
  }

  /** Follows the chain to its tip, over reorganisations. Every state goes through the disk's codec. */
  async follow(): Promise<void> {
    while ((await this.#chain.blockHash(this.monitor.tip.height)) !== this.monitor.tip.hash) {
      const block = await this.#chain.block(this.monitor.tip.hash);
      invariant(block !== undefined, 'a block that was connected');
      this.#take(disconnectBlock(this.monitor, block));
    }
    while (this.monitor.tip.height < this.#chain.height) {
      const hash = (await this.#chain.blockHash(this.monitor.tip.height + 1)) ?? '';
      const block = await this.#chain.block(hash);
      invariant(block !== undefined, 'a block of the best chain');
      this.#take(connectBlock(this.monitor, block, this.knowledge));
    }
  }

  #take({
    monitor,
    notices,
  }: {
    readonly monitor: Monitor;
    readonly notices: readonly MonitorNotice[];
  }): void {
    const stored = fromJson(toJson(monitor));
    invariant(stored.ok, 'a state that can be stored');
    expect(stored.value).toEqual(monitor);
    this.monitor = monitor;
    this.notices.push(...notices);
    for (const notice of notices)
      if (notice.type === 'preimageSeen')
        this.knowledge = { ...this.knowledge, preimages: [...this.knowledge.preimages, notice] };
  }

  /** Sends every claim that is due; the node has to take each. What is due only a block later it has to refuse. */
  async claim(): Promise<void> {
    const { height } = this.monitor.tip;
    const now = claimsDue(this.monitor, this.knowledge, RATE, height);
    const taken = new Set(now.flatMap(({ claim }) => claim.inputs.map(({ outpoint }) => outpoint.vout)));
    for (const planned of claimsDue(this.monitor, this.knowledge, RATE, height + 1)) {
      if (planned.claim.inputs.some(({ outpoint }) => taken.has(outpoint.vout))) continue;
      const outcome = await this.#chain.testAccept(signClaim(this.role, planned));
      expect(outcome).toMatchObject({ accepted: false, reason: expect.stringMatching(/non-.*final/) });
    }
    for (const planned of now)
      expect(await this.#chain.broadcast(signClaim(this.role, planned))).toEqual({ accepted: true });
  }
}

interface Table {
  readonly chain: SimulatedChain;
  readonly contract: Contract;
  readonly watchers: Record<Role, Watcher>;
  /** Everyone follows, claims, and a block is mined; `blocks` times. */
  readonly play: (blocks: number) => Promise<void>;
}

/** A funded channel at state `latest`, watched by all three from before its funding. */
async function table(latest: Balances, delivered: readonly number[] = []): Promise<Table> {
  const chain = simulatedChain();
  const start = await chain.tip();
  const draft = contractOf({ txid: '00'.repeat(32), vout: 0 });
  const contract = contractOf(chain.fund(outputScript(fundingSpec(draft)), fundingValueSat(draft)));
  const preimages = delivered.map((unit) => ({ lock: lockOf(unit), preimage: preimageOf(unit) }));
  const watcher = (role: Role) => {
    const attestedLocks = role === 'utility' ? delivered.map(lockOf) : [];
    const sold = latest.deliveries.filter((each) => each.seller === role);
    const known = preimages.filter(({ lock }) => sold.some((each) => equalBytes(each.lock, lock)));
    const knowledge = knowledgeOf(role, contract, latest, { preimages: known, attestedLocks });
    return new Watcher(chain, knowledge, startMonitor(contract.funding, start));
  };
  const watchers = {
    consumer: watcher('consumer'),
    producer: watcher('producer'),
    utility: watcher('utility'),
  };
  const play = async (blocks: number) => {
    for (let i = 0; i < blocks; i++) {
      for (const role of ROLES) await watchers[role].follow();
      for (const role of ROLES) await watchers[role].claim();
      chain.mine();
    }
    for (const role of ROLES) await watchers[role].follow();
  };
  return { chain, contract, watchers, play };
}

const commit = ({ contract }: Table, broadcaster: Trader, state: Balances): Tx =>
  signCommitment(contract, commitmentOf(contract, broadcaster, state));

/** What each party finally has, as each of the three sees it. */
function shares({ watchers }: Table) {
  const [first, ...others] = ROLES.map((role) => {
    const { monitor, knowledge } = watchers[role];
    return finalAmounts(monitor, knowledge);
  });
  for (const other of others) expect(other).toEqual(first);
  return first?.taken;
}

const typesOf = (watcher: Watcher) => watcher.notices.map(({ type }) => type);

// Units 1 and 3 are the producer's, 2 is sold by the consumer; 1 and 2 are delivered, 3 is not.
const units = [delivery(1, 30), delivery(2, 32, 'consumer'), delivery(3, 34)];
const latest = stateOf(7n, units);
const LONG = Math.max(...units.map(({ expiry }) => expiry)) + 5;

describe('a commitment on the simulated chain', () => {
  it.each(['consumer', 'producer'] as const)(
    "the %s broadcasts: everyone claims its own in time, what was not delivered is the utility's",
    async (broadcaster) => {
      const scene = await table(latest, [1, 2]);
      const { chain, watchers, play } = scene;
      expect(await chain.broadcast(commit(scene, broadcaster, latest))).toEqual({ accepted: true });
      await play(LONG);
      expect(shares(scene)).toEqual({
        consumer: latest.consumerMsat / 1000n + 30_000n,
        producer: latest.producerMsat / 1000n + 30_000n,
        utility: latest.utilityMsat / 1000n + 30_000n,
      });
      const buyerOf = { 1: watchers.consumer, 2: watchers.producer };
      for (const [unit, buyer] of Object.entries(buyerOf))
        for (const who of [buyer, watchers.utility])
          expect(who.notices).toContainEqual({
            type: 'preimageSeen',
            lock: lockOf(Number(unit)),
            preimage: preimageOf(Number(unit)),
          });
      chain.mine(RESOLVED_DEPTH, { include: 'nothing' });
      for (const role of ROLES) {
        await watchers[role].follow();
        expect(isResolved(watchers[role].monitor, watchers[role].knowledge)).toBe(true);
        expect(typesOf(watchers[role]).filter((type) => type === 'resolved')).toHaveLength(1);
      }
    },
  );

  it('a seller offline until the expiry: the utility takes what it did not attest, the rest waits for the seller', async () => {
    const scene = await table(latest, [1, 2]);
    const { chain, watchers } = scene;
    await chain.broadcast(commit(scene, 'consumer', latest));
    for (let i = 0; i < LONG; i++) {
      await watchers.utility.follow();
      await watchers.utility.claim();
      chain.mine();
    }
    await scene.play(DELAY.consumer + 1);
    expect(shares(scene)).toMatchObject({
      producer: latest.producerMsat / 1000n + 30_000n,
      utility: latest.utilityMsat / 1000n + 30_000n,
    });
  });

  it('blocks without room until the deadline: each claim of the seller replaces the last, at a higher fee', async () => {
    const scene = await table(latest, [1]);
    const { chain, watchers } = scene;
    const { producer } = watchers;
    await chain.broadcast(commit(scene, 'consumer', latest));
    await scene.play(1);
    const fees = new Set<bigint>();
    const expiry = units[0]?.expiry ?? 0;
    while (chain.height < expiry - 1) {
      await producer.follow();
      await producer.claim();
      const [urgent] = claimsDue(producer.monitor, producer.knowledge, RATE, chain.height);
      fees.add(urgent?.claim.feeSat ?? 0n);
      chain.mine(1, { include: 'nothing' });
    }
    expect(fees.size).toBe(URGENT_BLOCKS);
    await scene.play(1);
    expect(chain.height).toBe(expiry);
    expect(producer.notices).toContainEqual(
      expect.objectContaining({ by: 'producer', how: 'preimage', height: expiry }),
    );
  });

  it('a revoked one: the static outputs are claimed by their scripts, the rest is left for justice', async () => {
    const scene = await table(latest, [1]);
    const { chain, watchers, contract } = scene;
    const old = stateOf(3n, [delivery(1, 30)]);
    await chain.broadcast(signCommitment(contract, commitmentOf(contract, 'producer', old)));
    await scene.play(3);
    const { monitor, knowledge, notices } = watchers.consumer;
    expect(notices).toContainEqual(
      expect.objectContaining({
        spend: { kind: 'revoked', n: 3n, broadcaster: 'producer', commitment: null },
      }),
    );
    expect(finalAmounts(monitor, knowledge)).toMatchObject({
      taken: { consumer: old.consumerMsat / 1000n, producer: 0n, utility: old.utilityMsat / 1000n },
      untaken: old.producerMsat / 1000n + 30_000n + 240n,
    });
    expect(isResolved(monitor, knowledge, 1)).toBe(false);
  });
});

describe('settlements on the simulated chain', () => {
  it('a close: known to the traders that signed it and to the utility that did not', async () => {
    const state = stateOf(7n);
    const scene = await table(state);
    const { chain, contract, watchers } = scene;
    const built = buildClose(contract, state, 'consumer', sat(970), PAYOUT);
    invariant(built.ok, 'the reserve pays the fee');
    const close = signFunding(contract, built.value.tx, ['consumer', 'producer']);
    for (const trader of ['consumer', 'producer'] as const) {
      const settlements = [{ txid: txid(close), kind: 'close' as const }];
      watchers[trader].knowledge = { ...watchers[trader].knowledge, settlements };
    }
    expect(await chain.broadcast(close)).toEqual({ accepted: true });
    await scene.play(2);
    for (const role of ROLES) {
      const { monitor, knowledge, notices } = watchers[role];
      expect(notices).toContainEqual(expect.objectContaining({ spend: { kind: 'close' } }));
      expect(finalAmounts(monitor, knowledge)?.taken[role]).toBe(built.value.paidSat[role]);
      expect(isResolved(monitor, knowledge, 2)).toBe(true);
    }
  });

  it('a penalty: judged by the utility, refused by the chain before T, seen as arbitrated by all', async () => {
    const scene = await table(latest);
    const { chain, contract, watchers } = scene;
    const judge = () =>
      arbitrate(secp, {
        channel: { ...disputedChannel, contract },
        claim: {
          claimant: 'consumer',
          proof: proofOf(contract, 'consumer', latest),
          openedAt: 60,
          feeSat: sat(970),
          maxFeeSat: sat(970),
        },
        proofs: [],
        readings: [],
        statements: [],
        deadlineTimes: [],
        height: chain.height,
      });
    chain.mine(SETTLEMENT - 1 - chain.height);
    expect(judge()).toMatchObject({ type: 'wait', until: SETTLEMENT });
    chain.mine(1);
    const verdict = judge();
    invariant(verdict.type === 'penalise', 'past T');
    const penalty = signFunding(contract, verdict.settlement.tx, ['consumer', 'utility']);
    chain.reorg(1, { mine: 0 });
    expect(await chain.testAccept(penalty)).toEqual({ accepted: false, reason: 'non-final' });
    chain.mine(1);
    expect(await chain.broadcast(penalty)).toEqual({ accepted: true });
    await scene.play(1);
    for (const role of ROLES) {
      const { monitor, knowledge, notices } = watchers[role];
      expect(notices).toContainEqual(expect.objectContaining({ spend: { kind: 'arbitrated' } }));
      expect(finalAmounts(monitor, knowledge)?.taken[role]).toBe(verdict.settlement.paidSat[role]);
    }
    expect(verdict.settlement.paidSat.utility).toBe(10_000n + 90_000n);
  });
});

const { channel: disputedChannel } = evidence();

describe('reorganisations of the simulated chain', () => {
  it('the funding is undone and comes back: told, and its depth counts again', async () => {
    const scene = await table(latest);
    await scene.play(3);
    scene.chain.reorg(4, { mine: 2, include: 'nothing' });
    const { consumer } = scene.watchers;
    await consumer.follow();
    expect(fundingDepth(consumer.monitor)).toBe(0);
    scene.chain.mine(2);
    await consumer.follow();
    expect(fundingDepth(consumer.monitor)).toBe(2);
    expect(typesOf(consumer)).toEqual(['fundingConfirmed', 'fundingReorganised', 'fundingConfirmed']);
  });

  it("one commitment is replaced by the other side's after claims confirmed: everyone claims anew", async () => {
    const scene = await table(latest, [1, 2]);
    const { chain } = scene;
    await chain.broadcast(commit(scene, 'consumer', latest));
    await scene.play(12);
    const rival = commit(scene, 'producer', latest);
    chain.reorg(12, { include: [rival] });
    await scene.play(LONG);
    const { watchers } = scene;
    expect(typesOf(watchers.consumer).filter((type) => type === 'fundingSpendReorganised')).toHaveLength(1);
    expect(watchers.consumer.monitor.spend?.txid).toBe(txid(rival));
    expect(shares(scene)).toEqual({
      consumer: latest.consumerMsat / 1000n + 30_000n,
      producer: latest.producerMsat / 1000n + 30_000n,
      utility: latest.utilityMsat / 1000n + 30_000n,
    });
  });
});

/** Deliveries with any seller and deadline, each delivered or not. */
const anyUnits = fc.array(
  fc.record({
    seller: fc.constantFrom<Trader>('consumer', 'producer'),
    deadline: fc.integer({ min: 25, max: 45 }),
    isDelivered: fc.boolean(),
  }),
  { maxLength: 6 },
);
const anyReorgs = fc.array(
  fc.record({ after: fc.integer({ min: 1, max: 12 }), depth: fc.integer({ min: 1, max: 9 }) }),
  { maxLength: 3 },
);

describe('whatever is in flight and however the chain reorganises', () => {
  it('sellers in time get what they delivered, the utility the rest, each its balance, and nobody else anything', async () => {
    await fc.assert(
      fc.asyncProperty(
        anyUnits,
        fc.constantFrom<Trader>('consumer', 'producer'),
        anyReorgs,
        async (chosen, broadcaster, reorgs) => {
          const deliveries = chosen.map(({ deadline, seller }, i) => delivery(i + 1, deadline, seller));
          const delivered = chosen.flatMap(({ isDelivered }, i) => (isDelivered ? [i + 1] : []));
          const state = stateOf(5n, deliveries);
          const scene = await table(state, delivered);
          await scene.chain.broadcast(commit(scene, broadcaster, state));
          await scene.play(1);
          for (const { after, depth } of reorgs) {
            await scene.play(after);
            const { spend } = scene.watchers.consumer.monitor;
            const since = spend === null ? 0 : scene.chain.height - spend.height;
            if (since > 0) scene.chain.reorg(Math.min(depth, since));
          }
          await scene.play(75);
          const won = (role: Role) =>
            30_000n *
            BigInt(chosen.filter((each) => (each.isDelivered ? each.seller : 'utility') === role).length);
          expect(shares(scene)).toEqual({
            consumer: state.consumerMsat / 1000n + won('consumer'),
            producer: state.producerMsat / 1000n + won('producer'),
            utility: state.utilityMsat / 1000n + won('utility'),
          });
        },
      ),
      { numRuns: 8 * EFFORT },
    );
  });
});
