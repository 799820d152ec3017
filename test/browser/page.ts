import {
  type ChannelHandle,
  createNode,
  memoryNetwork,
  memoryStore,
  mnemonicFromEntropy,
  type Node,
  scriptOfAddress,
  simulatedChain,
} from '../../src/browser.ts';

const UNITS = 3;
const UNIT_WH = 10;

/** What a page found at the end of {@link trade}. */
export interface Trade {
  /** What the consumer paid for each unit, millisatoshi. */
  readonly paidMsat: readonly bigint[];
  /** What the closing transaction paid, all outputs together, satoshi. */
  readonly closedSat: bigint;
}

/** Three nodes, with nothing but what a browser has: they open a channel, trade units, and close it. */
export async function trade(): Promise<Trade> {
  const chain = simulatedChain();
  chain.mine(101);
  const network = memoryNetwork();
  const party = async (words: number): Promise<Node> => {
    const node = await createNode({
      mnemonic: mnemonicFromEntropy(new Uint8Array(16).fill(words)),
      chain: chain.connect(),
      transport: (id) => network.join(id),
      store: memoryStore(),
      policy: { reviewOpening: () => null },
    });
    const script = scriptOfAddress(await node.wallet.newAddress(), 'regtest');
    if (!script.ok) throw new Error(script.error.code);
    chain.fund(script.value, 1_000_000n);
    return node;
  };
  const [consumer, producer, utility] = [await party(1), await party(2), await party(3)];
  const synced = () => Promise.all([consumer, producer, utility].map((node) => node.synced()));
  await synced();

  const asked = [producer.nextChannel(), utility.nextChannel()] as const;
  const channel = await consumer.open({
    producer: producer.id,
    utility: utility.id,
    contributions: { consumer: 500_000n, producer: 100_000n, utility: 20_000n },
    settlementHeight: chain.height + 1000,
  });
  await channel.notice('broadcast');
  const [sale, grid] = await Promise.all(asked);
  chain.mine();
  await synced();
  await Promise.all([channel.until('open'), sale.until('open'), grid.until('attesting')]);

  const paidMsat = await bought(channel, sale, grid);
  const closing = channel.notice('broadcast');
  await channel.close();
  const { tx } = await closing;
  await Promise.all([consumer, producer, utility].map((node) => node.stop()));
  return { paidMsat, closedSat: tx.outputs.reduce((sum, { value }) => sum + value, 0n) };
}

async function bought(
  channel: ChannelHandle,
  sale: ChannelHandle,
  grid: ChannelHandle,
): Promise<readonly bigint[]> {
  const now = Math.floor(Date.now() / 1000);
  const until = now + 1800;
  const paidMsat: bigint[] = [];
  let exportWh = 0n;
  await sale.readMeter({ importWh: 0n, exportWh });
  const priced = channel.notice('tariff');
  const offered = channel.notice('offer');
  await grid.publishTariff({
    slot: 0,
    from: now,
    until,
    msatPerWh: 400n,
    unitEnergyWh: UNIT_WH,
    units: UNITS,
  });
  await sale.offer({ units: UNITS, unitEnergyWh: UNIT_WH, until });
  await Promise.all([priced, offered]);
  sale.onNotice((notice) => {
    if (notice.type !== 'unitOrdered') return;
    exportWh += notice.delivery.energyWh;
    void sale.readMeter({ importWh: 0n, exportWh });
  });
  channel.onNotice((notice) => {
    if (notice.type === 'unitSettled') paidMsat.push(notice.delivery.paymentMsat);
  });
  const last = channel.notice('unitSettled', ({ delivery }) => delivery.unit === BigInt(UNITS - 1));
  await channel.buy(UNITS);
  await last;
  return paidMsat;
}
