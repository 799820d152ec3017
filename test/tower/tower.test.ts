import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { toHex } from '../../src/base/bytes.ts';
import { fromJson, toJson } from '../../src/base/json.ts';
import { type SimulatedChain, simulatedChain } from '../../src/chain/simulated/index.ts';
import { createTower, type Tower, type TowerNotice, type TowerOptions } from '../../src/node/tower.ts';
import { type MemoryStore, memoryStore } from '../../src/store/memory.ts';
import { hintKey, hintOf, sealJustice, type TowerBlob } from '../../src/tower/blob.ts';
import { deadlineOf } from '../../src/tower/breach.ts';
import { connectTower, disconnectTower, startTower } from '../../src/tower/watch.ts';
import { fundingSpec } from '../../src/tx/commitment.ts';
import { type Contract, fundingValueSat } from '../../src/tx/contract.ts';
import { outputScript, witnessScript } from '../../src/tx/outputs.ts';
import { witnessOf } from '../../src/tx/spending.ts';
import { sighashV0, type Tx, txid, unsignedInput, withWitness } from '../../src/tx/transaction.ts';
import {
  blockAfter,
  commitmentOf,
  contractOf,
  DELAY,
  delivery,
  funded,
  lockOf,
  PAYOUT,
  START,
  secretOf,
  signCommitment,
  stateOf,
} from '../penalty/support.ts';
import { secp } from '../support/curve.ts';
import { blobOf } from './support.ts';

/** A channel on a simulated chain, a watchtower that knows nothing of it, and the producer who will cheat. */
class Scene {
  readonly chain: SimulatedChain = simulatedChain();
  readonly contract: Contract;
  readonly state = stateOf(7n, [delivery(1, 200), delivery(2, 200)]);
  readonly told: TowerNotice[] = [];
  store: MemoryStore = memoryStore();
  tower: Tower | undefined;

  constructor() {
    this.chain.mine(1);
    const draft = contractOf({ txid: '00'.repeat(32), vout: 0 });
    const funding = this.chain.fund(outputScript(fundingSpec(draft)), fundingValueSat(draft));
    this.contract = { ...draft, funding };
  }

  get commitment() {
    return commitmentOf(this.contract, 'producer', this.state);
  }
  get cheat(): Tx {
    return signCommitment(this.contract, this.commitment);
  }
  get blob(): TowerBlob {
    return blobOf(this.contract, 'producer', this.state);
  }

  /** Starts the watchtower, or again from what its store held. */
  async start(options: Partial<TowerOptions> = {}): Promise<Tower> {
    await this.tower?.stop();
    this.store = this.store.snapshot();
    this.tower = await createTower({ store: this.store, chain: this.chain.connect(), ...options });
    this.tower.onNotice((notice) => this.told.push(notice));
    return this.tower;
  }

  async mine(include?: readonly Tx[]): Promise<void> {
    this.chain.mine(1, include === undefined ? {} : { include });
    await this.tower?.synced();
  }

  /** What was paid to the victim in confirmed outputs. */
  get paid(): bigint {
    const taken = this.told.flatMap((each) => (each.type === 'taken' && each.justice ? [each.by] : []));
    const sent = this.told.flatMap((each) => (each.type === 'answered' ? [each.tx] : []));
    const mined = [...new Set(taken)].flatMap((id) => sent.find((tx) => txid(tx) === id) ?? []);
    return mined.flatMap(({ outputs }) => outputs).reduce((sum, { value }) => sum + value, 0n);
  }

  /** The cheater takes its `to_broadcaster` when its delay is over. */
  get escape(): Tx {
    const vout = this.commitment.outputs.findIndex(({ kind }) => kind === 'toBroadcaster');
    const output = this.commitment.outputs[vout];
    if (output?.kind !== 'toBroadcaster' || output.spec.type !== 'toBroadcaster')
      throw new Error('no output');
    const { spec, value } = output;
    const tx: Tx = {
      version: 2,
      inputs: [unsignedInput({ txid: txid(this.cheat), vout }, spec.delay)],
      outputs: [{ value, script: PAYOUT.producer }],
      locktime: 0,
    };
    const signature = secp.sign(sighashV0(tx, 0, witnessScript(spec), value), secretOf('producer delayed'));
    return withWitness(tx, 0, witnessOf({ path: 'delayed', spec }, [signature]));
  }
}

describe('a watchtower without any channel, on the simulated chain', () => {
  let scene: Scene;
  afterEach(() => scene.tower?.stop());

  const watched = async (options: Partial<TowerOptions> = {}) => {
    scene = new Scene();
    const tower = await scene.start(options);
    expect(await tower.accept('anyone', 0n, scene.blob)).toEqual({ ok: true, value: null });
    return tower;
  };
  const answers = () => scene.told.flatMap((each) => (each.type === 'answered' ? [each] : []));

  it('the revoked commitment is mined: everything revocable goes to the victim', async () => {
    const tower = await watched({ depth: 3 });
    await scene.mine([scene.cheat]);
    expect(tower.breaches()).toHaveLength(1);
    await scene.mine();
    expect(scene.told.filter(({ type }) => type === 'taken')).toHaveLength(3);
    expect(scene.paid).toBeGreaterThan(390_000n);
    await scene.mine();
    await scene.mine();
    expect(scene.told.at(-1)).toEqual({ type: 'resolved', txid: txid(scene.cheat) });
    expect(tower.breaches()).toEqual([]);
  });

  it('the newest commitment is mined: nothing is done', async () => {
    await watched();
    const newest = commitmentOf(scene.contract, 'producer', stateOf(8n));
    await scene.mine([signCommitment(scene.contract, newest)]);
    await scene.mine();
    expect(scene.told).toEqual([]);
  });

  it('the mempool asks for more than the answer pays: it is sent again for more, and mined', async () => {
    await watched();
    await scene.mine([scene.cheat]);
    scene.chain.setMinimumFeeRate(20_000n);
    expect(scene.chain.mempool()).toEqual([]);
    await scene.mine([]);
    await scene.mine();
    expect(answers().map(({ feeRate }) => feeRate)).toEqual([2_000n, 32_000n]);
    expect(scene.told.filter(({ type }) => type === 'taken')).toHaveLength(3);
  });

  it('no block takes the answer: it pays more and more, until the last moment', async () => {
    await watched();
    await scene.mine([scene.cheat]);
    for (let block = 1; block < DELAY.producer; block++) await scene.mine([]);
    const rates = answers().map(({ feeRate }) => feeRate);
    expect(rates[0]).toBe(2_000n);
    expect(rates.at(-1)).toBe(32_000n);
    expect(answers().every(({ result }) => result.accepted)).toBe(true);
    await scene.mine();
    expect(scene.told.filter(({ type }) => type === 'taken')).toHaveLength(3);
  });

  it('the cheater takes one output first: the others are taken', async () => {
    await watched();
    await scene.mine([scene.cheat]);
    for (let block = 1; block < DELAY.producer; block++) await scene.mine([]);
    await scene.mine([scene.escape]);
    await scene.mine();
    expect(scene.told.flatMap((each) => (each.type === 'taken' ? [each.justice] : []))).toEqual([
      false,
      true,
      true,
    ]);
  });

  it('restarted after every block: the same', async () => {
    await watched();
    await scene.start();
    await scene.mine([scene.cheat]);
    await scene.start();
    await scene.tower?.synced();
    expect(scene.chain.mempool()).toHaveLength(1);
    await scene.mine();
    await scene.start();
    expect(scene.tower?.breaches()[0]?.taken).toHaveLength(3);
    expect(scene.paid).toBeGreaterThan(390_000n);
  });

  it('stopped when the revoked commitment is mined: it answers when it comes back', async () => {
    const tower = await watched();
    await tower.stop();
    scene.chain.mine(1, { include: [scene.cheat] });
    scene.chain.mine(2);
    await scene.start();
    await scene.tower?.synced();
    await scene.mine();
    expect(scene.told.filter(({ type }) => type === 'taken')).toHaveLength(3);
  });

  it('a reorganisation takes the breach or the answer back: told, and answered again', async () => {
    const tower = await watched();
    await scene.mine([scene.cheat]);
    await scene.mine();
    scene.chain.reorg(1, { include: [] });
    await tower.synced();
    expect(tower.breaches()[0]?.taken).toEqual([]);
    await scene.mine();
    expect(tower.breaches()[0]?.taken).toHaveLength(3);
    scene.chain.reorg(4, { include: [] });
    await tower.synced();
    expect(scene.told).toContainEqual({ type: 'breachUndone', txid: txid(scene.cheat) });
    expect(tower.breaches()).toEqual([]);
    await scene.mine([scene.cheat]);
    await scene.mine();
    expect(tower.breaches()[0]?.taken).toHaveLength(3);
  });

  it('a delivery that was forfeited to the utility: left to it', async () => {
    const leave = async () => (lock: Uint8Array) => toHex(lock) === toHex(lockOf(2));
    const tower = await watched({ leave });
    await scene.mine([scene.cheat]);
    await scene.mine();
    const [breach] = tower.breaches();
    expect(breach?.taken).toHaveLength(2);
    const open = breach?.outputs.filter(
      ({ outpoint }) => !breach.taken.some(({ vout }) => vout === outpoint.vout),
    );
    expect(open?.map(({ spec }) => (spec.type === 'sellerDelivery' ? toHex(spec.lock) : ''))).toEqual([
      toHex(lockOf(2)),
    ]);
  });

  it('patience: the victim has two blocks to answer itself, then the watchtower does, long before the deadline', async () => {
    const tower = await watched({ patience: 2 });
    await scene.mine([scene.cheat]);
    await scene.mine([]);
    expect(answers()).toEqual([]);
    await scene.mine([]);
    expect(answers()).toHaveLength(1);
    const [breach] = tower.breaches();
    const [output] = breach?.outputs ?? [];
    if (breach === undefined || output === undefined) throw new Error('a breach');
    expect(deadlineOf(breach, output) - scene.chain.height).toBe(DELAY.producer - 3);
  });

  it('hostile blobs with the same hint: ignored with their reason, and the honest one works', async () => {
    scene = new Scene();
    const tower = await scene.start();
    const hint = hintOf(txid(scene.cheat));
    await tower.accept('hostile', 0n, { hint, body: new Uint8Array(500) });
    const content = {
      revocation: new Uint8Array(33),
      delayed: new Uint8Array(33),
      delay: 5,
      payoutScript: new Uint8Array(0),
      toBroadcaster: [new Uint8Array(64)],
      sold: null,
    };
    await tower.accept('hostile', 1n, sealJustice(txid(scene.cheat), content));
    await tower.accept('honest', 0n, scene.blob);
    await scene.mine([scene.cheat]);
    await scene.mine();
    const reasons = scene.told.flatMap((each) => (each.type === 'ignored' ? [each.error.code] : []));
    expect(reasons).toEqual(['notSealedForIt', 'noSuchOutput']);
    expect(scene.told.filter(({ type }) => type === 'taken')).toHaveLength(3);
  });
});

describe('what a client may keep', () => {
  const blob = (n: number): TowerBlob => ({
    hint: new Uint8Array(16).fill(n),
    body: new Uint8Array(100).fill(n),
  });
  const quota = { blobs: 3n, bytes: 250n };
  let tower: Tower;
  afterEach(() => tower.stop());

  it('more blobs or bytes than its quota, a gap, many with one hint: refused by name', async () => {
    const chain = simulatedChain();
    tower = await createTower({ store: memoryStore(), chain, quota });
    expect(await tower.accept('a', 1n, blob(1))).toEqual({
      ok: false,
      error: { code: 'outOfOrder', index: 1n, next: 0n },
    });
    expect(await tower.accept('a', 0n, blob(0))).toMatchObject({ ok: true });
    expect(await tower.accept('a', 1n, blob(1))).toMatchObject({ ok: true });
    expect(await tower.accept('a', 2n, blob(2))).toMatchObject({
      error: { code: 'quotaExceeded', of: 'bytes' },
    });
    for (let n = 0; n < 3; n++)
      await tower.accept('b', BigInt(n), { hint: blob(n).hint, body: new Uint8Array(1) });
    expect(await tower.accept('b', 3n, { hint: blob(3).hint, body: new Uint8Array(1) })).toMatchObject({
      error: { code: 'quotaExceeded', of: 'blobs' },
    });
    await tower.stop();
    tower = await createTower({ store: memoryStore(), chain });
    for (let n = 0; n < 4; n++)
      await tower.accept('c', BigInt(n), { hint: blob(7).hint, body: Uint8Array.of(n) });
    expect(await tower.accept('c', 4n, { hint: blob(7).hint, body: Uint8Array.of(9) })).toMatchObject({
      error: { code: 'hintFull' },
    });
  });

  it('a write fails or the process dies anywhere: after the blob is sent again, it is there once', async () => {
    const chain = simulatedChain();
    for (let write = 1; write <= 4; write++)
      for (const failure of ['crashBefore', 'crashAfter', 'once'] as const) {
        const store = memoryStore();
        tower = await createTower({ store, chain });
        store.failAt(write, failure);
        await expect(tower.accept('a', 0n, blob(1))).rejects.toMatchObject({ name: 'StoreError' });
        await tower.stop();
        const after = store.snapshot();
        tower = await createTower({ store: after, chain });
        expect(await tower.accept('a', await tower.next('a'), blob(1))).toMatchObject({ ok: true });
        expect(await after.value(`tower/blob/${hintKey(blob(1).hint)}`)).not.toContain(' ');
        await tower.stop();
      }
    tower = await createTower({ store: memoryStore(), chain });
  });
});

describe('the state machine', () => {
  const { funding, contract } = funded();
  const state = stateOf(7n, [delivery(1, 200)]);
  const cheat = signCommitment(contract, commitmentOf(contract, 'producer', state));
  const blobs = new Map([[hintKey(hintOf(txid(cheat))), [blobOf(contract, 'producer', state)]]]);

  it('any blocks back and forth: as if only the best chain had ever been seen, and through the disk’s codec', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom('empty', 'cheat', 'back'), { maxLength: 12 }), (moves) => {
        const first = blockAfter(START, [funding]);
        let seen = connectTower(secp, startTower(START), first, blobs).state;
        const best = [first];
        for (const [i, move] of moves.entries()) {
          const last = best.at(-1) ?? first;
          if (move === 'back' && best.length > 1) {
            best.pop();
            seen = disconnectTower(seen, last).state;
          } else if (move !== 'back') {
            const mined = best.some(({ transactions }) => transactions.some(({ tx }) => tx === cheat));
            const block = blockAfter(last, move === 'cheat' && !mined ? [cheat] : [], `${i}`);
            best.push(block);
            seen = connectTower(secp, seen, block, blobs).state;
          }
          const read = fromJson(toJson(seen));
          expect(read).toEqual({ ok: true, value: seen });
        }
        const straight = best.reduce(
          (sum, block) => connectTower(secp, sum, block, blobs).state,
          startTower(START),
        );
        expect(seen).toEqual(straight);
      }),
      { numRuns: 40 },
    );
  });
});
