import { type Block, type BlockRef, type Chain, ChainError } from './port.ts';

/** Blocks of the best chain one after the other, and back where the best chain changed. */
export interface FollowOptions {
  /** The last block that is known already; `undefined`: the tip at the start. */
  readonly from: BlockRef | undefined;
  /** The best chain grew by this block, which builds on the one told of before. */
  onConnected(block: Block): Promise<void> | void;
  /** The block told of last, or the one before it and so on, is no longer in the best chain. */
  onDisconnected(block: Block): Promise<void> | void;
  /** Something failed; unless `error.retry`, following has ended. Called again with each attempt that fails. */
  onError(error: FollowError): void;
  /** Hash of block 0 of the chain to follow, display order. Default: whatever chain the node is on. */
  readonly genesis?: string;
  /** First pause after a failure, milliseconds, doubled up to a minute; a new tip ends it early. Default 1,000. */
  readonly retryMs?: number;
}

export interface Followed {
  /** The last block whose handler has finished; `undefined` until the first answer where `from` was. */
  position(): BlockRef | undefined;
  /** Why the last attempt did not get on; `undefined` while it does. */
  trouble(): FollowError | undefined;
  /**
   * Resolves when the position is the tip; rejects with the {@link FollowError} that ended the following. A
   * handler that waits for it waits for itself.
   */
  settled(): Promise<void>;
  /** Ends it; a handler that is running finishes, no other starts. */
  stop(): void;
}

/** What keeps the stream of blocks from going on. */
export class FollowError extends Error {
  override readonly name = 'FollowError';
  /**
   * `chainFailed`: the node could not be asked, or gave an answer that makes no sense (`cause`); `chainBehind`: its best
   * chain has not come to our last block again, because it reindexes or downloads; `otherChain`: it is on another chain;
   * `blockUnavailable`: it does not have a block that is needed, which was pruned; `handlerFailed`: `onConnected` or
   * `onDisconnected` threw (`cause`); `stopped`: by `stop()`.
   */
  readonly code:
    | 'chainFailed'
    | 'chainBehind'
    | 'otherChain'
    | 'blockUnavailable'
    | 'handlerFailed'
    | 'stopped';
  /** Whether it is tried again without being asked: always, unless it was stopped or something of ours has a bug. */
  readonly retry: boolean;
  /** The block that is missing, or that the handler had. */
  readonly block: BlockRef | undefined;

  constructor(
    code: FollowError['code'],
    message: string,
    details: { readonly retry?: boolean; readonly block?: BlockRef; readonly cause?: unknown } = {},
  ) {
    super(message, { cause: details.cause });
    this.code = code;
    this.retry = details.retry ?? false;
    this.block = details.block;
  }
}

/** What the node answered: the best chain's block above the position or, asked after there was none, its tip. */
export type View =
  | { readonly type: 'above'; readonly block: Block }
  | { readonly type: 'top'; readonly tip: BlockRef };

/** `look`: the tip moved between two answers, ask again. `lower`: the best chain ends below the position. */
export type Step =
  | { readonly type: 'settled' }
  | { readonly type: 'look' }
  | { readonly type: 'lower'; readonly tip: BlockRef }
  | { readonly type: 'connect'; readonly block: Block }
  | { readonly type: 'disconnect' };

/**
 * Where to go from `position`. One step at a time needs no memory of the chain: the block above either builds
 * on the position or proves that the position was reorganised away, and each step leads to a block's neighbour,
 * so nothing is skipped or told twice, however the tip moves meanwhile. A best chain that ends lower proves nothing: a
 * node that reindexes begins at block 0 again.
 */
export function nextStep(position: BlockRef, view: View): Step {
  if (view.type === 'above') {
    const { block } = view;
    return block.previousHash === position.hash ? { type: 'connect', block } : { type: 'disconnect' };
  }
  if (view.tip.hash === position.hash) return { type: 'settled' };
  if (view.tip.height < position.height) return { type: 'lower', tip: view.tip };
  return view.tip.height > position.height ? { type: 'look' } : { type: 'disconnect' };
}

/**
 * Turns changes of the tip into an ordered stream of whole blocks, starting after `from`. Handlers are awaited,
 * one at a time. Works for reorganisations of any depth, also those that happened while nobody followed, as long
 * as the node has the blocks that were undone. A node that fails, lacks a block, is behind or is on another chain is asked
 * again at the next tip or after a pause, and so is a handler whose error says so (`retry`): handlers may get the same
 * block again.
 */
export function followChain(chain: Chain, options: FollowOptions): Followed {
  const follower = new Follower(chain, options);
  void follower.run();
  return follower;
}

const FIRST_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 60_000;

interface Waiter {
  readonly resolve: () => void;
  readonly reject: (error: FollowError) => void;
}

class Follower implements Followed {
  readonly #chain: Chain;
  readonly #options: FollowOptions;
  readonly #unsubscribe: () => void;
  #position: BlockRef | undefined;
  /** Whether the tip may have changed since the last look at it began. */
  #stirred = true;
  #wake: (() => void) | undefined;
  #waiters: readonly Waiter[] = [];
  #end: FollowError | undefined;
  #failures = 0;
  #trouble: FollowError | undefined;

  constructor(chain: Chain, options: FollowOptions) {
    this.#chain = chain;
    this.#options = options;
    this.#position = options.from;
    this.#unsubscribe = chain.onTip(() => this.#stir());
  }

  position(): BlockRef | undefined {
    return this.#position;
  }

  trouble(): FollowError | undefined {
    return this.#trouble;
  }

  /** Looks at the tip again: what was settled a moment ago need not be now. */
  settled(): Promise<void> {
    if (this.#end !== undefined) return Promise.reject(this.#end);
    const settled = new Promise<void>((resolve, reject) => {
      this.#waiters = [...this.#waiters, { resolve, reject }];
    });
    this.#stir();
    return settled;
  }

  stop(): void {
    this.#finish(new FollowError('stopped', 'following was stopped'));
  }

  async run(): Promise<void> {
    while (this.#end === undefined) {
      try {
        await this.#stepOrWait();
      } catch (error) {
        await this.#fail(asFollowError(error));
      }
    }
  }

  async #stepOrWait(): Promise<void> {
    this.#stirred = false;
    this.#position ??= await this.#chain.tip();
    const position = this.#position;
    const step = nextStep(position, await this.#view(position));
    if (step.type === 'lower') await this.#proveAbandoned(position, step.tip);
    if (step.type === 'connect') await this.#connect(step.block);
    if (step.type === 'disconnect' || step.type === 'lower') await this.#disconnect(position);
    this.#failures = 0;
    this.#trouble = undefined;
    if (step.type === 'settled') await this.#rest();
  }

  /** A chain that got shorter: only a block that the node will not come back to is undone. */
  async #proveAbandoned(position: BlockRef, tip: BlockRef): Promise<void> {
    if (await this.#chain.isAbandoned(position)) return;
    await this.#proveChain();
    throw new FollowError(
      'chainBehind',
      `the node is at block ${tip.height} and has to come to block ${position.height} again: it reindexes or downloads`,
      { retry: true, block: position },
    );
  }

  async #proveChain(): Promise<void> {
    const { genesis } = this.#options;
    if (genesis === undefined) return;
    const found = await this.#chain.genesisHash();
    if (found === genesis) return;
    const message = `the node is on another chain: its block 0 is ${found}, ours is ${genesis}; give this node its own`;
    throw new FollowError('otherChain', message, { retry: true });
  }

  async #view({ height }: BlockRef): Promise<View> {
    const hash = await this.#chain.blockHash(height + 1);
    if (hash === undefined) return { type: 'top', tip: await this.#chain.tip() };
    return { type: 'above', block: await this.#need({ height: height + 1, hash }) };
  }

  async #need(ref: BlockRef): Promise<Block> {
    const block = await this.#chain.block(ref.hash);
    if (block !== undefined) return block;
    await this.#proveChain();
    const message =
      `the node does not have block ${ref.height} ${ref.hash}, which is needed next: if it was pruned, fetch it ` +
      'with "bitcoin-cli getblockfrompeer", or reindex with a larger -prune, or use a node that has it';
    throw new FollowError('blockUnavailable', message, { retry: true, block: ref });
  }

  async #connect(block: Block): Promise<void> {
    await this.#handle(block, () => this.#options.onConnected(block));
    this.#position = { height: block.height, hash: block.hash };
  }

  async #disconnect(position: BlockRef): Promise<void> {
    const block = await this.#need(position);
    await this.#handle(block, () => this.#options.onDisconnected(block));
    this.#position = { height: block.height - 1, hash: block.previousHash };
  }

  async #handle(block: Block, handler: () => Promise<void> | void): Promise<void> {
    if (this.#end !== undefined) throw this.#end;
    try {
      await handler();
    } catch (cause) {
      const message = `the handler of block ${block.height} ${block.hash} failed`;
      throw new FollowError('handlerFailed', message, { block, cause, retry: asksForRetry(cause) });
    }
  }

  async #rest(): Promise<void> {
    if (this.#stirred || this.#end !== undefined) return;
    const waiters = this.#waiters;
    this.#waiters = [];
    for (const { resolve } of waiters) resolve();
    await this.#woken();
  }

  async #fail(error: FollowError): Promise<void> {
    if (this.#end !== undefined) return;
    this.#trouble = error;
    this.#options.onError(error);
    if (!error.retry) return this.#finish(error);
    const pause = Math.min(LONGEST_PAUSE_MS, (this.#options.retryMs ?? FIRST_PAUSE_MS) * 2 ** this.#failures);
    this.#failures += 1;
    if (!this.#stirred) await this.#woken(pause);
  }

  /** Until the next tip, `stop()`, or at most `withinMs`. */
  #woken(withinMs?: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = withinMs === undefined ? undefined : setTimeout(() => this.#wake?.(), withinMs);
      this.#wake = () => {
        clearTimeout(timer);
        this.#wake = undefined;
        resolve();
      };
    });
  }

  #stir(): void {
    this.#stirred = true;
    this.#wake?.();
  }

  #finish(error: FollowError): void {
    if (this.#end !== undefined) return;
    this.#end = error;
    this.#unsubscribe();
    for (const { reject } of this.#waiters) reject(error);
    this.#waiters = [];
    this.#wake?.();
  }
}

function asFollowError(error: unknown): FollowError {
  if (error instanceof FollowError) return error;
  if (error instanceof ChainError)
    // a login or an answer that is wrong now is right again once somebody has repaired the node
    return new FollowError('chainFailed', error.message, { retry: error.code !== 'closed', cause: error });
  return new FollowError('chainFailed', 'the chain adapter failed', { cause: error });
}

/** Whether the error of an edge, say of a full disk, says that trying again makes sense. */
function asksForRetry(cause: unknown): boolean {
  return cause instanceof Error && 'retry' in cause && cause.retry === true;
}
