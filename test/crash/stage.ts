import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Regtest } from '../../regtest/index.ts';
import { toHex } from '../../src/base/bytes.ts';
import { ROLES, type Role, type Trader } from '../../src/base/role.ts';
import type { HeldCommitment } from '../../src/channel/rounds.ts';
import type { Channel } from '../../src/channel/state.ts';
import type { Tx } from '../../src/tx/transaction.ts';
import { ChildDied } from '../../tools/child.ts';
import type { Shim } from '../powerloss/shim.ts';
import type { CallName, Calls, Order, View } from './calls.ts';
import type { Entry, Kill } from './journal.ts';
import type { Lane } from './lane.ts';
import { LossyDisk, type PowerLoss } from './power.ts';
import { SCRATCH } from './scratch.ts';
import { Seat, type Surroundings } from './seat.ts';

export type PerRole<T> = { readonly [R in Role]: T };

/** What is to go wrong in a run. */
export interface Plan {
  /** Where the processes of a party die: the first since the run is armed, the one after it, and so on. */
  readonly kills: { readonly [R in Role]?: readonly Kill[] };
  /** A party that is killed from outside when another dies. */
  readonly with?: Role;
  /** What the disk of whoever is told to die keeps: the power goes with the process. */
  readonly power?: PowerLoss;
  /** A party that is killed from outside before a step, when all three have said that they are idle. */
  readonly outside?: { readonly role: Role; readonly step: string };
}

export const NO_KILLS: Plan = { kills: {} };

const START_TIME = 1_700_000_000;
/** So often the three are asked whether anything still moves before that is called a failure. */
const MOST_LOOKS = 2_000;

/** What `role` saw of the channels when it was last asked. */
export type Views = { readonly [R in Role]?: View };

/** What needs the shim of test/powerloss is not there without it. */
export interface StageOptions {
  readonly lane: Lane;
  readonly plan: Plan;
  /** Different for each run on a chain. */
  readonly seed: number;
  readonly shim?: Shim | undefined;
}

/** Three parties as three processes over one chain, and the application that drives them. */
export class Stage {
  readonly regtest: Regtest;
  readonly dir: string;
  readonly #plan: Plan;
  readonly #seats: PerRole<Seat>;
  #armed = false;
  #now = START_TIME;
  /** What the application remembers. */
  readonly memory = new Map<string, bigint>();
  /** A commitment that is to be published once it is revoked. */
  kept: Tx | undefined;

  private constructor({ lane, plan, seed }: StageOptions, regtest: Regtest) {
    this.regtest = regtest;
    this.#plan = plan;
    this.dir = mkdtempSync(join(SCRATCH, 'wattlane-crash-'));
    const seat = (role: Role) =>
      new Seat({
        role,
        lane,
        dir: this.dir,
        seed,
        surroundings: (deaths) => this.#surroundings(role, deaths),
        onDeath: () => this.#died(role),
      });
    this.#seats = { consumer: seat('consumer'), producer: seat('producer'), utility: seat('utility') };
  }

  /** Starts the three. */
  static async begin(options: StageOptions): Promise<Stage> {
    const stage = new Stage(options, await options.lane.chain());
    const { plan, shim } = options;
    await Promise.all(
      ROLES.map((role) => {
        const seat = stage.#seats[role];
        const isLossy = plan.kills[role] !== undefined && plan.power !== undefined && shim !== undefined;
        return seat.begin(isLossy ? new LossyDisk(shim, seat.dir, plan.power) : undefined);
      }),
    );
    return stage;
  }

  get present(): readonly Role[] {
    return ROLES.filter((role) => !this.#seats[role].isOut);
  }

  get now(): number {
    return this.#now;
  }

  deaths(role: Role): number {
    return this.#seats[role].deaths;
  }

  journal(role: Role): readonly Entry[] {
    return this.#seats[role].entries();
  }

  idOf(role: Role): Uint8Array {
    return this.#seats[role].id;
  }

  addressOf(role: Role): string {
    return this.#seats[role].address;
  }

  /** From here on the boundaries of all three count. */
  async arm(): Promise<void> {
    this.#armed = true;
    for (const role of this.present) await this.call(role, 'arm', this.#plan.kills[role]?.[0]);
  }

  /** Asks a party; rejects with {@link ChildDied} when it died before its answer. */
  call<N extends CallName>(
    role: Role,
    name: N,
    argument: Parameters<Calls[N]>[0],
  ): Promise<ReturnType<Calls[N]>> {
    return this.#seats[role].call(name, argument);
  }

  /** Gives an order, one minute after the last. */
  async order(role: Role, order: Order): Promise<void> {
    this.#now += 60;
    await this.call(role, 'order', { now: this.#now, order });
  }

  /** Resolves when nothing moves any more, whoever died meanwhile. */
  async settle(): Promise<void> {
    let before = '';
    for (let looks = 0; looks < MOST_LOOKS; looks++) {
      const activity = await this.#activity();
      if (activity !== undefined && activity === before) return;
      before = activity ?? '';
    }
    throw new Error('the three never come to rest');
  }

  /** What the three say of themselves, at rest. */
  async views(): Promise<Views> {
    for (;;) {
      await this.settle();
      try {
        const views: { [R in Role]?: View } = {};
        for (const role of this.present) views[role] = await this.call(role, 'view', undefined);
        return views;
      } catch (error) {
        if (!(error instanceof ChildDied)) throw error;
      }
    }
  }

  async mine(blocks = 1): Promise<void> {
    await this.regtest.mine(blocks);
  }

  /** Kills a party for good, from outside. */
  remove(role: Role): Promise<void> {
    return this.#seats[role].remove();
  }

  /** Kills a party from outside; it is started again. */
  kill(role: Role): Promise<void> {
    return this.#seats[role].kill();
  }

  /** Starts a party again that was removed. */
  bringBack(role: Role, how: Parameters<Seat['bringBack']>[0] = {}): Promise<void> {
    return this.#seats[role].bringBack(how);
  }

  /** Copies what a party that was removed has on its disk. */
  copyDisk(role: Role, name: string): void {
    this.#seats[role].copyDisk(join(this.dir, name));
  }

  /** Puts such a copy in the place of the disk of a party that was removed, or nothing. */
  replaceDisk(role: Role, name?: string): void {
    this.#seats[role].replaceDisk(name === undefined ? undefined : join(this.dir, name));
  }

  /** The commitment that a trader holds in a state of its channel, complete. */
  commitmentOf(trader: Trader, state: Channel, held: HeldCommitment): Tx {
    return this.#seats[trader].commitment(trader, state, held);
  }

  /** Ends the three; their processes are free for the next run. */
  async end({ keep = false } = {}): Promise<void> {
    for (const role of ROLES) await this.#seats[role].end();
    if (!keep) rmSync(this.dir, { recursive: true });
  }

  async #activity(): Promise<string | undefined> {
    const { present } = this;
    const asked = await Promise.allSettled(present.map((role) => this.call(role, 'settle', present)));
    const tip = await this.regtest.height();
    const said = asked.map((answer) => {
      if (answer.status === 'fulfilled') return answer.value.activity;
      if (answer.reason instanceof ChildDied) return undefined;
      throw answer.reason;
    });
    return said.includes(undefined) ? undefined : [tip, ...present, ...said].join();
  }

  #surroundings(role: Role, deaths: number): Surroundings {
    const { rpcUrl, cookieFile, zmqAddress } = this.regtest;
    const id = (each: Role) => toHex(this.#seats[each].id);
    return {
      chain: { url: rpcUrl, cookieFile, zmqAddress },
      ids: { consumer: id('consumer'), producer: id('producer'), utility: id('utility') },
      now: this.#now,
      armed: this.#armed,
      kill: this.#armed ? this.#plan.kills[role]?.[deaths] : undefined,
    };
  }

  #died(role: Role): void {
    const other = this.#plan.with;
    if (other !== undefined && other !== role && this.#seats[other].deaths === 0) void this.kill(other);
  }
}
