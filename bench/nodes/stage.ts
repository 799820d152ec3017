import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Regtest } from '../../regtest/index.ts';
import { ROLES, type Role } from '../../src/base/role.ts';
import { type PartyProcess, startParty } from './process.ts';

/** Three parties with an open channel, each a process, on one bitcoind. */
export interface Stage {
  readonly parties: { readonly [R in Role]: PartyProcess };
  all<T>(ask: (party: PartyProcess, role: Role) => Promise<T>): Promise<{ readonly [R in Role]: T }>;
  stop(): Promise<void>;
}

export interface StageOptions {
  /** The party's program, a file that Node runs. */
  readonly program: string;
  readonly inFlight: number;
  readonly watchtower: boolean;
  /** A program that starts each party, with its arguments. */
  readonly before?: (role: Role, dataDir: string) => readonly string[];
}

const COINS = { consumer: 110_000_000n, producer: 30_000_000n, utility: 1_000_000n };
/** Blocks until the channel has to be settled. */
const SETTLED_WITHIN = 5_000;

export async function openStage(regtest: Regtest, options: StageOptions): Promise<Stage> {
  const dataDir = await mkdtemp(join(tmpdir(), 'wattlane-bench-'));
  const start = async (role: Role) => {
    const directory = await mkdtemp(join(dataDir, `${role}-`));
    const { rpcUrl, cookieFile } = regtest;
    const settings = { role, dataDir: directory, rpcUrl, cookieFile, watchtower: options.watchtower };
    return startParty(options.program, settings, options.before?.(role, directory));
  };
  const [consumer, producer, utility] = await Promise.all(ROLES.map(start));
  if (consumer === undefined || producer === undefined || utility === undefined)
    throw new Error('three roles');
  const parties = { consumer, producer, utility };
  const all: Stage['all'] = async (ask) => {
    const answers = await Promise.all(
      ROLES.map(async (role) => [role, await ask(parties[role], role)] as const),
    );
    return Object.fromEntries(answers) as never;
  };
  const mine = async (blocks: number) => {
    await regtest.mine(blocks);
    await all((party) => party.ask({ type: 'synced' }));
  };
  for (const role of ROLES) await regtest.fund(await parties[role].ask({ type: 'fundAddress' }), COINS[role]);
  await mine(1);
  const connect = (from: PartyProcess, to: PartyProcess) => from.ask({ type: 'connect', ...to.hello });
  await connect(consumer, producer);
  await connect(consumer, utility);
  await connect(producer, utility);
  await consumer.ask({
    type: 'open',
    producer: producer.hello.nodeId,
    utility: utility.hello.nodeId,
    inFlight: options.inFlight,
    settlementHeight: (await regtest.height()) + SETTLED_WITHIN,
  });
  const ready = all((party) => party.ask({ type: 'ready' }));
  const isReady = ready.then(() => true);
  while (!(await Promise.race([isReady, mine(1).then(() => false)])));
  return {
    parties,
    all,
    stop: async () => {
      await Promise.all(ROLES.map((role) => parties[role].stop()));
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}
