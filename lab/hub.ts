import { mkdtemp, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { guard } from '../regtest/guard.ts';
import { type Regtest, startRegtest } from '../regtest/index.ts';
import { invariant } from '../src/base/invariant.ts';
import { type PerRole, ROLES, type Role } from '../src/base/role.ts';
import { makeDir } from '../src/daemon/files.ts';
import { parseReadings } from '../src/market/readings.ts';
import type { PageFiles } from '../src/page/files.ts';
import { type PageServer, startPage } from '../src/page/server.ts';
import { actionsOf } from './actions.ts';
import { reasonOf } from './failure.ts';
import { Party } from './party/party.ts';
import type { Stage } from './schema.ts';
import { LabServer } from './server.ts';
import { DEMO_WORLD } from './terms.ts';
import { WorldDriver } from './world/driver.ts';
import { type Sun, sunOf } from './world/sun.ts';

export interface HubOptions {
  readonly files: PageFiles;
  /** Of the page, on 127.0.0.1; 0 takes a free one. */
  readonly port: number;
  /** Where everything is kept for the next start; `undefined`: in temporary directories, which are removed. */
  readonly keep: string | undefined;
  /** The party's program, a file that Node runs. */
  readonly partyProgram: string;
  /** Hears what is being done while it starts. */
  readonly progress: (text: string) => void;
  /** Hears of failures that are no caller's fault. */
  readonly log: (text: string) => void;
}

/** Bitcoin node, three daemons, sun and page, all running. */
export interface Hub {
  readonly page: PageServer;
  readonly parties: PerRole<Party>;
  readonly regtest: Regtest;
  stage(): Stage;
  /** Stops everything that it started. Also when called again. */
  stop(): Promise<void>;
}

/** Of the seeds that the demo makes. Its coins are worth nothing, so the page may show it. */
export const DEMO_PASSPHRASE = 'regtest coins are play money';

/** Coins that each party begins with, satoshi: several, so that fees can be paid while one is in use. */
const COINS: PerRole<readonly bigint[]> = {
  consumer: [1_000_000n, 500_000n, 300_000n, 200_000n],
  producer: [600_000n, 400_000n, 300_000n, 200_000n],
  utility: [400_000n, 300_000n, 200_000n, 100_000n],
};
const READINGS = fileURLToPath(new URL('../examples/data/household-week.csv', import.meta.url));
/** The demo begins at noon of the first day. */
const FIRST_SECOND = 12 * 3600;
const LOOK_AGAIN_MS = 25;

/** Starts it all; when something cannot be started, what was is stopped again, and the reason thrown. */
export async function startHub(options: HubOptions): Promise<Hub> {
  const running = new RunningHub(options);
  try {
    await running.start();
    return running;
  } catch (error) {
    await running.stop();
    throw error;
  }
}

class RunningHub implements Hub {
  readonly #options: HubOptions;
  #page: PageServer | undefined;
  #starting: Promise<Regtest> | undefined;
  #regtest: Regtest | undefined;
  #parties: PerRole<Party> | undefined;
  #world: WorldDriver | undefined;
  #server: LabServer | undefined;
  #height = 0;
  #minimumFee = 0n;
  #stopped: Promise<void> | undefined;

  constructor(options: HubOptions) {
    this.#options = options;
  }

  get page(): PageServer {
    invariant(this.#page !== undefined, 'the hub has started');
    return this.#page;
  }
  get regtest(): Regtest {
    invariant(this.#regtest !== undefined, 'the hub has started');
    return this.#regtest;
  }
  get parties(): PerRole<Party> {
    invariant(this.#parties !== undefined, 'the hub has started');
    return this.#parties;
  }
  get #sun(): WorldDriver {
    invariant(this.#world !== undefined, 'the hub has started');
    return this.#world;
  }

  async start(): Promise<void> {
    const { progress, files, port } = this.#options;
    progress('starting the Bitcoin node, and sealing three seeds');
    this.#starting = this.#startBitcoind();
    this.#starting.catch(() => {}); // heard of below, unless something else fails first
    this.#page = await startPage({
      files,
      port,
      laboratory: (request, socket, head) => this.#server?.take(request, socket, head),
      howToEnter: 'Press Enter in the terminal where the demo runs: it prints a new address.',
    });
    const dirs = await this.#directories();
    const parties = perRole((role) => this.#party(role, dirs[role]));
    this.#parties = parties;
    const all = Object.values(parties);
    await Promise.all([this.#starting, ...all.map((party) => party.prepare())]);
    progress('starting three daemons');
    await Promise.all(all.map((party) => party.begin()));
    progress('giving each of them coins, and connecting them');
    await Promise.all([this.#acquaint(), this.#fund()]);
    await this.#followChain();
    this.#openLaboratory(await sun());
    this.page.serve(all.map(({ role, socketUrl, token }) => ({ role, url: socketUrl, token })));
  }

  stage(): Stage {
    return {
      network: 'regtest',
      height: this.#height,
      minimumFeeRateSatPerKvB: `${this.#minimumFee}`,
      passphrase: DEMO_PASSPHRASE,
      parties: perRole((role) => {
        const { running, nodeId, address, dataDir } = this.parties[role];
        return { running, nodeId, address, dataDir };
      }),
      world: this.#sun.state(),
    };
  }

  stop(): Promise<void> {
    this.#stopped ??= this.#stop();
    return this.#stopped;
  }

  async #stop(): Promise<void> {
    this.#world?.stop();
    this.#server?.close();
    await this.#page?.close();
    await Promise.all(Object.values(this.#parties ?? {}).map((party) => party.end()));
    const regtest = await this.#starting?.catch(() => undefined);
    await regtest?.stop();
  }

  async #startBitcoind(): Promise<Regtest> {
    const { keep } = this.#options;
    const regtest = await startRegtest(
      keep === undefined ? {} : { dataDir: join(resolve(keep), 'bitcoind') },
    );
    this.#regtest = regtest;
    return regtest;
  }

  /** Temporary ones go with this process, however it ends. */
  async #directories(): Promise<PerRole<string>> {
    const { keep } = this.#options;
    const made = await Promise.all(
      ROLES.map(async (role) => {
        if (keep === undefined) {
          const directory = await mkdtemp(join(tmpdir(), `wattlane-demo-${role}-`));
          guard({ pid: undefined, directory });
          return directory;
        }
        const directory = join(resolve(keep), role);
        await makeDir(directory);
        return directory;
      }),
    );
    return perRole((role) => made[ROLES.indexOf(role)] ?? '');
  }

  #party(role: Role, dataDir: string): Party {
    return new Party({
      role,
      dataDir,
      temporary: this.#options.keep === undefined,
      program: this.#options.partyProgram,
      regtest: () => this.regtest,
      passphrase: DEMO_PASSPHRASE,
      origin: this.page.origin,
      changed: () => this.#server?.changed(),
    });
  }

  /** Everyone hears where the others listen; who is off, or has another seed by now, is left out. */
  async #acquaint(): Promise<void> {
    const { consumer, producer, utility } = this.parties;
    const pairs = [
      [consumer, producer],
      [consumer, utility],
      [producer, utility],
    ] as const;
    await Promise.all(
      pairs.map(async ([from, to]) => {
        if (!from.running || !to.running) return;
        const { nodeId, address } = to;
        await from.client.call('connectPeer', { nodeId, address });
      }),
    );
  }

  /** Coins for wallets that have none, in one block, and until each has seen its own. */
  async #fund(): Promise<void> {
    let isNew = false;
    for (const role of ROLES) {
      const { client } = this.parties[role];
      const { wallet } = await client.call('getBalance', {});
      if (wallet.confirmedSat !== '0') continue;
      isNew = true;
      for (const coin of COINS[role]) {
        const { address } = await client.call('newAddress', {});
        await this.regtest.fund(address, coin, { confirm: false });
      }
    }
    if (isNew) await this.regtest.mine(1);
    const height = await this.regtest.height();
    await Promise.all(ROLES.map((role) => this.#hasSeen(role, height)));
  }

  async #hasSeen(role: Role, height: number): Promise<void> {
    while ((await this.parties[role].client.call('getInfo', {})).height !== height)
      await new Promise((resolve) => setTimeout(resolve, LOOK_AGAIN_MS));
  }

  async #followChain(): Promise<void> {
    const chain = await this.regtest.chain();
    this.#minimumFee = await chain.minimumFeeRate();
    const look = () => {
      chain.tip().then(
        ({ height }) => {
          this.#height = height;
          this.#server?.changed();
        },
        () => {}, // it is being started again: the next tip says where it is
      );
    };
    chain.onTip(look);
    this.#height = (await chain.tip()).height;
  }

  #openLaboratory(sunlight: Sun): void {
    const changed = () => this.#server?.changed();
    const time = sunlight.start + FIRST_SECOND;
    this.#world = new WorldDriver({
      sun: sunlight,
      parties: this.parties,
      settings: DEMO_WORLD,
      time,
      changed,
    });
    this.#server = new LabServer({
      actions: actionsOf({
        regtest: this.regtest,
        parties: this.parties,
        world: this.#world,
        stage: () => this.stage(),
        acquaint: () => this.#acquaint(),
        minimumFee: (rate) => {
          this.#minimumFee = rate;
          changed();
        },
      }),
      stage: () => this.stage(),
      log: (method, error) => this.#options.log(`${method}: ${reasonOf(error)}`),
    });
    this.#world.start();
  }
}

async function sun(): Promise<Sun> {
  const readings = parseReadings(await readFile(READINGS, 'utf8'));
  invariant(readings.ok, 'the readings of the examples are in order');
  return sunOf(readings.value);
}

function perRole<T>(of: (role: Role) => T): PerRole<T> {
  return { consumer: of('consumer'), producer: of('producer'), utility: of('utility') };
}
