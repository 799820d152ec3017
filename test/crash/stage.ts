import { cpSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Regtest } from '../../regtest/index.ts';
import { toHex } from '../../src/base/bytes.ts';
import { ROLES, type Role, type Trader } from '../../src/base/role.ts';
import type { HeldCommitment } from '../../src/channel/rounds.ts';
import type { Channel } from '../../src/channel/state.ts';
import { traderSigner } from '../../src/channel/step.ts';
import { tinySecp256k1 as secp } from '../../src/crypto/tiny.ts';
import { signerFor } from '../../src/node/signers.ts';
import type { Tx } from '../../src/tx/transaction.ts';
import { createKeychain, type Keychain } from '../../src/wallet/hd.ts';
import { mnemonicFromEntropy, seedFromMnemonic } from '../../src/wallet/mnemonic.ts';
import type { Shim } from '../powerloss/shim.ts';
import type { CallName, Calls, Lie, Order, View } from './calls.ts';
import { type Entry, type Kill, readJournal } from './journal.ts';
import { type Lane, PartyDied, type PartyProcess } from './lane.ts';
import { LossyDisk, type PowerLoss } from './power.ts';
import { SCRATCH } from './scratch.ts';

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

interface Seat {
  readonly role: Role;
  readonly mnemonic: string;
  readonly keys: Keychain;
  readonly dir: string;
  readonly journal: string;
  process: PartyProcess | undefined;
  /** Where it listens, since it did for the first time. */
  address: string | undefined;
  /** Resolves when its process has taken up its node. */
  ready: Promise<void>;
  lives: number;
  deaths: number;
  reviving: boolean;
  /** Not to be started again when it dies. */
  out: boolean;
  restored: boolean;
  lie: Lie | undefined;
  /** Its disk, when the power is to go. */
  disk: LossyDisk | undefined;
}

/** Three parties as three processes over one chain, and the application that drives them. */
export class Stage {
  readonly regtest: Regtest;
  readonly dir: string;
  readonly #lane: Lane;
  readonly #plan: Plan;
  readonly #seats: PerRole<Seat>;
  #armed = false;
  #now = START_TIME;
  /** What the application remembers. */
  readonly memory = new Map<string, bigint>();
  /** A commitment that is to be published once it is revoked. */
  kept: Tx | undefined;

  private constructor({ lane, plan, seed }: StageOptions, regtest: Regtest) {
    this.#lane = lane;
    this.regtest = regtest;
    this.#plan = plan;
    this.dir = mkdtempSync(join(SCRATCH, 'wattlane-crash-'));
    const seat = (role: Role): Seat => {
      const entropy = new Uint8Array(16).fill(ROLES.indexOf(role) + 1);
      new DataView(entropy.buffer).setUint32(0, seed);
      const mnemonic = mnemonicFromEntropy(entropy);
      const secret = seedFromMnemonic(mnemonic);
      if (!secret.ok) throw new Error(secret.error.code);
      return {
        role,
        mnemonic,
        keys: createKeychain(secret.value, 'regtest'),
        dir: join(this.dir, role),
        journal: join(this.dir, `${role}.journal`),
        process: undefined,
        address: undefined,
        ready: Promise.resolve(),
        lives: 0,
        deaths: 0,
        reviving: false,
        out: false,
        restored: false,
        lie: undefined,
        disk: undefined,
      };
    };
    this.#seats = { consumer: seat('consumer'), producer: seat('producer'), utility: seat('utility') };
  }

  /** Starts the three. */
  static async begin(options: StageOptions): Promise<Stage> {
    const stage = new Stage(options, await options.lane.chain());
    for (const role of ROLES) {
      const seat = stage.#seats[role];
      mkdirSync(seat.dir);
      const { kills, power } = options.plan;
      if (kills[role] !== undefined && power !== undefined && options.shim !== undefined)
        seat.disk = new LossyDisk(options.shim, seat.dir, power);
      seat.ready = stage.#revive(seat);
    }
    await Promise.all(ROLES.map((role) => stage.#seats[role].ready));
    return stage;
  }

  get present(): readonly Role[] {
    return ROLES.filter((role) => !this.#seats[role].out);
  }

  get now(): number {
    return this.#now;
  }

  get isArmed(): boolean {
    return this.#armed;
  }

  deaths(role: Role): number {
    return this.#seats[role].deaths;
  }

  journal(role: Role): readonly Entry[] {
    return readJournal(this.#seats[role].journal);
  }

  idOf(role: Role): Uint8Array {
    return this.#seats[role].keys.channelPublicKey('nodeIdentity', 0);
  }

  addressOf(role: Role): string {
    const { address } = this.#seats[role];
    if (address === undefined) throw new Error(`${role} never listened`);
    return address;
  }

  /** From here on the boundaries of all three count. */
  async arm(): Promise<void> {
    this.#armed = true;
    for (const role of this.present) {
      await this.call(role, 'arm', this.#plan.kills[role]?.[0]);
    }
  }

  /** Asks a party; rejects with {@link PartyDied} when it died before its answer. */
  async call<N extends CallName>(
    role: Role,
    name: N,
    argument: Parameters<Calls[N]>[0],
  ): Promise<ReturnType<Calls[N]>> {
    const seat = this.#seats[role];
    await seat.ready;
    if (seat.process === undefined) throw new Error(`${role} takes no part`);
    return seat.process.call(name, argument);
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
        if (!(error instanceof PartyDied)) throw error;
      }
    }
  }

  async mine(blocks = 1): Promise<void> {
    await this.regtest.mine(blocks);
  }

  /** Kills a party for good, from outside. */
  async remove(role: Role): Promise<void> {
    const seat = this.#seats[role];
    await seat.ready;
    seat.out = true;
    const { process } = seat;
    seat.process = undefined;
    process?.kill();
    await process?.ended;
  }

  /** Kills a party from outside; it is started again. */
  async kill(role: Role): Promise<void> {
    const { process } = this.#seats[role];
    process?.kill();
    await process?.ended;
  }

  /** Starts a party again that was removed. */
  async bringBack(
    role: Role,
    { restored = false, lie }: { readonly restored?: boolean; readonly lie?: Lie } = {},
  ): Promise<void> {
    const seat = this.#seats[role];
    seat.out = false;
    seat.restored = restored;
    seat.lie = lie;
    seat.ready = this.#revive(seat);
    await seat.ready;
  }

  /** Copies what a party that was removed has on its disk. */
  copyDisk(role: Role, name: string): void {
    cpSync(this.#seats[role].dir, join(this.dir, name), { recursive: true });
  }

  /** Leaves a party that was removed with nothing. */
  wipeDisk(role: Role): void {
    const { dir } = this.#seats[role];
    rmSync(dir, { recursive: true });
    mkdirSync(dir);
  }

  /** Puts such a copy in the place of the disk of a party that was removed. */
  replaceDisk(role: Role, name: string): void {
    const { dir } = this.#seats[role];
    rmSync(dir, { recursive: true });
    cpSync(join(this.dir, name), dir, { recursive: true });
  }

  /** The commitment that a trader holds in a state of its channel, complete. */
  commitmentOf(trader: Trader, state: Channel, held: HeldCommitment): Tx {
    if (!('identity' in state)) throw new Error(`no commitment in ${state.type}`);
    const { contract } = state.identity;
    for (let index = 0; index < 20; index++) {
      const signer = traderSigner({ signer: signerFor(secp, this.#seats[trader].keys, trader, index) });
      if (toHex(signer.keys.funding) === toHex(contract.keys[trader].funding))
        return signer.completeCommitment(contract, held.ledger, held.remoteSignature);
    }
    throw new Error(`no channel of ${trader} has these keys`);
  }

  /** Ends the three; their processes are free for the next run. */
  async end({ keep = false } = {}): Promise<void> {
    for (const role of ROLES) {
      const seat = this.#seats[role];
      await seat.ready.catch(() => {});
      seat.out = true;
      const { process } = seat;
      if (process === undefined) continue;
      seat.process = undefined;
      try {
        await process.call('stop', undefined);
        if (seat.disk === undefined) this.#lane.give(process);
        else {
          process.kill();
          await process.ended;
        }
      } catch {
        process.kill();
        await process.ended;
      }
    }
    if (!keep) rmSync(this.dir, { recursive: true });
  }

  async #activity(): Promise<string | undefined> {
    const { present } = this;
    const asked = await Promise.allSettled(present.map((role) => this.call(role, 'settle', present)));
    const tip = await this.regtest.height();
    const said = asked.map((answer) => {
      if (answer.status === 'fulfilled') return answer.value.activity;
      if (answer.reason instanceof PartyDied) return undefined;
      throw answer.reason;
    });
    return said.includes(undefined) ? undefined : [tip, ...present, ...said].join();
  }

  /** Starts the process of a party, again and again while it dies at it. */
  async #revive(seat: Seat): Promise<void> {
    seat.reviving = true;
    for (;;) {
      const process = seat.disk === undefined ? this.#lane.take() : this.#lane.begin(await seat.disk.env());
      seat.process = process;
      void process.ended.then(() => this.#died(seat, process));
      try {
        const { address } = await process.call('start', this.#startOf(seat));
        seat.address = address;
        seat.restored = false;
        seat.reviving = false;
        return;
      } catch (error) {
        if (!(error instanceof PartyDied)) throw error;
        await process.ended;
        await seat.disk?.lose();
      }
    }
  }

  #startOf(seat: Seat): Parameters<Calls['start']>[0] {
    const { rpcUrl, cookieFile, zmqAddress } = this.regtest;
    const ids = Object.fromEntries(ROLES.map((role) => [role, toHex(this.idOf(role))]));
    const kill = this.#plan.kills[seat.role]?.[seat.deaths];
    seat.lives += 1;
    return {
      role: seat.role,
      mnemonic: seat.mnemonic,
      dir: seat.dir,
      journal: seat.journal,
      life: seat.lives,
      chain: { url: rpcUrl, cookieFile, zmqAddress },
      ids: ids as PerRole<string>,
      port: Number(seat.address?.split(':').at(-1) ?? 0),
      now: this.#now,
      restored: seat.restored,
      lie: seat.lie,
      armed: this.#armed,
      kill: this.#armed ? kill : undefined,
    };
  }

  #died(seat: Seat, process: PartyProcess): void {
    if (seat.process !== process || seat.out) return;
    seat.deaths += 1;
    const other = this.#plan.with;
    if (other !== undefined && other !== seat.role && this.#seats[other].deaths === 0) void this.kill(other);
    const { disk } = seat;
    if (!seat.reviving)
      seat.ready = disk === undefined ? this.#revive(seat) : disk.lose().then(() => this.#revive(seat));
  }
}
