import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { toHex } from '../../src/base/bytes.ts';
import { ROLES, type Role } from '../../src/base/role.ts';
import { loadConfig } from '../../src/daemon/config/load.ts';
import type { Config } from '../../src/daemon/config/schema.ts';
import { type Daemon, type DaemonSecret, startDaemon } from '../../src/daemon/daemon.ts';
import type { Adapters } from '../../src/daemon/edges.ts';
import { createLog } from '../../src/daemon/log.ts';
import { mnemonicFromEntropy } from '../../src/wallet/mnemonic.ts';
import { simulatedTestChain, type TestChain, testClock } from './world.ts';

type Flags = Readonly<Record<string, string>>;

/** Daemons in this process, on real disks and sockets; the chain is simulated unless a test brings another. */
export interface DaemonLab {
  readonly chain: TestChain;
  readonly clock: ReturnType<typeof testClock>;
  /** Everything that was logged, at the lowest level. */
  readonly lines: string[];
  config(role: Role, options?: { readonly dir?: string; readonly flags?: Flags }): Promise<Config>;
  /** Starts a party on its data directory; `adapters` in place of the lab's. */
  start(
    role: Role,
    options?: { adapters?: Adapters; secret?: DaemonSecret; dir?: string; flags?: Flags },
  ): Promise<Daemon>;
  stop(): Promise<void>;
}

export function phraseOf(role: Role): string {
  return mnemonicFromEntropy(new Uint8Array(16).fill(ROLES.indexOf(role) + 101));
}

export async function daemonLab(chain: TestChain = simulatedTestChain()): Promise<DaemonLab> {
  const dir = await mkdtemp(join(tmpdir(), 'wattlane-daemons-'));
  const clock = testClock();
  const lines: string[] = [];
  const running = new Set<Daemon>();
  const lab: DaemonLab = {
    chain,
    clock,
    lines,
    config: async (role, { dir: name = role, flags = {} } = {}) => {
      const usual = {
        '--role': role,
        '--data-dir': join(dir, name),
        '--accept-contribution-sat': '200000',
        '--listen': '127.0.0.1:0',
        '--rpc-listen': '127.0.0.1:0',
        '--log-level': 'trace',
        ...flags,
      };
      const command = await loadConfig(
        Object.entries(usual).map(([flag, value]) => `${flag}=${value}`),
        {},
      );
      if (!command.ok || !('config' in command.value)) throw new Error('a bad configuration');
      return command.value.config;
    },
    start: async (role, { adapters = {}, secret = { mnemonic: phraseOf(role) }, ...own } = {}) => {
      const config = await lab.config(role, own);
      const log = createLog(config, { write: (line) => lines.push(line) });
      const simulated = { chain: () => chain.connect(), clock };
      const daemon = await startDaemon(config, secret, { log, adapters: { ...simulated, ...adapters } });
      running.add(daemon);
      return daemon;
    },
    stop: async () => {
      await Promise.all([...running].map((daemon) => daemon.stop()));
      await chain.stop();
      await rm(dir, { recursive: true, force: true });
    },
  };
  return lab;
}

/** The consumer knows where both others are, the producer where the utility is. */
export async function introduce({
  consumer,
  producer,
  utility,
}: { readonly [R in Role]: Daemon }): Promise<void> {
  await consumer.node.connect(producer.node.id, producer.address);
  await consumer.node.connect(utility.node.id, utility.address);
  await producer.node.connect(utility.node.id, utility.address);
}

export function idOf(daemon: Daemon): string {
  return toHex(daemon.node.id);
}
