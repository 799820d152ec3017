import { existsSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { labClient } from '../../lab/client.ts';
import { stage as stageSchema } from '../../lab/schema.ts';
import { DEMO_TERMS } from '../../lab/terms.ts';
import { Grid } from '../../lab/world/grid.ts';
import { isRunning } from '../../regtest/processes.ts';
import { ROLES } from '../../src/base/role.ts';
import { RpcError } from '../../src/client/index.ts';
import { asPage, type Demo, startDemo } from './support/demo.ts';

const CHANNEL = '00000000';

/** One demo for all: each test goes on where the one before it ended. */
describe('the laboratory of the demo, over real daemons', () => {
  let demo: Demo;
  beforeAll(async () => {
    demo = await startDemo();
  });
  afterAll(() => demo?.stop());

  const failure = async (call: Promise<unknown>) => {
    const error = await call.then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
    if (!(error instanceof RpcError)) throw new Error(`no RpcError: ${error}`);
    return error.data;
  };
  const buy = (units: number) => demo.nodes.consumer.call('buy', { channel: CHANNEL, units });
  const settled = (unit: number) =>
    demo.told('consumer', 'unitSettled', ({ data }) => data.delivery.unit === `${unit}`);
  const mine = (blocks: number) => demo.lab.call('mine', { blocks });

  it('the stage: three parties that run, a sun that shines, as the schema has it', async () => {
    const { stage } = await demo.lab.call('getStage', {});
    expect(stageSchema.parse(stage)).toEqual(stage);
    for (const role of ROLES) {
      const { nodeId } = await demo.nodes[role].call('getInfo', {});
      expect(stage.parties[role]).toMatchObject({ running: true, nodeId });
    }
    const later = await demo.lab.until(({ world }) => world.time > stage.world.time);
    expect(stageSchema.parse(later)).toEqual(later);
  });

  it('everything that it started: listens on the loopback interface alone', () => {
    const { hub } = demo;
    const pids = [process.pid, hub.regtest.pid, ...ROLES.map((role) => hub.parties[role].pid)];
    const found = pids.flatMap(listening);
    expect(found.length).toBeGreaterThanOrEqual(8);
    expect(found.filter((address) => address !== '127.0.0.1')).toEqual([]);
  });

  it('a laboratory that is asked without a session: does not answer', async () => {
    const url = demo.session.laboratory ?? '';
    await expect(labClient(url, asPage(demo.hub.page.origin, 'wattlane-1=x'))).rejects.toThrow('401');
  });

  it('what makes no sense: said by name, with what to do', async () => {
    const { lab } = demo;
    expect(await failure(lab.call('mine', { blocks: 0 }))).toMatchObject({ name: 'invalidParams' });
    expect(await failure(lab.call('none' as 'mine', { blocks: 1 }))).toMatchObject({
      name: 'methodNotFound',
    });
    expect(await failure(lab.call('switchOn', { role: 'utility' }))).toMatchObject({
      name: 'partyOn',
      role: 'utility',
      advice: expect.stringMatching(/./),
    });
    expect(await failure(lab.call('reorganise', { depth: 99 }))).toMatchObject({ name: 'tooDeep' });
    const phrase = { role: 'consumer', words: 'no seed at all', passphrase: 'x' } as const;
    expect(await failure(lab.call('restore', phrase))).toMatchObject({ name: 'badPhrase' });
    const unknown = { role: 'consumer', n: '7' } as const;
    expect(await failure(lab.call('broadcastOldCommitment', unknown))).toMatchObject({
      name: 'noKeptCommitment',
    });
  });

  it('a channel opens: tariff and offer come by themselves, and units flow at the pace of the sun', async () => {
    const { lab, nodes, hub } = demo;
    const { stage } = await lab.call('getStage', {});
    const { settledWithinBlocks, ...terms } = DEMO_TERMS;
    await nodes.consumer.call('openChannel', {
      ...terms,
      producer: stage.parties.producer.nodeId,
      utility: stage.parties.utility.nodeId,
      settlementHeight: stage.height + settledWithinBlocks,
    });
    await until(async () => ((await hub.regtest.call('getrawmempool')) as unknown[]).length > 0);
    const { height } = await mine(1);
    expect((await lab.until((each) => each.height === height)).height).toBe(stage.height + 1);
    await lab.call('setWorld', { speed: 1200 });
    await demo.told('consumer', 'offer');
    await buy(40);
    await settled(39);
    const { world } = await lab.until((each) => each.world.exportWh === '400');
    expect(world.trouble).toBeNull();
  });

  it('a price that was set: is the price of the next tariff, and what it makes of the demand', async () => {
    const coefficients = { a1: '0', b1: '0', c1: '777000000' };
    await demo.lab.call('setWorld', { coefficients });
    await demo.told('utility', 'tariff', ({ data }) => data.tariff.msatPerWh === '777');
    expect(demo.lab.stage()?.world).toMatchObject({ coefficients, msatPerWh: '777' });
  });

  it('no energy, or a meter that claims too much: the units are refused at their deadline', async () => {
    const { lab } = demo;
    await lab.call('setDelivery', { delivering: false });
    await buy(1);
    await demo.told('producer', 'unitOrdered', ({ data }) => data.delivery.unit === '40');
    await lab.call('setMeter', { behaviour: 'overReports' });
    await lab.call('setDelivery', { delivering: true });
    await lab.until(({ world }) => world.exportWh === '410');
    await mine(6);
    await demo.told('consumer', 'unitRefused', ({ data }) => data.unit === '40');
    await mine(2);
    await demo.told('consumer', 'unitForfeited', ({ data }) => data.delivery.unit === '40');
    expect(lab.stage()?.world).toMatchObject({ meter: 'overReports', delivering: true });
  });

  it('a meter that is honest again: goes on where it was, and is believed', async () => {
    const { lab } = demo;
    await lab.call('setMeter', { behaviour: 'silent' });
    await buy(1);
    await lab.until(({ world }) => world.exportWh === '420');
    await lab.call('setMeter', { behaviour: 'runsBackwards' });
    await lab.call('setMeter', { behaviour: 'honest' });
    await settled(41);
    expect(await new Grid(demo.hub.parties).newestReading()).toBe(BigInt(lab.stage()?.world.exportWh ?? ''));
  });

  it('a party that is switched off, in order or not: is on again with its channel, and trade goes on', async () => {
    const { lab, nodes } = demo;
    for (const [index, hard] of [true, false].entries()) {
      await lab.call('switchOff', { role: 'producer', hard });
      expect(lab.stage()?.parties.producer.running).toBe(false);
      expect(await failure(lab.call('switchOff', { role: 'producer' }))).toMatchObject({ name: 'partyOff' });
      await lab.call('switchOn', { role: 'producer' });
      expect(lab.stage()?.parties.producer.running).toBe(true);
      const { nodeId } = await nodes.producer.call('getInfo', {});
      expect(nodeId).toBe(lab.stage()?.parties.producer.nodeId);
      await buy(1);
      await settled(42 + index);
    }
  });

  it('coins from the faucet: are in the wallet, to the satoshi', async () => {
    const { lab, nodes } = demo;
    const confirmed = async () => BigInt((await nodes.utility.call('getBalance', {})).wallet.confirmedSat);
    const before = await confirmed();
    await lab.call('fund', { role: 'utility', amountSat: '123456' });
    await until(async () => (await confirmed()) === before + 123_456n);
    const much = { role: 'utility', amountSat: '2000000000000000' } as const;
    expect(await failure(lab.call('fund', much))).toMatchObject({ name: 'cannotFund' });
  });

  it('a reorganisation, and a Bitcoin node that asks for more: the daemons follow', async () => {
    const { lab, nodes, hub } = demo;
    const { height } = await mine(1);
    const { blockHash } = await lab.call('reorganise', { depth: 1 });
    await lab.call('setMinimumFee', { feeRateSatPerKvB: '1500' });
    expect(lab.stage()?.minimumFeeRateSatPerKvB).toBe('1500');
    const { relayfee } = (await hub.regtest.call('getnetworkinfo')) as { relayfee: number };
    expect(relayfee).toBe(0.000015);
    await lab.call('setMinimumFee', { feeRateSatPerKvB: '1000' });
    for (const role of ROLES)
      await until(async () => {
        const info = await nodes[role].call('getInfo', {});
        return info.height === height + 1 && info.blockHash === blockHash && info.chainTrouble === null;
      });
  });

  it('a database that is lost: the node is back by its seed and its backup', async () => {
    const { lab, nodes } = demo;
    await lab.call('loseDatabase', { role: 'utility' });
    const { nodeId } = await nodes.utility.call('getInfo', {});
    expect(nodeId).toBe(lab.stage()?.parties.utility.nodeId);
    expect((await nodes.utility.call('listChannels', {})).channels).toHaveLength(1);
  });

  it('an old commitment that is published: the other trader sees the breach', async () => {
    const { lab } = demo;
    const { commitments } = await lab.call('listKeptCommitments', { role: 'consumer' });
    expect(commitments.filter(({ newest }) => newest)).toHaveLength(1);
    const [first] = commitments;
    expect(first).toMatchObject({ channel: CHANNEL, n: '0', consumerMsat: '500000000', newest: false });
    const old = { role: 'consumer', n: '0' } as const;
    await lab.call('broadcastOldCommitment', old);
    await mine(1);
    const { data } = await demo.told('producer', 'breach');
    expect(data).toEqual({ n: '0', broadcaster: 'consumer' });
    expect(await failure(lab.call('broadcastOldCommitment', old))).toMatchObject({
      name: 'commitmentRefused',
    });
  });

  it('words of another seed: another node, with the same places', async () => {
    const { lab, nodes } = demo;
    const before = lab.stage()?.parties.consumer;
    const words = `${'abandon '.repeat(11)}about`;
    const { nodeId, backup } = await lab.call('restore', { role: 'consumer', words, passphrase: 'another' });
    expect([(await nodes.consumer.call('getInfo', {})).nodeId, backup]).toEqual([nodeId, false]);
    expect(nodeId).not.toBe(before?.nodeId);
    expect(lab.stage()?.parties.consumer).toEqual({ ...before, nodeId });
  });

  it('a stop: every process has ended, and every directory is gone', async () => {
    const { hub } = demo;
    const pids = [hub.regtest.pid, ...ROLES.map((role) => hub.parties[role].pid)];
    const directories = [hub.regtest.dataDir, ...ROLES.map((role) => hub.parties[role].dataDir)];
    expect(pids.every(isRunning)).toBe(true);
    await hub.stop();
    expect(pids.filter(isRunning)).toEqual([]);
    expect(directories.filter((directory) => existsSync(directory))).toEqual([]);
    await expect(fetch(hub.page.origin)).rejects.toThrow();
  });
});

const PATIENCE_MS = 60_000;
const LOOK_AGAIN_MS = 25;

async function until(holds: () => Promise<boolean>): Promise<void> {
  const giveUp = Date.now() + PATIENCE_MS;
  while (!(await holds())) {
    if (Date.now() > giveUp) throw new Error('it never came');
    await new Promise((resolve) => setTimeout(resolve, LOOK_AGAIN_MS));
  }
}

const LISTENS = '0A';

/** The addresses on which a process listens, as the kernel has them. */
function listening(pid: number): readonly string[] {
  const sockets = new Set(
    readdirSync(`/proc/${pid}/fd`).flatMap((fd) => {
      try {
        return /^socket:\[(\d+)\]$/.exec(readlinkSync(`/proc/${pid}/fd/${fd}`))?.[1] ?? [];
      } catch {
        return []; // it was closed meanwhile
      }
    }),
  );
  return ['tcp', 'tcp6'].flatMap((family) =>
    readFileSync(`/proc/${pid}/net/${family}`, 'utf8')
      .split('\n')
      .slice(1)
      .map((line) => line.trim().split(/\s+/))
      .filter(([, , , state, , , , , , inode]) => state === LISTENS && sockets.has(inode ?? ''))
      .map(([, local = '']) => shownAddress(local.split(':')[0] ?? '')),
  );
}

/** IPv4 is written in the order of the machine's bytes. */
function shownAddress(hex: string): string {
  if (hex.length !== 8) return hex;
  return Buffer.from(hex, 'hex').reverse().join('.');
}
