import { type BlockRef, type Chain, ChainError } from '../chain/port.ts';
import type { ChannelEvent } from '../channel/event.ts';
import type { AwaitingFunding } from '../channel/state.ts';
import { FUNDING_PATIENCE } from '../channel/states/awaitingFunding.ts';
import type { OutPoint } from '../tx/transaction.ts';
import type { ChannelCoins } from './channelCoins.ts';
import type { Channels, RunningChannel } from './channels.ts';
import { isOpening } from './parties.ts';

/** Blocks that an opening may take. */
export const OPENING_PATIENCE = 6;
/** Blocks after which another transaction that spent an input of a funding is there to stay. */
const BURIED = 144;
/** Blocks after which mempools have dropped a funding that nobody sends again: two weeks. */
const STAKELESS_PATIENCE = 2016;

export interface DeadChannelsOptions {
  readonly chain: Pick<Chain, 'unspentOutput' | 'tip'>;
  readonly channels: Pick<Channels, 'all' | 'remove'>;
  readonly coins: Pick<ChannelCoins, 'free'>;
}

/**
 * Ends what does not come to be, and forgets it (protocol section 8): openings that take too long, and fundings that can
 * never confirm. Nothing of ours that others may still use is let go of: an opening has given no signature of ours away.
 */
export class DeadChannels {
  readonly #options: DeadChannelsOptions;
  /** Heights since which an opening lasts, an input is gone or a channel is over; by channel, counted from this start on. */
  readonly #since = new Map<string, number>();

  constructor(options: DeadChannelsOptions) {
    this.#options = options;
  }

  /** A block was taken in. */
  async block(block: BlockRef): Promise<void> {
    for (const channel of this.#options.channels.all()) await this.#look(channel, block);
  }

  async #look(channel: RunningChannel, block: BlockRef): Promise<void> {
    const { height } = block;
    const { driver } = channel;
    const state = driver.channel;
    const end = (event: ChannelEvent) => driver.handle({ type: 'event', event });
    if (isOpening(state)) {
      const blocks = this.#lasted(`opening ${driver.key}`, height);
      if (blocks >= OPENING_PATIENCE) await end({ type: 'openingExpired', blocks });
    } else if (state.type === 'awaitingFunding' && state.depth === 0) {
      if (await this.#isHopeless(driver.key, state, block)) await end({ type: 'fundingImpossible' });
    } else if (state.type === 'aborted') {
      // with the block after, so that whoever waits for it hears the end first
      if (this.#lasted(`over ${driver.key}`, height) > 0) await this.#forget(channel);
    }
  }

  async #forget({ driver }: RunningChannel): Promise<void> {
    await this.#options.coins.free(driver.key);
    await driver.forget();
    this.#options.channels.remove(driver.key);
    for (const what of ['opening', 'gone', 'over']) this.#since.delete(`${what} ${driver.key}`);
  }

  async #isHopeless(key: string, state: AwaitingFunding, block: BlockRef): Promise<boolean> {
    const waited = block.height - state.since;
    if (waited <= FUNDING_PATIENCE) return false;
    const gone = await this.#isSpent(state.inputs ?? state.fundingTx?.inputs ?? [], block);
    if (gone === undefined) return false;
    if (state.identity.contract.contributions[state.role] === 0n && waited >= STAKELESS_PATIENCE) return true;
    if (!gone) this.#since.delete(`gone ${key}`);
    return gone && this.#lasted(`gone ${key}`, block.height) >= BURIED;
  }

  /**
   * Whether an input is spent, of a funding that is in no block up to `block`: so by another transaction. `undefined`:
   * nobody says, or the best chain goes on above that block, where the funding itself may be.
   */
  async #isSpent(inputs: readonly OutPoint[], block: BlockRef): Promise<boolean | undefined> {
    const { chain } = this.#options;
    try {
      let isSpent = false;
      for (const input of inputs) isSpent ||= (await chain.unspentOutput(input)) === undefined;
      const { hash } = await chain.tip();
      return hash === block.hash ? isSpent : undefined;
    } catch (error) {
      if (error instanceof ChainError) return undefined;
      throw error;
    }
  }

  #lasted(what: string, height: number): number {
    const since = Math.min(this.#since.get(what) ?? height, height);
    this.#since.set(what, since);
    return height - since;
  }
}
