import type { Role } from '../../src/base/role.ts';
import type { ChannelHandle, Node } from '../../src/index.ts';

/** Energy of a unit, Wh, and its price: 400 sat. */
const UNIT_WH = 1_000;
const MSAT_PER_WH = 400n;
/** Units of one tariff, and how many are left when the next is published. */
const TARIFF_UNITS = 1_000;
const LEFT = 400n;

/** What each party's application does in a stream of `units`: it prices, or offers and meters. */
export async function trade(role: Role, node: Node, channel: ChannelHandle, units: number): Promise<void> {
  if (role === 'utility') await price(channel);
  if (role === 'producer') await sell(node, channel, units);
}

async function price(channel: ChannelHandle): Promise<void> {
  let published = 0n;
  const publish = async () => {
    const slot = Number(published) / TARIFF_UNITS;
    published += BigInt(TARIFF_UNITS);
    const from = Math.floor(Date.now() / 1000) - 600;
    const price = { from, until: from + 1_000_000, msatPerWh: MSAT_PER_WH, unitEnergyWh: UNIT_WH };
    await channel.publishTariff({ slot, ...price, units: TARIFF_UNITS });
  };
  channel.onNotice((notice) => {
    if (notice.type === 'unitAttested' && published - notice.unit < LEFT) void publish();
  });
  await publish();
}

/** Everything that is ordered is delivered at once; one reading covers what was ordered while the last was under way. */
async function sell(node: Node, channel: ChannelHandle, units: number): Promise<void> {
  let exportWh = 0n;
  let read = 0n;
  let isReading = false;
  const readOn = async () => {
    if (isReading) return;
    isReading = true;
    while (read < exportWh) {
      read = exportWh;
      await channel.readMeter({ importWh: 0n, exportWh: read });
    }
    isReading = false;
  };
  await channel.readMeter({ importWh: 0n, exportWh });
  await node.synced();
  channel.onNotice((notice) => {
    if (notice.type !== 'unitOrdered') return;
    exportWh += notice.delivery.energyWh;
    void readOn();
  });
  const until = Math.floor(Date.now() / 1000) + 900_000;
  await channel.offer({ units, unitEnergyWh: UNIT_WH, until });
}

/** Buys `units` and waits until they are settled: the time of all, and of each from its order to its settlement. */
export async function buy(
  channel: ChannelHandle,
  units: number,
): Promise<{ readonly seconds: number; readonly latencies: readonly number[] }> {
  const ordered = new Map<bigint, number>();
  const latencies: number[] = [];
  const settled = new Promise<void>((resolve) => {
    const stop = channel.onNotice((notice) => {
      if (notice.type === 'unitOrdered') ordered.set(notice.delivery.unit, performance.now());
      if (notice.type !== 'unitSettled') return;
      const at = ordered.get(notice.delivery.unit);
      if (at !== undefined) latencies.push(performance.now() - at);
      if (latencies.length < units) return;
      stop();
      resolve();
    });
  });
  const start = performance.now();
  await channel.buy(units);
  await settled;
  return { seconds: (performance.now() - start) / 1000, latencies };
}
