import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildPage, PAGE_DIR } from '../../lab/build.ts';
import { Party } from '../../lab/party/party.ts';
import { guard } from '../../regtest/guard.ts';
import { type Regtest, startRegtest } from '../../regtest/index.ts';
import { type PerRole, ROLES, type Role } from '../../src/base/role.ts';
import type { RpcClient } from '../../src/client/index.ts';
import { readPage } from '../../src/page/files.ts';
import { type PageServer, startPage } from '../../src/page/server.ts';
import { buildProgram } from '../../tools/program.ts';

/** A Bitcoin node, three daemons with an open channel, each a process, and the page of the wallet. */
export interface Stage {
  readonly page: PageServer;
  readonly clients: PerRole<RpcClient>;
  /** Each party's own key of the channel. */
  readonly channels: PerRole<string>;
  stop(): Promise<void>;
}

const COINS: PerRole<bigint> = { consumer: 60_000_000n, producer: 30_000_000n, utility: 1_000_000n };
const CONTRIBUTIONS = { consumerSat: '50000000', producerSat: '20000000', utilitySat: '100000' };
const PARAMS = { maxInFlight: 50, bondPpm: 500_000 };
/** Blocks until the channel has to be settled. */
const SETTLED_WITHIN = 5_000;
/** Blocks on top of the funding: more than a channel waits for. */
const MINED = 6;
const LOOK_AGAIN_MS = 50;

type ChannelState = 'awaitingFunding' | 'open' | 'attesting';

export async function openStage(progress: (line: string) => void): Promise<Stage> {
  progress('building the page and the daemons');
  const program = await buildProgram('lab/party/main.ts');
  guard({ pid: undefined, directory: program.directory });
  await buildPage();
  progress('starting a Bitcoin node and three daemons');
  const regtest = await startRegtest();
  const page = await startPage({ files: await readPage(PAGE_DIR), port: 0, howToEnter: '' });
  const parties = await perRole((role) => startParty(role, program.path, regtest, page.origin));
  const clients = await perRole(async (role) => parties[role].client);
  const stop = async () => {
    await page.close();
    await perRole((role) => parties[role].end());
    await regtest.stop();
  };
  try {
    const pairs: readonly (readonly [Role, Role])[] = [
      ['consumer', 'producer'],
      ['consumer', 'utility'],
      ['producer', 'utility'],
    ];
    for (const [from, to] of pairs) {
      const { nodeId, address } = parties[to];
      await clients[from].call('connectPeer', { nodeId, address });
    }
    progress('opening a channel');
    const channels = await openChannel(regtest, clients, parties);
    page.serve(ROLES.map((role) => ({ role, url: parties[role].socketUrl, token: parties[role].token })));
    return { page, clients, channels, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function startParty(role: Role, program: string, regtest: Regtest, origin: string): Promise<Party> {
  const dataDir = await mkdtemp(join(tmpdir(), `wattlane-bench-${role}-`));
  guard({ pid: undefined, directory: dataDir });
  const party = new Party({
    ...{ role, dataDir, temporary: true, program, origin },
    regtest: () => regtest,
    passphrase: 'regtest coins are play money',
    changed: () => {},
  });
  await party.prepare();
  await party.begin();
  return party;
}

async function openChannel(
  regtest: Regtest,
  clients: PerRole<RpcClient>,
  parties: PerRole<Party>,
): Promise<PerRole<string>> {
  for (const role of ROLES)
    await regtest.fund((await clients[role].call('newAddress', {})).address, COINS[role]);
  const height = await regtest.height();
  for (const role of ROLES)
    await until(async () => (await clients[role].call('getInfo', {})).height === height);
  await clients.consumer.call('openChannel', {
    producer: parties.producer.nodeId,
    utility: parties.utility.nodeId,
    ...CONTRIBUTIONS,
    settlementHeight: height + SETTLED_WITHIN,
    params: PARAMS,
  });
  const found: { [R in Role]?: string } = {};
  const reach = async (...states: readonly ChannelState[]) => {
    for (const role of ROLES)
      await until(async () => {
        const { channels } = await clients[role].call('listChannels', { states: [...states] });
        found[role] = channels[0]?.channel ?? '';
        return channels.length > 0;
      });
  };
  await reach('awaitingFunding');
  await regtest.mine(MINED);
  await reach('open', 'attesting');
  return perRole(async (role) => found[role] ?? '');
}

async function until(holds: () => Promise<boolean>): Promise<void> {
  while (!(await holds())) await new Promise((resolve) => setTimeout(resolve, LOOK_AGAIN_MS));
}

async function perRole<T>(of: (role: Role) => Promise<T>): Promise<PerRole<T>> {
  const [consumer, producer, utility] = await Promise.all([of('consumer'), of('producer'), of('utility')]);
  return { consumer, producer, utility };
}
