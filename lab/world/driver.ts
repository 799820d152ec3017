import type { PerRole } from '../../src/base/role.ts';
import type { RpcEvent } from '../../src/client/index.ts';
import { reasonOf } from '../failure.ts';
import type { Party } from '../party/party.ts';
import type { WorldState } from '../schema.ts';
import { Grid } from './grid.ts';
import type { Sun } from './sun.ts';
import { demandAt, powerAt } from './sun.ts';
import {
  decided,
  elapse,
  exportWh,
  forwardTo,
  ordered,
  priceAt,
  read,
  shownBy,
  type World,
  type WorldSettings,
  worldAt,
} from './world.ts';

export interface WorldOptions {
  readonly sun: Sun;
  readonly parties: PerRole<Party>;
  readonly settings: WorldSettings;
  /** Simulated Unix seconds. */
  readonly time: number;
  /** Something of the world changed. */
  readonly changed: () => void;
}

const TICK_MS = 50;
/** A meter under way is read at least so often. */
const READ_EVERY_MS = 1_000;
/** Prices and offers are looked after so often. */
const MARKET_EVERY_MS = 500;

/** Lets the sun move, and does what the producer's meter and the two sellers do of their own accord, over their RPC. */
export class WorldDriver {
  readonly #options: WorldOptions;
  readonly #grid: Grid;
  readonly #abort = new AbortController();
  #world: World;
  #isKnown = false;
  #lastTick = performance.now();
  #lastRead = 0;
  #lastMarket = 0;
  #completed = false;
  #isReading = false;
  #isTrading = false;
  #trouble: string | null = null;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(options: WorldOptions) {
    this.#options = options;
    this.#world = worldAt(options.settings, options.time, 0n);
    this.#grid = new Grid(options.parties);
  }

  /** The parties have started. */
  start(): void {
    void this.#listen();
    this.#tick();
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#abort.abort();
  }

  get settings(): WorldSettings {
    return this.#world.settings;
  }

  change(settings: Partial<WorldSettings>, hour?: number): void {
    const before = this.#world.settings;
    const moved = hour === undefined ? this.#world : forwardTo(this.#world, hour);
    this.#world = { ...moved, settings: { ...before, ...settings } };
    if (settings.coefficients !== undefined || settings.unitEnergyWh !== undefined) this.#grid.repriced();
    this.#options.changed();
  }

  state(): WorldState {
    const { settings, timeMs } = this.#world;
    const { coefficients, ...rest } = settings;
    const time = Math.floor(timeMs / 1000);
    return {
      ...rest,
      time,
      powerW: powerAt(this.#options.sun, time),
      demandWh: demandAt(this.#options.sun, time),
      msatPerWh: `${priceAt(this.#options.sun, this.#world)}`,
      exportWh: `${exportWh(this.#world)}`,
      coefficients: { a1: `${coefficients.a1}`, b1: `${coefficients.b1}`, c1: `${coefficients.c1}` },
      trouble: this.#trouble,
    };
  }

  #tick(): void {
    const now = performance.now();
    const before = this.#world;
    this.#world = elapse(this.#options.sun, before, now - this.#lastTick);
    this.#lastTick = now;
    if (this.#world.orders.length < before.orders.length) this.#completed = true;
    if (this.#world !== before) this.#options.changed();
    if (!this.#isReading) void this.#readMeter(now);
    if (!this.#isTrading && now - this.#lastMarket > MARKET_EVERY_MS) void this.#lookAfterMarket(now);
    this.#timer = setTimeout(() => this.#tick(), TICK_MS);
  }

  async #readMeter(now: number): Promise<void> {
    const { producer, utility } = this.#options.parties;
    if (!producer.running) return;
    this.#isReading = true;
    try {
      if (!this.#isKnown) {
        if (!utility.running) return;
        await this.#takeUp();
      }
      const shown = shownBy(this.#world);
      const isDue = this.#completed || now - this.#lastRead > READ_EVERY_MS;
      if (shown === undefined || !isDue || !this.#grid.isNews(shown)) return;
      this.#completed = false;
      this.#lastRead = now;
      if (await this.#grid.tell(shown)) this.#world = read(this.#world, shown);
    } catch (error) {
      this.#troubled(error);
    } finally {
      this.#isReading = false;
    }
  }

  async #lookAfterMarket(now: number): Promise<void> {
    const { settings } = this.#world;
    this.#isTrading = true;
    this.#lastMarket = now;
    try {
      const wanted = {
        msatPerWh: priceAt(this.#options.sun, this.#world),
        unitEnergyWh: settings.unitEnergyWh,
        slot: this.#slot(),
      };
      if (settings.autoTariff) await this.#grid.publish(wanted);
      if (settings.autoOffer) await this.#grid.offer();
      this.#troubled(null);
    } catch (error) {
      this.#troubled(error);
    } finally {
      this.#isTrading = false;
    }
  }

  /** Half hours of the simulated day that have passed. */
  #slot(): number {
    return Math.floor(this.#world.timeMs / 1000 / 1800) % 48;
  }

  /** Where an earlier run of the demo left the meter. */
  async #takeUp(): Promise<void> {
    const exported = await this.#grid.newestReading();
    const { orders, settings, timeMs } = this.#world;
    this.#world = { ...worldAt(settings, 0, exported), timeMs, orders };
    this.#isKnown = true;
  }

  async #listen(): Promise<void> {
    const { client } = this.#options.parties.producer;
    const { signal } = this.#abort;
    while (!signal.aborted) {
      try {
        const { newestEvent } = await client.call('getInfo', {});
        for (const order of await this.#grid.inFlight()) this.#world = ordered(this.#world, order);
        // what came meanwhile is heard as well: the same order twice is one
        for await (const event of client.subscribe({ from: (newestEvent ?? 0) + 1, signal }))
          this.#hear(event);
      } catch (error) {
        if (signal.aborted) return;
        this.#troubled(error);
        await new Promise((resolve) => setTimeout(resolve, READ_EVERY_MS));
      }
    }
  }

  #hear({ channelId, type, data }: RpcEvent): void {
    const channel = channelId ?? '';
    switch (type) {
      case 'unitOrdered': {
        const { delivery } = data;
        if (delivery.seller !== 'producer') return;
        const unit = BigInt(delivery.unit);
        this.#grid.ordered(channel, unit);
        this.#world = ordered(this.#world, { channel, unit, energyWh: BigInt(delivery.energyWh) });
        break;
      }
      case 'unitSettled':
      case 'unitForfeited':
      case 'unitCancelled':
        this.#world = decided(this.#world, channel, BigInt(data.delivery.unit));
        break;
      case 'unitRefused':
        this.#world = decided(this.#world, channel, BigInt(data.unit));
        break;
      case 'settling': {
        const orders = this.#world.orders.filter((each) => each.channel !== channel);
        this.#world = { ...this.#world, orders };
        break;
      }
      case 'opened':
        this.#grid.opened();
        break;
    }
  }

  #troubled(error: unknown): void {
    const trouble = error === null ? null : reasonOf(error);
    if (trouble === this.#trouble) return;
    this.#trouble = trouble;
    this.#options.changed();
  }
}
