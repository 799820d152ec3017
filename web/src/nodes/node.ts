import { computed, type ReadonlySignal, type Signal, signal } from '@preact/signals';
import type { Role } from '../../../src/base/role.ts';
import {
  type MethodName,
  type MethodParams,
  type MethodResult,
  type RpcClient,
  RpcError,
  type RpcEvent,
  rpcClient,
} from '../../../src/client/index.ts';
import type { NodeAccess } from '../session.ts';
import { chosenChannel } from './choice.ts';
import { Refresher } from './refresher.ts';

export type Info = MethodResult<'getInfo'>;
export type Balance = MethodResult<'getBalance'>;
export type ChannelSummary = MethodResult<'listChannels'>['channels'][number];
export type ChannelDetail = MethodResult<'getChannel'>['channel'];

/** `down`: it is tried again by itself. `refused`: the node does not take this page's token any more. */
export type LinkState = 'connecting' | 'up' | 'down' | 'refused';

const RETRY_MS = 200;
const MOST_RECENT = 300;
/** So many of the events of before this page are read at the start. */
const EARLIER_EVENTS = 100;

/** What the page knows of one node, kept true by the node's events and status. */
export class NodeModel {
  readonly role: Role;
  readonly link: Signal<LinkState> = signal('connecting');
  readonly info: Signal<Info | null> = signal(null);
  readonly balance: Signal<Balance | null> = signal(null);
  /** Newest first. */
  readonly channels: Signal<readonly ChannelSummary[]> = signal([]);
  /** The channel in view, in full. */
  readonly channel: Signal<ChannelDetail | null> = signal(null);
  /** This node's key of the channel in view: the chosen one, else the newest that is not over, else the newest. */
  readonly channelKey: ReadonlySignal<string | null> = computed(() => keyOf(this.channels.value));
  /** The newest events, oldest first. */
  readonly recent: Signal<readonly RpcEvent[]> = signal([]);
  /** Grows when the wallet's coins or transactions may have changed. */
  readonly walletVersion: Signal<number> = signal(0);
  /** Grows when a channel may have changed. */
  readonly channelVersion: Signal<number> = signal(0);
  readonly #access: NodeAccess;
  readonly #listeners = new Set<(event: RpcEvent) => void>();
  readonly #refreshNode = new Refresher(() => this.#readNode());
  readonly #refreshChannel = new Refresher(() => this.#readChannel());
  #client: RpcClient | undefined;
  #waiting: ((client: RpcClient) => void)[] = [];

  constructor(access: NodeAccess) {
    this.role = access.role;
    this.#access = access;
    this.channelKey.subscribe(() => this.#refreshChannel.ask());
  }

  /** Connects, and stays connected. */
  async begin(): Promise<void> {
    for (;;) {
      try {
        this.#client = await rpcClient({
          url: this.#access.url,
          token: this.#access.token,
          retryMs: RETRY_MS / 10,
          onLink: (up) => this.#linked(up),
        });
        break;
      } catch (error) {
        if (error instanceof RpcError && error.error === 'unauthenticated') {
          this.link.value = 'refused';
          return;
        }
        this.link.value = 'down';
        await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
      }
    }
    for (const resolve of this.#waiting.splice(0)) resolve(this.#client);
    void this.#listen(this.#client);
    void this.#watch(this.#client);
  }

  /**
   * Asks the node. Waits for the first connection; rejects with `RpcError` and `RpcConnectionError`.
   */
  async call<M extends MethodName>(method: M, params: MethodParams<M>): Promise<MethodResult<M>> {
    const client = this.#client ?? (await new Promise<RpcClient>((resolve) => this.#waiting.push(resolve)));
    return client.call(method, params);
  }

  /** Every event from now on, each once and in order. Returns the way to stop. */
  onEvent(listener: (event: RpcEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Reads everything again: after a call that changed something. */
  refresh(): void {
    this.#refreshNode.ask();
    this.#refreshChannel.ask();
  }

  #linked(up: boolean): void {
    this.link.value = up ? 'up' : 'down';
    if (up) this.refresh();
  }

  /** One subscription over all connections: nothing is missed. After a lost store it takes up with what there is. */
  async #listen(client: RpcClient): Promise<void> {
    const newest = (await client.call('getInfo', {})).newestEvent ?? 0;
    let from = Math.max(1, newest - EARLIER_EVENTS + 1);
    for (;;) {
      try {
        for await (const event of client.subscribe({ from })) {
          from = event.sequence + 1;
          this.#heard(event);
        }
        return;
      } catch (error) {
        if (!(error instanceof RpcError)) return;
        const next = error.data.oldest ?? error.data.next;
        if (typeof next !== 'number') return;
        from = Math.max(1, next);
        this.recent.value = [];
      }
    }
  }

  #heard(event: RpcEvent): void {
    this.recent.value = [...this.recent.value.slice(1 - MOST_RECENT), event];
    for (const listener of this.#listeners) listener(event);
    this.#refreshChannel.ask();
  }

  async #watch(client: RpcClient): Promise<void> {
    for await (const status of client.watchStatus()) {
      const { value: info } = this.info;
      const { height, blockHash, chainHeight, chainTrouble, peersConnected, newestEvent } = status;
      if (info !== null)
        this.info.value = {
          ...info,
          height,
          blockHash,
          chainHeight,
          chainTrouble,
          peersConnected,
          newestEvent,
        };
      this.#refreshNode.ask();
      this.#refreshChannel.ask();
    }
  }

  async #readNode(): Promise<void> {
    const [info, balance, { channels }] = await Promise.all([
      this.call('getInfo', {}),
      this.call('getBalance', {}),
      this.call('listChannels', { newestFirst: true, limit: 100 }),
    ]);
    this.info.value = info;
    this.balance.value = balance;
    this.channels.value = channels;
    this.walletVersion.value += 1;
  }

  async #readChannel(): Promise<void> {
    const { value: key } = this.channelKey;
    this.channel.value = key === null ? null : (await this.call('getChannel', { channel: key })).channel;
    this.channelVersion.value += 1;
  }
}

const OVER = new Set(['closed', 'aborted']);

function keyOf(channels: readonly ChannelSummary[]): string | null {
  const { value: chosen } = chosenChannel;
  const found =
    channels.find(({ channelId }) => channelId !== null && channelId === chosen) ??
    channels.find(({ state }) => !OVER.has(state)) ??
    channels[0];
  return found?.channel ?? null;
}
