import { effect, type Signal, signal } from '@preact/signals';
import { now } from '../ui/now.ts';
import { newRequestId } from '../ui/requestId.ts';
import { type Goal, nextStep, type Price, type Progress, type StopReason } from './keepBuying.ts';
import { tariffNow, unitPriceMsat } from './market.ts';
import type { TradeModel } from './trade.ts';

/** What the page buys by itself, and how it ended. */
export interface BuyingState {
  readonly goal: Goal;
  readonly progress: Progress;
  /** `running`, or why it ended. */
  readonly status: 'running' | StopReason;
  /** What went wrong, when it failed. */
  readonly error: unknown;
}

const CHECK_MS = 2000;
/** Looks at a node that wants nothing and orders nothing, before somebody else is taken to have stopped it. */
const QUIET_CHECKS = 2;

/** “Keep buying until …” of one node: asks for a few units at a time, as {@link nextStep} says, for as long as the page is open. */
export class Buying {
  readonly state: Signal<BuyingState | null> = signal(null);
  readonly #trade: TradeModel;
  #channel = '';
  /** Units from this number on are not counted yet. */
  #uncounted = 0n;
  #asked = 0;
  #asking: Promise<unknown> | null = null;
  #ending = false;
  #quiet = 0;

  constructor(trade: TradeModel) {
    this.#trade = trade;
    trade.node.onEvent(() => void this.#goOn());
    effect(() => {
      trade.tariffs.value;
      now.value;
      void this.#goOn();
    });
    setInterval(() => void this.#check(), CHECK_MS);
  }

  get running(): boolean {
    return this.state.peek()?.status === 'running';
  }

  /** Begins, in the channel in view. */
  start(goal: Goal): void {
    const book = this.#trade.book.peek();
    if (book === null || this.running) return;
    this.#channel = book.channel;
    this.#uncounted = (book.newestUnit() ?? -1n) + 1n;
    this.#asked = 0;
    this.#quiet = 0;
    const progress: Progress = { ordered: 0, spentMsat: 0n, outstanding: 0 };
    this.state.value = { goal, progress, status: 'running', error: null };
    void this.#goOn();
  }

  /** Ends it, and takes back what is not ordered yet. */
  async stop(): Promise<void> {
    await this.#end('stopped');
  }

  async #goOn(): Promise<void> {
    const state = this.state.peek();
    if (state?.status !== 'running' || this.#asking !== null || this.#ending) return;
    if (this.#trade.book.peek()?.channel !== this.#channel) return this.#end('elsewhere');
    const progress = this.#count(state);
    const step = nextStep(state.goal, progress, this.#price(), Math.floor(Date.now() / 1000));
    if (step.type === 'stop') return this.#end(step.why);
    if (step.type === 'wait') return;
    this.#asked += step.units;
    this.#asking = this.#buy(step.units);
    try {
      await this.#asking;
    } catch (error) {
      this.#fail(error);
    } finally {
      this.#asking = null;
    }
    void this.#goOn();
  }

  /** Counts the orders that were heard of since the last time. */
  #count(state: BuyingState): Progress {
    const book = this.#trade.book.peek();
    let { ordered, spentMsat } = state.progress;
    if (book !== null) {
      for (let position = book.from(this.#uncounted); position < book.size; position++) {
        const { seller, paymentMsat } = book.at(position);
        if (seller === this.#trade.node.role) continue;
        ordered += 1;
        spentMsat += paymentMsat;
      }
      this.#uncounted = (book.newestUnit() ?? this.#uncounted - 1n) + 1n;
    }
    const progress = { ordered, spentMsat, outstanding: Math.max(0, this.#asked - ordered) };
    if (ordered !== state.progress.ordered || progress.outstanding !== state.progress.outstanding) {
      this.#quiet = 0;
      this.state.value = { ...state, progress };
    }
    return progress;
  }

  #price(): Price | null {
    const tariff = tariffNow(this.#trade.market(Math.floor(Date.now() / 1000)));
    if (tariff === undefined) return null;
    return { msatPerWh: BigInt(tariff.msatPerWh), unitMsat: unitPriceMsat(tariff) };
  }

  #buy(units: number): Promise<unknown> {
    return this.#trade.node.call('buy', { channel: this.#channel, units, requestId: newRequestId() });
  }

  /** Ends it once what was asked for before is answered, so that the node's last word is that nothing is wanted. */
  async #end(why: StopReason): Promise<void> {
    if (!this.running || this.#ending) return;
    this.#ending = true;
    try {
      await this.#asking?.catch(() => {}); // whoever asked says so
      if (why !== 'elsewhere') await this.#buy(0); // what somebody else wants is theirs
      const state = this.state.peek();
      if (state?.status === 'running')
        this.state.value = { ...state, progress: this.#count(state), status: why };
    } catch (error) {
      this.#fail(error);
    } finally {
      this.#ending = false;
      this.#trade.node.refresh();
    }
  }

  #fail(error: unknown): void {
    const state = this.state.peek();
    if (state !== null) this.state.value = { ...state, status: 'failed', error };
  }

  /** Notices that another program stopped the buying, or wants other units. */
  async #check(): Promise<void> {
    const { node } = this.#trade;
    if (!this.running || this.#asking !== null || node.link.peek() !== 'up') return;
    const { channel } = await node.call('getChannel', { channel: this.#channel });
    const state = this.state.peek();
    if (state?.status !== 'running' || this.#asking !== null) return;
    const { outstanding } = this.#count(state);
    const wanted = channel.wantedUnits ?? 0;
    this.#quiet = wanted === 0 && outstanding > 0 ? this.#quiet + 1 : 0;
    if (wanted > outstanding || this.#quiet > QUIET_CHECKS) await this.#end('elsewhere');
  }
}
