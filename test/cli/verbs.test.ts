import { chmod, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { toHex } from '../../src/base/bytes.ts';
import { complete } from '../../src/cli/completion/complete.ts';
import { event } from '../../src/rpc/shapes/event.ts';
import { evidenceReport } from '../../src/rpc/shapes/evidence.ts';
import { runCli } from './support/runCli.ts';
import { type ServedCli, startServedCli } from './support/servedCli.ts';

let nodes: ServedCli;
beforeAll(async () => {
  nodes = await startServedCli();
});
afterAll(() => nodes.stop());

const ids = () => {
  const { producer, utility } = nodes.served.world.nodes;
  return [toHex(producer.id), toHex(utility.id)] as const;
};

it('a node without a channel: each list says what to do', async () => {
  expect(await nodes.lines('consumer', 'channels')).toEqual([
    "no channels: a consumer opens one with 'wattlane open'",
  ]);
  expect(await nodes.cli('consumer', ['close', '--yes'])).toMatchObject({
    code: 5,
    stdout: '',
    stderr: expect.stringContaining("'wattlane open'"),
  });
  expect(await nodes.cli('consumer', ['units', '7'])).toMatchObject({
    code: 5,
    stderr: expect.stringContaining("no channel '7'"),
  });
});

it('status, balance, coins, transactions, address: what the schema of the RPC says', async () => {
  const status = await nodes.document('consumer', 'status');
  expect(status).toMatchObject({
    info: { network: 'regtest' },
    balance: { wallet: { confirmedSat: '1000000' } },
  });
  await nodes.json('getBalance', 'consumer', 'balance');
  await nodes.json('newAddress', 'consumer', 'address', '--label', 'solar');
  expect((await nodes.json('listPeers', 'consumer', 'peers')).peers).toEqual([]);
  expect((await nodes.document('consumer', 'coins')).coins).toHaveLength(1);
  expect((await nodes.document('consumer', 'transactions')).transactions).toHaveLength(1);
  expect(await nodes.lines('consumer', 'balance')).toContain('spendable    1,000,000 sat');
  expect((await nodes.lines('consumer', 'status'))[0]).toBe(
    `node         ${toHex(nodes.served.world.nodes.consumer.id)}`,
  );
});

it('send: asks on a terminal, needs --yes without one, and pays once', async () => {
  const [to] = await nodes.lines('utility', 'address');
  const send = ['send', to as string, '5000', '--fee-rate', '2'];
  expect(await nodes.cli('producer', send)).toMatchObject({
    code: 2,
    stdout: '',
    stderr: expect.stringContaining('--yes'),
  });
  const refused = await nodes.cli('producer', send, { typed: ['no'] });
  expect(refused).toMatchObject({ code: 4, stdout: '', stderr: expect.stringContaining('5,000 sat') });
  expect(refused.stderr).toContain(to);
  const sent = await nodes.cli('producer', [...send, '--request-id', 'once'], { typed: ['y'] });
  expect(sent).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(/^sent in transaction [0-9a-f]{64}, fee \d+ sat\n$/),
  });
  const again = await nodes.cli('producer', [...send, '--request-id', 'once', '--yes']);
  expect(again.stdout).toBe(sent.stdout);
  expect((await nodes.document('producer', 'transactions')).transactions).toHaveLength(2);
  const txid = /[0-9a-f]{64}/.exec(sent.stdout)?.[0] as string;
  await nodes.json('bumpFee', 'producer', 'bump-fee', txid, '10', '--yes');
  await nodes.served.world.mine();
});

it('too little, a wrong address, an unknown peer: what happened and what to do, with its exit code', async () => {
  const [to] = await nodes.lines('utility', 'address');
  expect(await nodes.cli('producer', ['send', to as string, '1BTC', '--yes'])).toMatchObject({
    code: 1,
    stderr: expect.stringContaining("'wattlane address'"),
  });
  expect(
    await nodes.cli('producer', ['send', 'bc1qar0srrr7xfkvy5l643lydnw9re59gtzzwf5mdq', '5', '--yes']),
  ).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('network'),
  });
  expect(await nodes.cli('producer', ['send', to as string, '1e5', '--yes'])).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('exponent'),
  });
  const stranger = `02${'79be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798'}`;
  expect(await nodes.cli('consumer', ['disconnect', stranger])).toMatchObject({ code: 0 });
});

it('open: waits for the others, and --set is checked before anything is asked', async () => {
  const open = [
    'open',
    ...ids(),
    '--consumer',
    '0.005BTC',
    '--producer',
    '100000',
    '--utility',
    '20000',
    '--settle-in',
    '400',
  ];
  for (const [setting, reason] of [
    ['maxInFlight', 'name=value'],
    ['flight=3', 'no such parameter'],
    ['maxInFlight=500', 'maxInFlight'],
  ])
    expect(await nodes.cli('consumer', [...open, '--set', setting as string, '--yes'])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining(reason as string),
    });
  const { channel } = await nodes.json('getChannel', 'consumer', ...open, '--yes');
  expect(channel.state).toBe('awaitingFunding');
  await nodes.served.world.mine();
  for (const role of ['consumer', 'producer', 'utility'] as const)
    await nodes.document(role, 'wait', 'open', '--timeout', '60s');
  await nodes.document('consumer', 'wait', 'synced', '--timeout', '60s');
  await nodes.json('getChannel', 'consumer', 'channel');
  await nodes.json('getChannel', 'consumer', 'channel', channel.channelId?.slice(0, 6) as string);
  expect((await nodes.lines('consumer', 'channels'))[1]).toMatch(
    /^0 .* consumer {2}open +500,000 {3}100,000/,
  );
});

it('tariff, offer, meter, buy, units: a unit from its price to its payment', async () => {
  await nodes.json(
    'publishTariff',
    'utility',
    'tariff',
    '400sat/kWh',
    '--units',
    '20',
    '--unit',
    '10Wh',
    '--for',
    '1h',
  );
  await nodes.document('producer', 'wait', 'tariff', '--timeout', '60s');
  await nodes.document('consumer', 'wait', 'tariff', '--timeout', '60s');
  expect((await nodes.json('listTariffs', 'consumer', 'tariffs')).tariffs[0]?.msatPerWh).toBe('400');
  await nodes.json('readMeter', 'producer', 'meter', '--import', '0', '--export', '0');
  expect(
    await nodes.document('producer', 'offer', '9', '--for', '1h', '--min-price', '0.3sat/Wh'),
  ).toMatchObject({
    unitEnergyWh: 10,
    minMsatPerWh: '300',
  });
  await nodes.document('consumer', 'wait', 'offer', '--timeout', '60s');
  const bought = nodes.cli('consumer', ['buy', '1', '--wait', '--timeout', '60s']);
  await nodes.document('producer', 'wait', 'unitOrdered', '--timeout', '60s');
  nodes.served.world.clock.pass(60);
  await nodes.lines('producer', 'meter', '--import', '0', '--export', '10');
  expect(await bought).toMatchObject({
    code: 0,
    stdout: '1 unit paid, 4 sat; 0 forfeited, 0 cancelled\n',
    stderr: expect.stringContaining('unit 0 paid: 4 sat, grid fee 0.080 sat'),
  });
  const { units } = await nodes.document('consumer', 'units');
  expect(units).toMatchObject([{ unit: '0', status: 'settled' }]);
  expect((await nodes.lines('consumer', 'units'))[1]).toMatch(/ settled$/);
});

it('cancel: the seller lets go, then the buyer, and a unit that is not in flight is named', async () => {
  await nodes.lines('consumer', 'buy', '1');
  await nodes.document('producer', 'wait', 'unitOrdered', '--times', '2', '--timeout', '60s');
  expect(await nodes.cli('producer', ['cancel', '9'])).toMatchObject({
    code: 5,
    stderr: expect.stringContaining('In flight: 1'),
  });
  await nodes.lines('producer', 'cancel', '1');
  await nodes.document('consumer', 'wait', 'unitReleased', '--timeout', '60s');
  await nodes.lines('consumer', 'cancel', '1');
  await nodes.document('consumer', 'wait', 'unitCancelled', '--timeout', '60s');
});

it('transfer: an amount of msat, not of nothing', async () => {
  expect(await nodes.cli('consumer', ['transfer', '0', '--yes'])).toMatchObject({ code: 2 });
  expect(await nodes.document('consumer', 'transfer', '1500msat', '--yes')).toMatchObject({
    amountMsat: '1500',
  });
});

it('events: lines of JSON as the schema has them, from a number on, and with --follow until Ctrl-C', async () => {
  const { stdout } = await nodes.cli('consumer', ['events', '--json', '--from', '1']);
  const events = stdout
    .trimEnd()
    .split('\n')
    .map((line) => event.parse(JSON.parse(line)));
  expect(events.map(({ sequence }) => sequence)).toEqual(events.map((_, at) => at + 1));
  const last = events.at(-1)?.sequence as number;
  const some = await nodes.cli('consumer', ['events', '--json', '--from', String(last - 1), '--limit', '1']);
  expect(JSON.parse(some.stdout).sequence).toBe(last - 1);
  const settled = await nodes.lines('consumer', 'events', '--type', 'unitSettled');
  expect(settled).toEqual([expect.stringContaining('unit 0 paid: 4 sat')]);
  const controller = new AbortController();
  const following = nodes.cli('consumer', ['events', '--follow', '--from', String(last), '--json'], {
    interrupted: controller.signal,
    onStdout: () => controller.abort(),
  });
  expect(await following).toMatchObject({ code: 130, stdout: expect.stringContaining(`"sequence":${last}`) });
});

it('backup and evidence: files for their owner alone, never written over without --force', async () => {
  const backup = join(nodes.folder, 'backup');
  expect((await nodes.document('consumer', 'backup', backup)).channels).toHaveLength(1);
  expect((await readFile(backup)).subarray(0, 8).toString()).toBe('wattlane');
  expect(await nodes.cli('consumer', ['backup', backup])).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('exists already'),
  });
  await chmod(backup, 0o644);
  await nodes.lines('consumer', 'backup', backup, '--force');
  expect((await stat(backup)).mode & 0o777).toBe(0o600);
  expect((await runCli(['decode', backup])).stdout).toContain('a channel backup of regtest');

  const evidence = join(nodes.folder, 'evidence');
  await nodes.lines('producer', 'evidence', 'export', evidence);
  const { stdout, code } = await runCli(['evidence', 'verify', evidence, '--json']);
  expect(code).toBe(0);
  evidenceReport.parse(JSON.parse(stdout).report);
  expect((await runCli(['decode', evidence])).stdout).toContain('evidence of a dispute');
});

it('a token of lesser rights, a wrong one, none: exit code 4, and which one is needed', async () => {
  const asReader = (...args: string[]) =>
    runCli([
      '--rpc',
      nodes.served.url('consumer'),
      '--token-file',
      nodes.tokenFile('consumer', 'read'),
      ...args,
    ]);
  expect(await asReader('channels')).toMatchObject({ code: 0 });
  expect(await asReader('buy', '1')).toMatchObject({
    code: 4,
    stderr: expect.stringContaining('right to trade'),
  });
  expect(
    await nodes.cli('consumer', ['channels', '--token-file', nodes.tokenFile('producer', 'admin')]),
  ).toMatchObject({
    code: 4,
    stderr: expect.stringContaining('does not know the token'),
  });
  expect(await nodes.cli('consumer', ['channels', '--token-file', join(nodes.folder, 'none')])).toMatchObject(
    { code: 5 },
  );
});

it('rpc: every method, its parameters checked before it is asked', async () => {
  await nodes.json('listDisputes', 'consumer', 'rpc', 'listDisputes');
  expect(await nodes.lines('consumer', 'disputes')).toEqual(['no disputes']);
  expect(await nodes.cli('consumer', ['rpc', 'steal'])).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('listDisputes'),
  });
  expect(await nodes.cli('consumer', ['rpc', 'listCoins', '{"limit":0}'])).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('limit'),
  });
  expect(await nodes.cli('consumer', ['rpc', 'listCoins', '{'])).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('not JSON'),
  });
});

it('completion asks the daemon for channels and peers', async () => {
  const written: string[] = [];
  const io = {
    stdout: { write: (text: string) => written.push(text) },
    stderr: { write: () => {} },
    stdin: process.stdin,
    env: {},
    now: () => 0,
    interrupted: new AbortController().signal,
  };
  const where = ['--rpc', nodes.served.url('consumer'), '--token-file', nodes.tokenFile('consumer', 'read')];
  await complete([...where, 'close', ''], io);
  expect(written.join('')).toBe('0\tconsumer, open\n:none\n');
  written.length = 0;
  await complete([...where, 'disconnect', ids()[0].slice(0, 5)], io);
  expect(written.join('')).toBe(`${ids()[0]}\tconnected\n:none\n`);
  written.length = 0;
  await complete(['--rpc', 'ws://127.0.0.1:1/', 'close', ''], io);
  expect(written.join('')).toBe(':none\n');
});

it('a narrow terminal: no line of a table is wider', async () => {
  const { stdout } = await nodes.cli('consumer', ['channels', '--no-color'], { columns: 60 });
  for (const line of stdout.split('\n')) expect(line.length).toBeLessThanOrEqual(60);
  expect(stdout).not.toContain('\u001b');
  expect(
    (await nodes.cli('consumer', ['channels'], { columns: 80, env: { TERM: 'xterm' } })).stdout,
  ).toContain('\u001b[');
  expect(
    (await nodes.cli('consumer', ['channels'], { columns: 80, env: { NO_COLOR: '1' } })).stdout,
  ).not.toContain('\u001b');
});

it('dispute, close, force-close: asked first, and told how far the channel is', async () => {
  expect(await nodes.cli('consumer', ['force-close', '0'], { typed: [''] })).toMatchObject({
    code: 4,
    stderr: expect.stringContaining('cannot be undone'),
  });
  expect(await nodes.cli('consumer', ['close'], { typed: ['n'] })).toMatchObject({
    code: 4,
    stderr: expect.stringContaining('pays out'),
  });
  expect(await nodes.cli('consumer', ['dispute'])).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('--fee'),
  });
  await nodes.document('consumer', 'close', '--yes');
  await nodes.document('consumer', 'wait', 'settling', '--timeout', '60s');
  await nodes.document('consumer', 'force-close', '0', '--yes');
  expect(await nodes.cli('consumer', ['buy', '1'])).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('not in a state'),
  });
});

it('wait: gives up in time, with exit code 6', async () => {
  expect(await nodes.cli('consumer', ['wait', 'breach', '--timeout', '1s'])).toMatchObject({
    code: 6,
    stdout: '',
  });
});

it('no daemon: exit code 3, and how to start one', async () => {
  const args = ['--rpc', 'ws://127.0.0.1:1/', '--token-file', nodes.tokenFile('consumer', 'read')];
  expect(await runCli([...args, 'channels'])).toMatchObject({
    code: 3,
    stdout: '',
    stderr: expect.stringContaining('start'),
  });
  expect(await runCli(['--data-dir', nodes.folder, 'channels'])).toMatchObject({
    code: 3,
    stderr: expect.stringContaining('init'),
  });
});
