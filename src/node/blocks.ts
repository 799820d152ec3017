import { toJson } from '../base/json.ts';
import { type FollowError, type Followed, followChain } from '../chain/follow.ts';
import type { Block, BlockRef, Chain } from '../chain/port.ts';
import type { Store } from '../store/port.ts';
import type { Wallet } from '../wallet/wallet.ts';
import { ChainTrouble } from './chainTrouble.ts';
import type { Changes } from './changes.ts';
import type { ChannelCoins } from './channelCoins.ts';
import type { Channels } from './channels.ts';
import type { DeadChannels } from './deadChannels.ts';
import type { MeterDesk } from './meterDesk.ts';
import { monitorTo, walletTo } from './tips.ts';
import type { DriverInput } from './work.ts';

export interface BlocksOptions {
  readonly chain: Chain;
  /** Hash of block 0 of the chain that this node is on. */
  readonly genesis: string;
  /** The block that was taken in last. */
  readonly from: BlockRef;
  readonly store: Pick<Store, 'setValue'>;
  readonly wallet: Wallet;
  readonly channels: Pick<Channels, 'all'>;
  readonly dead: DeadChannels;
  readonly coins: Pick<ChannelCoins, 'tidy'>;
  readonly meters: Pick<MeterDesk, 'block'>;
  readonly changes: Changes;
  /** Work that nobody waits for. */
  readonly run: (work: () => Promise<unknown>) => void;
  /** Hears what keeps the node from following the chain and needs somebody's hands. */
  readonly fail: (error: unknown) => void;
}

/** Follows the chain: each block goes to the wallet, then to the channels, then to their coins and the meters. */
export class Blocks {
  readonly #options: BlocksOptions;
  readonly #trouble: ChainTrouble;
  readonly #started: Promise<void>;
  #setStarted: () => void = () => {};
  #tip: BlockRef;
  #time = 0;
  #followed: Followed | undefined;

  constructor(options: BlocksOptions) {
    this.#options = options;
    this.#trouble = new ChainTrouble(options.fail);
    this.#tip = options.from;
    this.#started = new Promise((resolve) => {
      this.#setStarted = resolve;
    });
  }

  /** The newest block that was taken in, or is being. */
  get tip(): BlockRef {
    return this.#tip;
  }

  /** The newest block's time, Unix seconds; 0 before the first since the start. */
  get time(): number {
    return this.#time;
  }

  /** Begins, once the channels are where they stopped. */
  start(): void {
    const { chain, genesis, changes } = this.#options;
    this.#followed = followChain(chain, {
      from: this.#tip,
      onConnected: (block) => this.#connected(block),
      onDisconnected: (block) => this.#disconnected(block),
      onError: (error) => {
        this.#trouble.hear(error);
        changes.other();
      },
      genesis,
    });
    this.#setStarted();
  }

  stop(): void {
    this.#followed?.stop();
  }

  /** Resolves when every block up to the chain's tip was taken in. Rejects with a `FollowError` when it cannot be. */
  async settled(): Promise<void> {
    await this.#followed?.settled();
  }

  /** Resolves when the channels have heard of every block, or never will. */
  async caughtUp(): Promise<void> {
    await this.#started;
    await this.settled().catch(() => {});
  }

  /** What keeps the node from following the chain now. */
  trouble(): FollowError | undefined {
    return this.#followed?.trouble();
  }

  /** May be called again for the same block, and for one beside it, when it failed half way. */
  async #connected(block: Block): Promise<void> {
    const { store, wallet, channels, dead, coins, meters, changes, run } = this.#options;
    await this.#bringTo({ height: block.height - 1, hash: block.previousHash }, block.hash);
    this.#tip = { height: block.height, hash: block.hash };
    this.#time = block.time;
    await wallet.connectBlock(block);
    await this.#drive({ type: 'blockConnected', block });
    const known = channels.all().length;
    await dead.block(block);
    if (channels.all().length < known) changes.channel();
    for (const channel of channels.all()) await coins.tidy(channel);
    await meters.block(block.height);
    await store.setValue('position', toJson(this.#tip));
    this.#trouble.over();
    changes.other();
    // a Bitcoin node that was started again has forgotten them
    run(() => wallet.rebroadcast());
  }

  async #disconnected(block: Block): Promise<void> {
    const { store, wallet } = this.#options;
    await this.#bringTo(block, block.previousHash);
    this.#tip = { height: block.height - 1, hash: block.previousHash };
    await wallet.disconnectBlock(block);
    await this.#drive({ type: 'blockDisconnected', block });
    await store.setValue('position', toJson(this.#tip));
  }

  /** Wallet and monitors are at `position`, or already at the block with the hash `next`: a crash or a failure may have left them elsewhere. */
  async #bringTo(position: BlockRef, next: string): Promise<void> {
    const { chain, wallet, channels } = this.#options;
    const { tip } = wallet.state();
    if (tip?.hash !== next) await walletTo(wallet, tip, position, chain);
    for (const { driver } of channels.all())
      if (driver.monitor?.tip.hash !== next) await monitorTo(driver, position, chain);
  }

  async #drive(input: DriverInput): Promise<void> {
    await Promise.all(this.#options.channels.all().map(({ driver }) => driver.handle(input)));
  }
}
