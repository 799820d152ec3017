import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import type { Chain } from '../../chain/port.ts';
import type { Node } from '../../node/node.ts';
import type { ChannelNotice } from '../../node/work.ts';
import { methodNamed } from '../../rpc/methods.ts';
import { measure } from './measure.ts';

/** What a unit may come to, as the metric `wattlane_units_total` names it. */
const UNIT_NOTICES: Readonly<Partial<Record<ChannelNotice['type'], string>>> = {
  unitOrdered: 'ordered',
  unitAttested: 'attested',
  unitRefused: 'refused',
  unitSettled: 'settled',
  unitForfeited: 'forfeited',
  unitCancelled: 'cancelled',
};

const COMMIT_SECONDS = [0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 1, 5];
const CALL_SECONDS = [0.001, 0.005, 0.02, 0.1, 0.5, 2, 10];

/** What a scrape of `/metrics` answers. */
export interface Exposition {
  readonly contentType: string;
  readonly text: string;
}

/**
 * The daemon's figures for Prometheus: counted as things happen, or worked out from the node at each scrape. Amounts are
 * in the unit that the name ends with.
 */
export class Metrics {
  readonly #registry = new Registry();
  readonly #units = this.#counter('units_total', 'Units, by what became of them since the start', [
    'outcome',
  ]);
  readonly #commits = this.#counter('store_commits_total', 'Writes of channels', ['result']);
  readonly #commitSeconds = this.#histogram(
    'store_commit_seconds',
    'Until a write is durable',
    COMMIT_SECONDS,
  );
  readonly #calls = this.#counter('rpc_calls_total', 'RPC calls', ['method', 'result']);
  readonly #callSeconds = this.#histogram('rpc_call_seconds', 'Until an RPC call is answered', CALL_SECONDS);
  readonly #peers = this.#gauge('peers', 'Connections with peers');
  readonly #pending = this.#gauge('pending_actions', 'Actions that are stored and not known to be done');
  readonly #gauges = {
    channels: this.#gauge('channels', 'Channels, by state', ['state']),
    halted: this.#gauge('halted_channels', 'Channels that a bug has halted'),
    wallet: this.#gauge('wallet_sat', 'Coins of the wallet, by kind', ['kind']),
    balance: this.#gauge('channel_balance_msat', 'Balances in live channels, by party', ['party']),
    deliveries: this.#gauge('in_flight_deliveries', 'Units that are ordered and not yet settled'),
    inFlight: this.#gauge('in_flight_msat', 'Payments and bonds of units in flight'),
    height: this.#gauge('block_height', 'Height of the last block taken in'),
    behind: this.#gauge(
      'blocks_behind',
      'Blocks of bitcoind that are yet to be taken in; -1: it does not answer',
    ),
  };
  #node: { readonly node: Node; readonly chain: Chain } | undefined;

  constructor() {
    collectDefaultMetrics({ register: this.#registry });
  }

  /** From now on a scrape tells of this node. */
  watch(node: Node, chain: Chain): void {
    this.#node = { node, chain };
  }

  notice({ type }: ChannelNotice): void {
    const outcome = UNIT_NOTICES[type];
    if (outcome !== undefined) this.#units.inc({ outcome });
  }

  storeCommitted(seconds: number, result: 'ok' | 'failed'): void {
    this.#commits.inc({ result });
    if (result === 'ok') this.#commitSeconds.observe(seconds);
  }

  /** Calls of methods that do not exist are counted together: each method has a series of its own. */
  rpcCalled(method: string, result: 'ok' | 'error', seconds: number): void {
    this.#calls.inc({ method: methodNamed(method) ?? 'unknown', result });
    this.#callSeconds.observe(seconds);
  }

  peers(change: 1 | -1): void {
    this.#peers.inc(change);
  }

  pendingActions(count: number): void {
    this.#pending.set(count);
  }

  async exposition(): Promise<Exposition> {
    if (this.#node !== undefined) this.#show(await measure(this.#node.node, this.#node.chain));
    return { contentType: this.#registry.contentType, text: await this.#registry.metrics() };
  }

  #show(measured: Awaited<ReturnType<typeof measure>>): void {
    const { channels, halted, wallet, balance, deliveries, inFlight, height, behind } = this.#gauges;
    channels.reset();
    for (const [state, count] of Object.entries(measured.channels)) channels.set({ state }, count);
    for (const [kind, sat] of Object.entries(measured.walletSat)) wallet.set({ kind }, sat);
    for (const [party, msat] of Object.entries(measured.balanceMsat)) balance.set({ party }, msat);
    halted.set(measured.halted);
    deliveries.set(measured.deliveries);
    inFlight.set(measured.inFlightMsat);
    height.set(measured.height);
    behind.set(measured.blocksBehind ?? -1);
  }

  #counter<L extends string>(name: string, help: string, labelNames: readonly L[]): Counter<L> {
    return new Counter({ name: `wattlane_${name}`, help, labelNames, registers: [this.#registry] });
  }

  #gauge<L extends string>(name: string, help: string, labelNames: readonly L[] = []): Gauge<L> {
    return new Gauge({ name: `wattlane_${name}`, help, labelNames, registers: [this.#registry] });
  }

  #histogram(name: string, help: string, buckets: number[]): Histogram {
    return new Histogram({ name: `wattlane_${name}`, help, buckets, registers: [this.#registry] });
  }
}
