import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { fromHex, toHex } from '../../src/base/bytes.ts';
import { toJson } from '../../src/base/json.ts';
import { ROLES } from '../../src/base/role.ts';
import { ChainError } from '../../src/chain/port.ts';
import { deliveryPreimage } from '../../src/crypto/deliveryLock.ts';
import { generateFromSeed } from '../../src/crypto/shachain.ts';
import type { Daemon } from '../../src/daemon/daemon.ts';
import { tokenPath } from '../../src/daemon/rpc/tokens.ts';
import { createSeed, seedPath } from '../../src/daemon/seed/seed.ts';
import { checkedStore } from '../../src/store/checked.ts';
import { type Store, StoreError } from '../../src/store/port.ts';
import { sqliteStore } from '../../src/store/sqlite/index.ts';
import { createKeychain, KEY_FAMILIES, type KeyFamily } from '../../src/wallet/hd.ts';
import { seedFromMnemonic } from '../../src/wallet/mnemonic.ts';
import { chainOver } from '../support/chainOver.ts';
import { type DaemonLab, daemonLab, introduce, phraseOf } from '../support/daemons.ts';
import { rawSocket } from '../transport/websocket/rawPeer.ts';

let lab: DaemonLab;
beforeEach(async () => {
  lab = await daemonLab();
});
afterEach(() => lab.stop());

/** Three daemons with coins and an open channel. */
async function threeWithChannel() {
  const daemons = {
    consumer: await lab.start('consumer'),
    producer: await lab.start('producer'),
    utility: await lab.start('utility'),
  };
  const { consumer, producer, utility } = daemons;
  for (const { node } of Object.values(daemons))
    await lab.chain.fund(await node.wallet.newAddress(), 1_000_000n);
  const everyone = () => Promise.all(Object.values(daemons).map(({ node }) => node.synced()));
  await everyone();
  await introduce(daemons);
  const arrived = [producer.node.nextChannel(), utility.node.nextChannel()] as const;
  const own = await consumer.node.open({
    producer: producer.node.id,
    utility: utility.node.id,
    contributions: { consumer: 500_000n, producer: 100_000n, utility: 20_000n },
    settlementHeight: (await lab.chain.height()) + 400,
  });
  const sent = own.notice('broadcast');
  const [sales, grid] = await Promise.all(arrived);
  await Promise.all([own, sales, grid].map((channel) => channel.until('awaitingFunding')));
  await sent;
  await lab.chain.mine(1);
  await Promise.all([own.until('open'), sales.until('open'), grid.until('attesting')]);
  return { ...daemons, own, sales, grid };
}

type Three = Awaited<ReturnType<typeof threeWithChannel>>;

/** Orders, delivers and settles so many units. */
async function trade({ own, sales, grid }: Three, units: number): Promise<void> {
  let exportWh = 0n;
  await sales.readMeter({ importWh: 0n, exportWh });
  sales.onNotice((notice) => {
    if (notice.type !== 'unitOrdered') return;
    exportWh += notice.delivery.energyWh;
    lab.clock.pass(60);
    void sales.readMeter({ importWh: 0n, exportWh });
  });
  const now = lab.clock.now();
  const until = now + 1_000_000;
  const told = [own.notice('tariff'), own.notice('offer'), sales.notice('tariff')];
  const tariff = { slot: 1, from: now - 100, until, msatPerWh: 100_000n, unitEnergyWh: 10, units: 100 };
  await grid.publishTariff(tariff);
  await told[2];
  await sales.offer({ units: 100, unitEnergyWh: 10, until });
  await Promise.all(told);
  const settled = own.notice('unitSettled', ({ delivery }) => delivery.unit === BigInt(units - 1));
  await own.buy(units);
  await settled;
}

describe('three daemons', () => {
  it('trade at the lowest log level: no key, seed word, passphrase or preimage is in a line', async () => {
    const three = await threeWithChannel();
    await trade(three, 3);
    await three.own.forceClose();
    await lab.chain.mine(3);
    await Promise.all([three.consumer, three.producer, three.utility].map(({ node }) => node.synced()));
    const token = (await readFile(tokenPath(three.consumer.config.dataDir, 'admin'), 'utf8')).trim();
    await call(three.consumer, token, 'exportBackup');
    await call(three.consumer, `${token.slice(1)}0`, 'getInfo');
    const text = lab.lines.join('');
    expect(text).not.toContain(token.slice(2));
    expect(text).toContain('unitSettled');
    expect(text).toContain('"msg":"sent"');
    expect(text).toContain('"msg":"broadcast"');
    for (const [what, secret] of secretsOf(three)) expect(text.includes(secret), what).toBe(false);
  });

  it('a caller that is sent away: in the log, with where it came from and why', async () => {
    const { address } = await lab.start('producer');
    const caller = await rawSocket(address);
    caller.socket.send('hello');
    await caller.closed;
    const line = lab.lines.find((each) => each.includes('"msg":"caller refused"')) ?? '{}';
    expect(JSON.parse(line)).toMatchObject({ level: 'debug', address: '127.0.0.1', reason: 'textFrame' });
  });

  it('what lies on the disk: no key and no seed word, in text or in bytes', async () => {
    const three = await threeWithChannel();
    await trade(three, 1);
    for (const { config } of [three.consumer, three.producer, three.utility])
      for (const name of await readdir(config.dataDir)) {
        const content = await readFile(join(config.dataDir, name));
        const text = content.toString('latin1');
        for (const [what, secret] of secretsOf(three)) {
          if (SHARED.includes(what)) continue;
          expect(text.includes(secret), `${what} in ${name}`).toBe(false);
          if (what !== 'words') expect(content.includes(Buffer.from(secret, 'hex')), what).toBe(false);
        }
      }
  });

  it('a store that is gone beside a backup of channels: refused, the backup stays, and restores', async () => {
    const { consumer, producer, utility } = await threeWithChannel();
    const { dataDir, backupFile } = consumer.config;
    const before = await readFile(backupFile);
    await consumer.stop();
    await rm(join(dataDir, 'wattlane.db'));
    for (let attempt = 0; attempt < 2; attempt++)
      await expect(lab.start('consumer')).rejects.toMatchObject({ code: 'storeMissing' });
    expect(await readFile(backupFile)).toEqual(before);
    const again = await lab.start('consumer', { flags: { '--restore-backup': backupFile } });
    expect(again.node.channels().map(({ state }) => state.type)).toEqual(['settling']);
    await Promise.all([again, producer, utility].map((daemon) => daemon.stop()));
  });

  it('a store from before a channel that the backup has: refused by name, declared or not, and the backup stays', async () => {
    const before = await lab.start('consumer');
    await lab.chain.fund(await before.node.wallet.newAddress(), 1_000_000n);
    await before.stop();
    const file = join(before.config.dataDir, 'wattlane.db');
    const old = await readFile(file);
    const { consumer } = await threeWithChannel();
    const { backupFile } = consumer.config;
    const backup = await readFile(backupFile);
    await consumer.stop();
    await writeFile(file, old);
    for (const flags of [{}, { '--restored': 'true' }])
      await expect(lab.start('consumer', { flags })).rejects.toMatchObject({ code: 'storeTooOld' });
    expect(await readFile(backupFile)).toEqual(backup);
  });

  it('a store from the middle of an opening whose channel the backup has: refused by name', async () => {
    const { consumer } = await threeWithChannel();
    await consumer.stop();
    const disk = await sqliteStore(join(consumer.config.dataDir, 'wattlane.db'));
    await checkedStore(disk).commit('00000000', { state: toJson({ type: 'fresh', role: 'consumer' }) });
    await disk.close();
    await expect(lab.start('consumer', { flags: { '--restored': 'true' } })).rejects.toMatchObject({
      code: 'storeTooOld',
    });
  });

  it('a backup of another node where its own would be: refused, and it stays', async () => {
    const { consumer } = await threeWithChannel();
    const flags = { '--backup-file': consumer.config.backupFile };
    const backup = await readFile(consumer.config.backupFile);
    const other = await lab.start('producer', { dir: 'other' });
    await other.stop();
    await expect(lab.start('producer', { dir: 'other', flags })).rejects.toMatchObject({ code: 'badFile' });
    expect(await readFile(consumer.config.backupFile)).toEqual(backup);
  });

  it('the metrics: channels, units, money, peers, writes', async () => {
    const three = await threeWithChannel();
    await trade(three, 3);
    const { text, contentType } = await three.consumer.exposition();
    expect(contentType).toContain('text/plain');
    const value = (name: string) =>
      Number(
        text
          .split('\n')
          .find((line) => line.startsWith(`${name} `))
          ?.split(' ')[1] ?? Number.NaN,
      );
    expect(value('wattlane_channels{state="open"}')).toBe(1);
    expect(value('wattlane_units_total{outcome="settled"}')).toBe(3);
    expect(value('wattlane_channel_balance_msat{party="consumer"}')).toBe(500_000_000 - 3_000_000);
    expect(value('wattlane_peers')).toBe(2);
    expect(value('wattlane_blocks_behind')).toBe(0);
    expect(value('wattlane_halted_channels')).toBe(0);
    expect(value('wattlane_store_commits_total{result="ok"}')).toBeGreaterThan(5);
    expect(value('wattlane_store_commit_seconds_count')).toBe(
      value('wattlane_store_commits_total{result="ok"}'),
    );
    expect(value('wattlane_wallet_sat{kind="confirmed"}')).toBeLessThan(500_000);
    expect(text).toContain('process_cpu_seconds_total');
    expect(await three.consumer.health()).toEqual({ ok: true, reasons: [] });
  });
});

describe('the pages beside the RPC', () => {
  const get = async ({ rpcUrl }: Daemon, path: string) => {
    const answer = await fetch(`${rpcUrl}${path}`);
    return { status: answer.status, text: await answer.text() };
  };

  it('all is well: 200, and the metrics; calls are counted by method, unknown ones together', async () => {
    const daemon = await lab.start('consumer');
    expect(await get(daemon, '/healthz')).toEqual({ status: 200, text: '{"ok":true,"reasons":[]}\n' });
    const token = (await readFile(tokenPath(daemon.config.dataDir, 'read'), 'utf8')).trim();
    await call(daemon, token, 'getInfo');
    await call(daemon, token, 'nothingOfTheKind');
    const { status, text } = await get(daemon, '/metrics');
    expect(status).toBe(200);
    expect(text).toContain('wattlane_rpc_calls_total{method="getInfo",result="ok"} 1');
    expect(text).toContain('wattlane_rpc_calls_total{method="unknown",result="error"} 1');
  });

  it('bitcoind does not answer, the disk is full: 503, with each reason; all well again: 200', async () => {
    const broken = { chain: false, disk: false };
    const daemon = await lab.start('consumer', {
      adapters: {
        chain: async () => {
          const real = await lab.chain.connect();
          return chainOver(real, {
            tip: () => (broken.chain ? Promise.reject(new ChainError('unreachable', 'down')) : real.tip()),
          });
        },
        store: async (open) => {
          const real = await open();
          const full = () => Promise.reject(new StoreError('full', 'no room'));
          return {
            ...bound(real),
            setValue: (name, value) => (broken.disk ? full() : real.setValue(name, value)),
          };
        },
      },
    });
    broken.chain = true;
    broken.disk = true;
    await expect(daemon.node.wallet.newAddress()).rejects.toThrow('no room');
    expect(await get(daemon, '/healthz')).toEqual({
      status: 503,
      text: '{"ok":false,"reasons":[{"code":"bitcoindUnreachable"},{"code":"storeFailed","error":"full"}]}\n',
    });
    broken.chain = false;
    broken.disk = false;
    await daemon.node.wallet.newAddress();
    expect((await get(daemon, '/healthz')).status).toBe(200);
  });

  it('other machines reach the port: no metrics, which have balances', async () => {
    const flags = { '--rpc-listen': '0.0.0.0:0', '--rpc-public': 'true' };
    const daemon = await lab.start('consumer', { flags });
    const port = new URL(daemon.rpcUrl).port;
    expect((await fetch(`http://127.0.0.1:${port}/metrics`)).status).toBe(404);
    expect((await fetch(`http://127.0.0.1:${port}/healthz`)).status).toBe(200);
  });

  it('stop, called over the RPC: answered, then everything is closed', async () => {
    const daemon = await lab.start('consumer');
    const token = (await readFile(tokenPath(daemon.config.dataDir, 'admin'), 'utf8')).trim();
    expect(await call(daemon, token, 'stop')).toMatchObject({ result: {} });
    expect(await daemon.ended).toEqual({ error: undefined });
    await lab.start('consumer');
  });
});

describe('a daemon with a role', () => {
  it('that is not the consumer’s: opens no channel', async () => {
    const { node } = await lab.start('utility');
    const request = { producer: node.id, utility: node.id, settlementHeight: 1000 };
    const contributions = { consumer: 1_000n, producer: 0n, utility: 0n };
    await expect(node.open({ ...request, contributions })).rejects.toThrow('this node is a utility');
  });

  it('asked to be in another: refuses, and keeps no channel of it', async () => {
    const [consumer, other, utility] = [
      await lab.start('consumer'),
      await lab.start('utility', { dir: 'other', secret: { mnemonic: phraseOf('producer') } }),
      await lab.start('utility'),
    ];
    await lab.chain.fund(await consumer.node.wallet.newAddress(), 1_000_000n);
    await consumer.node.synced();
    await consumer.node.connect(other.node.id, other.address);
    await consumer.node.connect(utility.node.id, utility.address);
    const own = await consumer.node.open({
      producer: other.node.id,
      utility: utility.node.id,
      contributions: { consumer: 500_000n, producer: 0n, utility: 0n },
      settlementHeight: (await lab.chain.height()) + 400,
    });
    await expect(own.until('open')).rejects.toThrow('aborted');
    expect(other.node.channels()).toEqual([]);
  });
});

describe('the start', () => {
  const refuse = (error: Error) => () => Promise.reject(error);
  const failed = new StoreError('io', 'no disk');

  it('a step fails: all that was opened before is closed, and the next start goes well', async () => {
    const port = await takenPort();
    const closed: string[] = [];
    const store = async (open: () => Promise<Store>): Promise<Store> => {
      const real = await open();
      const close = () => {
        closed.push('store');
        return real.close();
      };
      return { ...bound(real), close };
    };
    const steps = [
      { adapters: { store: refuse(failed) } },
      { adapters: { store, chain: refuse(failed) } },
      {
        adapters: {
          store,
          transport: () => {
            throw failed;
          },
        },
      },
      { adapters: { store }, flags: { '--listen': `127.0.0.1:${port.number}` } },
      { adapters: { store }, flags: { '--restore-backup': '/nowhere' } },
      { adapters: { store }, secret: { passphrase: 'none' } },
    ];
    const codes: unknown[] = [];
    for (const step of steps) await lab.start('consumer', step).catch(({ code }) => codes.push(code));
    expect(codes).toEqual(['io', 'io', 'io', 'cannotListen', 'badFile', 'noSeed']);
    expect(closed).toHaveLength(4);
    await port.free();
    const daemon = await lab.start('consumer');
    expect(await daemon.health()).toEqual({ ok: true, reasons: [] });
  });

  it('a data directory that is in use: locked; after a stop: free', async () => {
    const first = await lab.start('consumer');
    await expect(lab.start('consumer')).rejects.toMatchObject({ name: 'StoreError', code: 'locked' });
    await first.stop();
    await lab.start('consumer');
  });

  it('another seed on the same data directory: refused by name', async () => {
    await (await lab.start('consumer')).stop();
    const other = { secret: { mnemonic: phraseOf('producer') } };
    await expect(lab.start('consumer', other)).rejects.toMatchObject({
      name: 'StartRefused',
      code: 'otherSeed',
    });
  });

  it('with the passphrase of its seed file: the node of that seed; with another: named', async () => {
    const { dataDir } = await lab.config('utility');
    const quick = { N: 2 ** 10, r: 8, p: 1 };
    await createSeed(seedPath(dataDir), { phrase: phraseOf('utility'), passphrase: 'right' }, quick);
    const wrong = lab.start('utility', { secret: { passphrase: 'wrong' } });
    await expect(wrong).rejects.toMatchObject({ name: 'StartRefused', code: 'wrongPassphrase' });
    const daemon = await lab.start('utility', { secret: { passphrase: 'right' } });
    expect(daemon.node.id).toEqual(keysOf('utility').channelPublicKey('nodeIdentity', 0));
  });
});

describe('the stop', () => {
  it('asked for twice: one stop, and no error', async () => {
    const daemon = await lab.start('consumer');
    await Promise.all([daemon.stop(), daemon.stop()]);
    await daemon.stop();
    expect(await daemon.ended).toEqual({ error: undefined });
  });

  it('a store that fails for good: the daemon stops in order, with the store’s error', async () => {
    let dead = false;
    const daemon = await lab.start('consumer', {
      adapters: {
        store: async (open) => {
          const real = await open();
          const closed = () => Promise.reject(new StoreError('closed', 'the disk is gone'));
          return {
            ...bound(real),
            setValue: (name, value) => (dead ? closed() : real.setValue(name, value)),
          };
        },
      },
    });
    dead = true;
    await lab.chain.mine(1);
    expect((await daemon.ended).error).toMatchObject({ message: expect.any(String) });
    expect(lab.lines.join('')).toContain('the disk is gone');
    expect(lab.lines.at(-1)).toContain('stopped');
  });
});

/** A store's methods as values of their own, for a test to put others in the place of some. */
function bound(store: Store): Store {
  const names = Object.getOwnPropertyNames(Object.getPrototypeOf(store)) as (keyof Store)[];
  const methods = names.filter((name) => typeof store[name] === 'function');
  return Object.fromEntries(methods.map((name) => [name, store[name].bind(store)])) as unknown as Store;
}

async function call({ rpcUrl }: Daemon, token: string, method: string): Promise<unknown> {
  const answer = await fetch(rpcUrl, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify({ jsonrpc: '2.0', id: 1, method, params: {} }),
  });
  return answer.json();
}

async function takenPort() {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return { number: address.port, free: () => new Promise((resolve) => server.close(resolve)) };
}

function keysOf(role: (typeof ROLES)[number]) {
  const seed = seedFromMnemonic(phraseOf(role));
  if (!seed.ok) throw new Error(seed.error.code);
  return createKeychain(seed.value, 'regtest');
}

/** Secrets that a channel gives out as it goes on, and that are stored from then on. */
const SHARED = ['commitment', 'preimage'];

/** Everything that a log must not have, hexadecimal or in words. */
function secretsOf({ own }: Pick<Three, 'own'> & { readonly consumer: Daemon }): [string, string][] {
  const channelId = fromHex(own.channelId ?? '');
  return ROLES.flatMap((role) => {
    const keys = keysOf(role);
    const words = phraseOf(role).split(' ');
    const families = Object.keys(KEY_FAMILIES) as KeyFamily[];
    const commitments = keys.channelSecret('perCommitmentSeed', 0);
    const deliveries = keys.channelSecret('deliverySeed', 0);
    return [
      ...words.slice(2).map((_, at): [string, string] => ['words', words.slice(at, at + 3).join(' ')]),
      ...families.flatMap((family) =>
        [0, 1, 2].map((index): [string, string] => [family, toHex(keys.channelSecret(family, index))]),
      ),
      ...[0n, 1n, 2n, 3n, 4n].flatMap((n): [string, string][] => [
        ['commitment', toHex(generateFromSeed(commitments, 2n ** 48n - 1n - n))],
        ['preimage', toHex(deliveryPreimage(deliveries, channelId, n))],
      ]),
    ];
  });
}
