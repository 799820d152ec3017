import { cpSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { toHex } from '../../src/base/bytes.ts';
import { ROLES, type Role, type Trader } from '../../src/base/role.ts';
import type { HeldCommitment } from '../../src/channel/rounds.ts';
import type { Channel } from '../../src/channel/state.ts';
import { traderSigner } from '../../src/channel/step.ts';
import { signerFor } from '../../src/node/signers.ts';
import type { Tx } from '../../src/tx/transaction.ts';
import { createKeychain, type Keychain } from '../../src/wallet/hd.ts';
import { mnemonicFromEntropy, seedFromMnemonic } from '../../src/wallet/mnemonic.ts';
import { ChildDied } from '../../tools/child.ts';
import { secp } from '../support/curve.ts';
import type { CallName, Calls, Lie, Start } from './calls.ts';
import { type Entry, readJournal } from './journal.ts';
import type { Lane, PartyProcess } from './lane.ts';
import type { LossyDisk } from './power.ts';

/** What a process is told that its seat does not know. */
export type Surroundings = Pick<Start, 'chain' | 'ids' | 'now' | 'armed' | 'kill'>;

export interface SeatOptions {
  readonly role: Role;
  readonly lane: Lane;
  /** Where the run keeps its files. */
  readonly dir: string;
  readonly seed: number;
  /** Asked when a process starts, which is to follow so many that died. */
  readonly surroundings: (deaths: number) => Surroundings;
  /** Called when a process has died that was to live. */
  readonly onDeath: () => void;
}

/** A party of a run: its keys and its disk, and one process after the other. */
export class Seat {
  readonly role: Role;
  readonly #options: SeatOptions;
  readonly #keys: Keychain;
  readonly #mnemonic: string;
  readonly #dir: string;
  readonly #journal: string;
  #process: PartyProcess | undefined;
  #ready: Promise<void> = Promise.resolve();
  #address: string | undefined;
  #lives = 0;
  #deaths = 0;
  #isReviving = false;
  #isOut = false;
  #restored = false;
  #lie: Lie | undefined;
  #disk: LossyDisk | undefined;

  constructor(options: SeatOptions) {
    const { role, dir, seed } = options;
    const entropy = new Uint8Array(16).fill(ROLES.indexOf(role) + 1);
    new DataView(entropy.buffer).setUint32(0, seed);
    this.#mnemonic = mnemonicFromEntropy(entropy);
    const secret = seedFromMnemonic(this.#mnemonic);
    if (!secret.ok) throw new Error(secret.error.code);
    this.role = role;
    this.#options = options;
    this.#keys = createKeychain(secret.value, 'regtest');
    this.#dir = join(dir, role);
    this.#journal = join(dir, `${role}.journal`);
    mkdirSync(this.#dir);
  }

  /** Its node id. */
  get id(): Uint8Array {
    return this.#keys.channelPublicKey('nodeIdentity', 0);
  }

  /** Where it listens, the same at each start. */
  get address(): string {
    if (this.#address === undefined) throw new Error(`${this.role} never listened`);
    return this.#address;
  }

  /** Takes no part any more, or not now. */
  get isOut(): boolean {
    return this.#isOut;
  }

  /** How many of its processes died that were to live. */
  get deaths(): number {
    return this.#deaths;
  }

  get dir(): string {
    return this.#dir;
  }

  entries(): readonly Entry[] {
    return readJournal(this.#journal);
  }

  /** Starts its first process; with a disk that loses what it does not sync when the process dies, if there is one. */
  begin(disk: LossyDisk | undefined): Promise<void> {
    this.#disk = disk;
    return this.#start();
  }

  /** Asks its process; rejects with {@link ChildDied} when that died before its answer. */
  async call<N extends CallName>(name: N, argument: Parameters<Calls[N]>[0]): Promise<ReturnType<Calls[N]>> {
    await this.#ready;
    if (this.#process === undefined) throw new Error(`${this.role} takes no part`);
    return this.#process.call(name, argument);
  }

  /** Kills its process for good, from outside. */
  async remove(): Promise<void> {
    await this.#ready;
    const process = this.#leave();
    process?.kill();
    await process?.ended;
  }

  /** Kills its process from outside; another is started. */
  async kill(): Promise<void> {
    const process = this.#process;
    process?.kill();
    await process?.ended;
  }

  /** Starts a process again after {@link remove}. */
  bringBack({ restored = false, lie }: { readonly restored?: boolean; readonly lie?: Lie }): Promise<void> {
    this.#isOut = false;
    this.#restored = restored;
    this.#lie = lie;
    return this.#start();
  }

  /** Copies what is on its disk, after {@link remove}. */
  copyDisk(to: string): void {
    cpSync(this.#dir, to, { recursive: true });
  }

  /** Puts a copy in the place of its disk, or nothing. */
  replaceDisk(from?: string): void {
    rmSync(this.#dir, { recursive: true });
    if (from === undefined) mkdirSync(this.#dir);
    else cpSync(from, this.#dir, { recursive: true });
  }

  /** The commitment that it holds in a state of its channel as this trader, complete. */
  commitment(trader: Trader, state: Channel, held: HeldCommitment): Tx {
    if (!('identity' in state)) throw new Error(`no commitment in ${state.type}`);
    const { contract } = state.identity;
    for (let index = 0; index < 20; index++) {
      const signer = traderSigner({ signer: signerFor(secp, this.#keys, trader, index) });
      if (toHex(signer.keys.funding) === toHex(contract.keys[trader].funding))
        return signer.completeCommitment(contract, held.ledger, held.remoteSignature);
    }
    throw new Error(`no channel of ${trader} has these keys`);
  }

  /** Ends it in order; its process is free for the next run, unless it is one of its own. */
  async end(): Promise<void> {
    await this.#ready.catch(() => {});
    const process = this.#leave();
    if (process === undefined) return;
    const isFree = await process.call('stop', undefined).then(
      () => this.#disk === undefined,
      () => false,
    );
    if (isFree) return this.#options.lane.give(process);
    process.kill();
    await process.ended;
  }

  #leave(): PartyProcess | undefined {
    const process = this.#process;
    this.#isOut = true;
    this.#process = undefined;
    return process;
  }

  #start(): Promise<void> {
    this.#ready = this.#revive();
    this.#ready.catch(() => {}); // whoever calls next hears of it
    return this.#ready;
  }

  /** Starts a process, again and again while it dies at it. */
  async #revive(): Promise<void> {
    this.#isReviving = true;
    for (;;) {
      const { lane } = this.#options;
      const process = this.#disk === undefined ? lane.take() : lane.begin(await this.#disk.env());
      this.#process = process;
      void process.ended.then(() => this.#died(process));
      try {
        const { address } = await process.call('start', this.#startOf());
        this.#address = address;
        this.#restored = false;
        this.#isReviving = false;
        return;
      } catch (error) {
        if (!(error instanceof ChildDied)) throw error;
        await process.ended;
        await this.#disk?.lose();
      }
    }
  }

  #startOf(): Start {
    this.#lives += 1;
    return {
      ...this.#options.surroundings(this.#deaths),
      role: this.role,
      mnemonic: this.#mnemonic,
      dir: this.#dir,
      journal: this.#journal,
      life: this.#lives,
      port: Number(this.#address?.split(':').at(-1) ?? 0),
      restored: this.#restored,
      lie: this.#lie,
    };
  }

  #died(process: PartyProcess): void {
    if (this.#process !== process || this.#isOut) return;
    this.#deaths += 1;
    this.#options.onDeath();
    if (this.#isReviving) return;
    const lost = this.#disk?.lose() ?? Promise.resolve();
    this.#ready = lost.then(() => this.#revive());
    this.#ready.catch(() => {});
  }
}
