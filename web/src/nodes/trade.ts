import { effect, type Signal, signal } from '@preact/signals';
import type { MethodResult, RpcEvent } from '../../../src/client/index.ts';
import { Buying } from './buying.ts';
import type { Market } from './market.ts';
import type { NodeModel } from './node.ts';
import { Refresher } from './refresher.ts';
import { Samples } from './samples.ts';
import { UnitBook } from './units.ts';
import { totalsFrom, type UnitTotals } from './unitTotals.ts';

export type Tariff = MethodResult<'listTariffs'>['tariffs'][number];

const PAGE = 1000;
/** Units change faster than anyone reads: rows are drawn again at most so often. */
const DRAW_GAP_MS = 100;
const TOTALS_GAP_MS = 500;

/** What the page knows of the trade of one node in its channel in view; kept true while the page is open. */
export class TradeModel {
  readonly node: NodeModel;
  /** Of a trader's channel in view. The utility keeps no units that ended. */
  readonly book: Signal<UnitBook | null> = signal(null);
  /** Grows, at most once for each frame that is drawn, when the book has changed. */
  readonly version: Signal<number> = signal(0);
  /** Whether all earlier units have been read. */
  readonly complete: Signal<boolean> = signal(false);
  readonly tariffs: Signal<readonly Tariff[]> = signal([]);
  /** As the node sums them up. */
  readonly totals: Signal<UnitTotals | null> = signal(null);
  /** What the page buys by itself. */
  readonly buying: Buying;
  /** What the chart draws. */
  readonly samples: Samples;
  readonly #refreshTariffs = new Refresher(() => this.#readTariffs());
  readonly #refreshTotals = new Refresher(() => this.#readTotals(), TOTALS_GAP_MS);
  readonly #refreshUnits = new Refresher(() => this.#readUnits(), DRAW_GAP_MS);
  #newest = 0;
  #drawAt = 0;
  #drawing = false;

  constructor(node: NodeModel) {
    this.node = node;
    node.onEvent((event) => this.#heard(event));
    this.buying = new Buying(this);
    this.samples = new Samples(this);
    effect(() => {
      const { value: key } = node.channelKey;
      if (key !== this.book.peek()?.channel) this.#begin(key);
    });
    effect(() => {
      if (node.link.value === 'up') this.#readAll();
    });
    effect(() => {
      const { value: channel } = node.channel;
      if (channel !== null && channel.channel === this.book.peek()?.channel) {
        this.book.peek()?.channelIs(channel.state);
        if (this.node.role === 'utility') {
          this.#refreshUnits.ask();
          this.#refreshTotals.ask();
        }
        this.#changed();
      }
    });
  }

  /** What one has to know to say whether a unit can be bought at this time. */
  market(time: number): Market {
    const newest = this.book.peek()?.newestUnit() ?? null;
    return {
      channel: this.node.channel.value,
      tariffs: this.tariffs.value,
      nextUnit: newest === null ? 0n : newest + 1n,
      height: this.node.info.value?.height ?? null,
      time,
    };
  }

  #begin(key: string | null): void {
    this.book.value = key === null ? null : new UnitBook(key);
    this.complete.value = false;
    this.tariffs.value = [];
    this.totals.value = null;
    this.#readAll();
    this.#changed();
  }

  #readAll(): void {
    this.#refreshUnits.ask();
    this.#refreshTariffs.ask();
    this.#refreshTotals.ask();
  }

  #heard(event: RpcEvent): void {
    // a node that lost its store counts from an earlier number again
    if (event.sequence <= this.#newest) this.#begin(this.node.channelKey.peek());
    this.#newest = event.sequence;
    if (this.book.peek()?.event(event) === true) {
      this.#changed();
      this.#refreshTotals.ask();
    }
    if (this.node.role === 'utility') {
      this.#refreshUnits.ask();
      this.#refreshTotals.ask();
    }
    if (event.type === 'tariff') this.#refreshTariffs.ask();
  }

  /** What changes within a frame is drawn once; a page that is not seen draws nothing. */
  #changed(): void {
    if (this.#drawing) return;
    this.#drawing = true;
    const draw = (time: number) => {
      if (time < this.#drawAt) return void requestAnimationFrame(draw);
      this.#drawAt = time + DRAW_GAP_MS;
      this.#drawing = false;
      this.version.value += 1;
    };
    requestAnimationFrame(draw);
  }

  /** Pages from the first unit that is not at its end; all of them the first time. */
  async #readUnits(): Promise<void> {
    const book = this.book.peek();
    if (book === null) return;
    if (this.node.role === 'utility') return this.#readInFlight(book.channel);
    let from = this.complete.peek() ? String(book.firstOpen() ?? book.newestUnit() ?? 0n) : '0';
    for (;;) {
      const page = await this.node.call('listUnits', { channel: book.channel, from, limit: PAGE });
      if (book !== this.book.peek()) return;
      book.page(page.units);
      this.#changed();
      if (page.next === null) break;
      from = page.next;
    }
    this.complete.value = true;
  }

  /** The utility's list is what is in flight now, and nothing else. */
  async #readInFlight(channel: string): Promise<void> {
    const { units } = await this.node.call('listUnits', { channel, limit: PAGE });
    if (channel !== this.book.peek()?.channel) return;
    const book = new UnitBook(channel);
    book.page(units);
    this.book.value = book;
    this.complete.value = true;
    this.#changed();
  }

  async #readTariffs(): Promise<void> {
    const key = this.node.channelKey.peek();
    if (key === null) return;
    const { tariffs } = await this.node.call('listTariffs', { channel: key });
    if (key === this.node.channelKey.peek()) this.tariffs.value = tariffs;
  }

  async #readTotals(): Promise<void> {
    const key = this.node.channelKey.peek();
    if (key === null) return;
    const totals = await this.node.call('getTotals', { channel: key });
    if (key === this.node.channelKey.peek()) this.totals.value = totalsFrom(totals);
  }
}

const models = new WeakMap<NodeModel, TradeModel>();

/** The trade of a node: made when it is first asked for, and kept true from then on. */
export function tradeOf(node: NodeModel): TradeModel {
  const model = models.get(node) ?? new TradeModel(node);
  models.set(node, model);
  return model;
}
