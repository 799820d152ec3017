import type { Chain } from '../../chain/port.ts';
import type { Node } from '../../node/node.ts';
import type { NodeStatus } from '../../rpc/shapes/status.ts';
import { tipSoon } from '../metrics/measure.ts';
import type { EventLog } from './eventLog.ts';

/** The least time between two statuses. */
const PAUSE_MS = 100;
/** A node that is not where its chain is, or a chain that does not answer, is looked at again without a sign of it. */
const LOOK_AGAIN_MS = 1000;

export interface StatusBoardOptions {
  readonly node: Node;
  readonly chain: Chain;
  readonly events: EventLog;
  /** Hears why a status could not be made; there is another with the next change. */
  readonly failed?: (error: unknown) => void;
}

/** The newest status of a node, made only while somebody watches, once for all who do. */
export class StatusBoard {
  readonly #options: StatusBoardOptions;
  readonly #watchers = new Set<() => void>();
  #newest: NodeStatus | undefined;
  #chainHeight: number | null = null;
  #isDirty = false;
  #isBusy = false;
  #isLooking = false;
  #isLookDue = false;
  #stops: readonly (() => void)[] = [];
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(options: StatusBoardOptions) {
    this.#options = options;
  }

  /** As of the last look; `undefined` until the first is done. */
  get newest(): NodeStatus | undefined {
    return this.#newest;
  }

  /** Calls `changed` whenever there is another status. Returns the way to stop. */
  watch(changed: () => void): () => void {
    this.#watchers.add(changed);
    if (this.#watchers.size === 1) this.#start();
    return () => {
      if (this.#watchers.delete(changed) && this.#watchers.size === 0) this.#stop();
    };
  }

  #start(): void {
    const { node, chain, events } = this.#options;
    this.#stops = [
      node.onChange(() => this.#changed()),
      events.onGrowth(() => this.#changed()),
      chain.onTip(() => void this.#look()),
    ];
    void this.#look();
  }

  #stop(): void {
    for (const stop of this.#stops) stop();
    this.#stops = [];
    this.#newest = undefined;
    clearTimeout(this.#timer);
  }

  /** Asks the chain for its height: apart from the rest, which shall not wait for it. */
  async #look(): Promise<void> {
    this.#isLookDue = true;
    if (this.#isLooking) return;
    this.#isLooking = true;
    while (this.#isLookDue) {
      this.#isLookDue = false;
      this.#chainHeight = (await tipSoon(this.#options.chain))?.height ?? null;
      this.#changed();
    }
    this.#isLooking = false;
  }

  #changed(): void {
    this.#isDirty = true;
    if (this.#isBusy || this.#watchers.size === 0) return;
    this.#isBusy = true;
    clearTimeout(this.#timer);
    void this.#make();
  }

  async #make(): Promise<void> {
    this.#isDirty = false;
    try {
      this.#put(await statusOf(this.#options, this.#chainHeight));
    } catch (error) {
      this.#options.failed?.(error);
    }
    setTimeout(() => {
      this.#isBusy = false;
      if (this.#isDirty) this.#changed();
      else this.#lookAgain();
    }, PAUSE_MS).unref();
  }

  #put(status: NodeStatus): void {
    if (this.#watchers.size === 0 || isSame(status, this.#newest)) return;
    this.#newest = status;
    for (const changed of [...this.#watchers]) changed();
  }

  #lookAgain(): void {
    const { newest } = this;
    if (newest === undefined) return;
    if (newest.chainTrouble === null && newest.chainHeight === newest.height) return;
    this.#timer = setTimeout(() => void this.#look(), LOOK_AGAIN_MS);
    this.#timer.unref();
  }
}

async function statusOf(
  { node, events }: Pick<StatusBoardOptions, 'node' | 'events'>,
  chainHeight: number | null,
): Promise<NodeStatus> {
  const newest = await events.last();
  const { tip } = node.wallet.state();
  const changes = node.changes();
  return {
    height: tip?.height ?? null,
    blockHash: tip?.hash ?? null,
    chainHeight,
    chainTrouble: node.chainTrouble()?.code ?? null,
    peersConnected: node.peers().filter(({ connected }) => connected).length,
    walletChanges: changes.wallet,
    channelChanges: changes.channels,
    newestEvent: newest === 0 ? null : newest,
  };
}

function isSame(a: NodeStatus, b: NodeStatus | undefined): boolean {
  return b !== undefined && Object.entries(a).every(([name, value]) => b[name as keyof NodeStatus] === value);
}
