import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  type ChannelHandle,
  createNode,
  memoryNetwork,
  mnemonicFromEntropy,
  type Node,
  scriptOfAddress,
  simulatedChain,
} from '../../src/index.ts';
import { systemClock } from '../../src/node/clock.ts';

const NOW = 1_700_000_000;

describe('a channel handle', () => {
  const network = memoryNetwork();
  let chain: ReturnType<typeof simulatedChain>;
  let nodes: readonly Node[];
  let channel: ChannelHandle;
  let atProducer: ChannelHandle;
  let atUtility: ChannelHandle;

  async function startNode(name: number): Promise<Node> {
    const node = await createNode({
      mnemonic: mnemonicFromEntropy(new Uint8Array(16).fill(name)),
      chain: chain.connect(),
      transport: (id) => network.join(id),
      clock: { now: () => NOW, after: systemClock.after },
      policy: { reviewOpening: () => null },
    });
    const script = scriptOfAddress(await node.wallet.newAddress(), 'regtest');
    if (!script.ok) throw new Error(script.error.code);
    chain.fund(script.value, 1_000_000n);
    return node;
  }

  async function mine(): Promise<void> {
    chain.mine(1);
    await Promise.all(nodes.map((node) => node.synced()));
  }

  beforeEach(async () => {
    chain = simulatedChain();
    chain.mine(101);
    const [consumer, producer, utility] = [await startNode(11), await startNode(12), await startNode(13)];
    nodes = [consumer, producer, utility];
    await mine();
    const others = [producer.nextChannel(), utility.nextChannel()] as const;
    channel = await consumer.open({
      producer: producer.id,
      utility: utility.id,
      contributions: { consumer: 500_000n, producer: 100_000n, utility: 20_000n },
      settlementHeight: chain.height + 500,
    });
    [atProducer, atUtility] = await Promise.all(others);
  });

  afterEach(() => Promise.all(nodes.map((node) => node.stop())));

  it('nextChannel: the channel that another node proposes', () => {
    expect([atProducer.role, atUtility.role]).toEqual(['producer', 'utility']);
  });

  it('a state that no notice tells of: until resolves all the same', async () => {
    await expect(atProducer.until('awaitingFunding')).resolves.toMatchObject({ role: 'producer' });
  });

  it('readMeter: signed with a rising number, and sent to the utility', async () => {
    await channel.until('awaitingFunding');
    await mine();
    await Promise.all([channel.until('open'), atProducer.until('open'), atUtility.until('attesting')]);
    const first = await atProducer.readMeter({ importWh: 0n, exportWh: 0n });
    const slot = { slot: 0, from: NOW, until: NOW + 1800, msatPerWh: 1000n };
    await atUtility.publishTariff({ ...slot, unitEnergyWh: 10, units: 1 });
    await atProducer.offer({ unitEnergyWh: 10, units: 1, until: NOW + 1800 });
    const ordered = atProducer.notice('unitOrdered');
    const refused = atUtility.notice('refused');
    await channel.buy(1);
    await ordered;
    const second = await atProducer.readMeter({ importWh: 0n, exportWh: 100n });
    expect(second.body).toMatchObject({ sequence: first.body.sequence + 1n, exportWh: 100n });
    // the clock stands still: so much energy in no time is above what the meter can export
    await expect(refused).resolves.toMatchObject({ error: { code: 'badReading', reason: 'aboveCapacity' } });
  });

  it('the end of the channel before a state that never comes: until rejects', async () => {
    const waiting = channel.until('open');
    await channel.close();
    await expect(waiting).rejects.toMatchObject({ name: 'ChannelEnded' });
    await expect(channel.until('aborted')).resolves.toMatchObject({ type: 'aborted' });
  });

  it('a channel that has ended already: until and notice reject at once', async () => {
    await channel.close();
    await channel.until('aborted');
    await expect(channel.until('open')).rejects.toThrow('aborted');
    await expect(channel.notice('unitSettled')).rejects.toThrow('aborted');
  });
});
