import type { PerRole } from '../../src/base/role.ts';
import type { RpcClient } from '../../src/client/index.ts';

/** Energy of a unit, Wh, and its price: 400 sat. */
const UNIT_WH = 1_000;
const MSAT_PER_WH = '400';
/** Units of one tariff, and how many are left when the next is published. */
const TARIFF_UNITS = 1_000;
const LEFT = 1_500;
const LONG_SECONDS = 1_000_000;
/** A stream is bought in steps of so many milliseconds. */
const STEP_MS = 100;

/** What the three applications do in a stream: price, offer, meter, buy. */
export class Trade {
  readonly #clients: PerRole<RpcClient>;
  readonly #channels: PerRole<string>;
  readonly #ended = new AbortController();
  #published = 0;
  #publishing = false;
  #exportWh = 0n;
  #readWh = 0n;
  #reading = false;
  #settled = 0;
  #waiting: { readonly units: number; readonly resolve: () => void } | undefined;

  constructor(clients: PerRole<RpcClient>, channels: PerRole<string>) {
    this.#clients = clients;
    this.#channels = channels;
  }

  /** Units settled so far, as the consumer heard of them. */
  get settled(): number {
    return this.#settled;
  }

  async start(): Promise<void> {
    const { producer } = this.#clients;
    await producer.call('readMeter', { importWh: '0', exportWh: '0' });
    void this.#meter();
    void this.#count();
    await this.#publish(0);
    await producer.call('offer', {
      channel: this.#channels.producer,
      units: 0xffffffff,
      unitEnergyWh: UNIT_WH,
      until: now() + LONG_SECONDS,
    });
  }

  /** Buys as fast as it goes; resolves when so many units more are settled. */
  async buy(units: number): Promise<void> {
    const all = new Promise<void>((resolve) => {
      this.#waiting = { units: this.#settled + units, resolve };
    });
    await this.#clients.consumer.call('buy', { channel: this.#channels.consumer, units });
    await all;
  }

  /** Buys so many units a second for so many seconds. The units that were settled in each second. */
  async stream(perSecond: number, seconds: number): Promise<number> {
    const { consumer } = this.#clients;
    const before = this.#settled;
    const begun = performance.now();
    let asked = 0;
    for (let at = 0; at < 1000 * seconds; at = performance.now() - begun) {
      const due = Math.floor((perSecond * (at + STEP_MS)) / 1000);
      const { channel } = await consumer.call('getChannel', { channel: this.#channels.consumer });
      const units = due - asked + (channel.wantedUnits ?? 0);
      asked = due;
      await consumer.call('buy', { channel: this.#channels.consumer, units });
      await new Promise((resolve) => setTimeout(resolve, STEP_MS - ((performance.now() - begun) % STEP_MS)));
    }
    return (this.#settled - before) / seconds;
  }

  stop(): void {
    this.#ended.abort();
  }

  async #publish(ordered: number): Promise<void> {
    if (this.#publishing) return;
    this.#publishing = true;
    while (this.#published - ordered < LEFT) {
      await this.#clients.utility.call('publishTariff', {
        channel: this.#channels.utility,
        slot: this.#published / TARIFF_UNITS,
        from: now() - 600,
        until: now() + LONG_SECONDS,
        msatPerWh: MSAT_PER_WH,
        unitEnergyWh: UNIT_WH,
        units: TARIFF_UNITS,
      });
      this.#published += TARIFF_UNITS;
    }
    this.#publishing = false;
  }

  /** Everything that is ordered is delivered at once; one reading covers what was ordered while the last was under way. */
  async #meter(): Promise<void> {
    for await (const event of this.#clients.producer.subscribe({ signal: this.#ended.signal })) {
      if (event.type !== 'unitOrdered') continue;
      this.#exportWh += BigInt(event.data.delivery.energyWh);
      void this.#read();
      void this.#publish(Number(event.data.delivery.unit));
    }
  }

  async #read(): Promise<void> {
    if (this.#reading) return;
    this.#reading = true;
    while (this.#readWh < this.#exportWh) {
      this.#readWh = this.#exportWh;
      await this.#clients.producer.call('readMeter', { importWh: '0', exportWh: `${this.#readWh}` });
    }
    this.#reading = false;
  }

  async #count(): Promise<void> {
    for await (const { type } of this.#clients.consumer.subscribe({ signal: this.#ended.signal })) {
      if (type !== 'unitSettled') continue;
      this.#settled += 1;
      if (this.#settled >= (this.#waiting?.units ?? Number.POSITIVE_INFINITY)) this.#waiting?.resolve();
    }
  }
}

function now(): number {
  return Math.floor(Date.now() / 1000);
}
