import type { PerRole } from '../../src/base/role.ts';
import type { Party } from '../party/party.ts';
import { nextOffer, nextTariff, unitsLeft } from './market.ts';

/** A unit that is in flight at the producer. */
export interface InFlight {
  /** Channel id: it stays the same whatever becomes of the daemons' stores. */
  readonly channel: string;
  readonly unit: bigint;
  readonly energyWh: bigint;
}

/** The price of now, for the next tariff. */
export interface WantedPrice {
  readonly msatPerWh: bigint;
  readonly unitEnergyWh: number;
  readonly slot: number;
}

/** What the world does through the daemons of utility and producer, and what it remembers of that. */
export class Grid {
  readonly #parties: PerRole<Party>;
  /** The first unit that was not ordered, by channel id. */
  readonly #nextUnit = new Map<string, bigint>();
  /** Units below it were offered, by channel id. */
  readonly #offeredUpTo = new Map<string, bigint>();
  #toldWh: bigint | undefined;
  #isRepriced = false;

  constructor(parties: PerRole<Party>) {
    this.#parties = parties;
  }

  /** The next tariff comes at once. */
  repriced(): void {
    this.#isRepriced = true;
  }

  /** A new channel's utility has not heard of the meter yet. */
  opened(): void {
    this.#toldWh = undefined;
  }

  ordered(channel: string, unit: bigint): void {
    this.#nextUnit.set(channel, unit + 1n);
  }

  /** Whether the utilities do not know that the meter shows this. */
  isNews(shownWh: bigint): boolean {
    return shownWh !== this.#toldWh;
  }

  /** Reads the meter for all channels. Whether there was one to tell it to. */
  async tell(shownWh: bigint): Promise<boolean> {
    const { client } = this.#parties.producer;
    const { channels } = await client.call('readMeter', { importWh: '0', exportWh: `${shownWh}` });
    if (channels.length > 0) this.#toldWh = shownWh;
    return channels.length > 0;
  }

  /** What the producer's meter showed the utility last, Wh; 0 where it never did. */
  async newestReading(): Promise<bigint> {
    const { producer, utility } = this.#parties;
    const { meter } = await producer.client.call('getInfo', {});
    const { meters } = await utility.client.call('getMeterBook', {});
    return meters
      .filter((row) => row.meter === meter)
      .map(({ newest }) => BigInt(newest?.exportWh ?? 0))
      .reduce((most, each) => (each > most ? each : most), 0n);
  }

  /** Units that were ordered and not decided, of every channel. */
  async inFlight(): Promise<readonly InFlight[]> {
    const { client } = this.#parties.producer;
    const { channels } = await client.call('listChannels', { states: ['open', 'shuttingDown'] });
    const details = await Promise.all(channels.map(({ channel }) => client.call('getChannel', { channel })));
    return details.flatMap(({ channel: { channelId, deliveries } }) =>
      deliveries
        .filter(({ seller }) => seller === 'producer')
        .map(({ unit, energyWh }) => ({
          channel: channelId ?? '',
          unit: BigInt(unit),
          energyWh: BigInt(energyWh),
        })),
    );
  }

  /** Publishes a tariff in each channel that soon would have none. */
  async publish(wanted: WantedPrice): Promise<void> {
    const { utility } = this.#parties;
    if (!utility.running || wanted.msatPerWh === 0n) return;
    // a price that is set while this one goes out is the next one's
    const isRepriced = this.#isRepriced;
    this.#isRepriced = false;
    try {
      await this.#publish(wanted, isRepriced);
    } catch (error) {
      this.#isRepriced ||= isRepriced;
      throw error;
    }
  }

  async #publish(wanted: WantedPrice, isRepriced: boolean): Promise<void> {
    const { utility, producer } = this.#parties;
    const now = Math.floor(Date.now() / 1000);
    const { channels } = await utility.client.call('listChannels', { states: ['attesting'] });
    for (const { channel, channelId } of channels) {
      const { tariffs } = await utility.client.call('listTariffs', { channel });
      const known = tariffs.map((each) => ({ ...each, firstUnit: BigInt(each.firstUnit) }));
      const nextUnit =
        producer.running && channelId !== null ? await this.#nextUnitOf(channelId, known[0]?.firstUnit) : 0n;
      const left = isRepriced ? 0n : unitsLeft(known, { now, nextUnit, ...wanted });
      const planned = nextTariff(left, now);
      if (planned === undefined) continue;
      const { slot, unitEnergyWh, msatPerWh } = wanted;
      const tariff = { ...planned, slot, unitEnergyWh, msatPerWh: `${msatPerWh}` };
      await utility.client.call('publishTariff', { channel, ...tariff });
    }
  }

  /** Offers, in each channel, what the newest tariff lets the producer sell. */
  async offer(): Promise<void> {
    const { client, running } = this.#parties.producer;
    if (!running) return;
    const { channels } = await client.call('listChannels', { states: ['open'] });
    for (const { channel, channelId } of channels) {
      const { tariffs } = await client.call('listTariffs', { channel });
      const known = tariffs.map((each) => ({ ...each, firstUnit: BigInt(each.firstUnit) }));
      const id = channelId ?? '';
      const offer = nextOffer(known, this.#offeredUpTo.get(id) ?? 0n);
      if (offer === undefined) continue;
      const { upTo, ...terms } = offer;
      await client.call('offer', { channel, ...terms });
      this.#offeredUpTo.set(id, upTo);
    }
  }

  /** The first unit of a channel that was not ordered; as the producer has it, where this run has seen none. */
  async #nextUnitOf(channelId: string, from = 0n): Promise<bigint> {
    const seen = this.#nextUnit.get(channelId);
    if (seen !== undefined) return seen;
    const { client } = this.#parties.producer;
    const { channels } = await client.call('listChannels', {});
    const channel = channels.find((each) => each.channelId === channelId)?.channel;
    if (channel === undefined) return 0n;
    const { units } = await client.call('listUnits', { channel, from: `${from}`, limit: 1000 });
    const next = units.reduce((most, { unit }) => (BigInt(unit) >= most ? BigInt(unit) + 1n : most), 0n);
    this.#nextUnit.set(channelId, next);
    return next;
  }
}
