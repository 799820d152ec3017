import { type Regtest, startRegtest } from '../regtest/index.ts';
import { createNode, memoryNetwork, mnemonicFromEntropy, type Node, systemClock } from '../src/index.ts';

/**
 * A consumer, a producer and a utility with a million satoshi each: three nodes in this process, on a Bitcoin
 * network of its own. Real ones run apart, each with its own Bitcoin node, and connect over the internet.
 */
export async function startParties() {
  const regtest: Regtest = await startRegtest();
  const network = memoryNetwork();
  let now = systemClock.now();
  // time is ours to move: half an hour of sunshine need not take half an hour
  const clock = { ...systemClock, now: () => now };

  async function party(): Promise<Node> {
    const node = await createNode({
      mnemonic: mnemonicFromEntropy(crypto.getRandomValues(new Uint8Array(16))),
      chain: await regtest.chain(),
      transport: (id) => network.join(id),
      clock,
      policy: {
        reviewOpening: ({ contributions }, role) => (contributions[role] > LIMIT ? 'too much' : null),
      },
    });
    await regtest.fund(await node.wallet.newAddress(), 1_000_000n);
    return node;
  }

  const [consumer, producer, utility] = [await party(), await party(), await party()];
  const nodes = [consumer, producer, utility];
  const synced = async () => {
    await Promise.all(nodes.map((node) => node.synced()));
  };
  await synced();

  return {
    consumer,
    producer,
    utility,
    network,
    now: () => now,
    pass: (seconds: number) => {
      now += seconds;
    },
    height: () => regtest.height(),
    /** Mines a block, and lets all three take it in. */
    mine: async () => {
      await regtest.mine(1);
      await synced();
    },
    stop: async () => {
      await Promise.all(nodes.map((node) => node.stop()));
      await regtest.stop();
    },
  };
}

/** What a party lets others bind of its coins without asking its owner, millisatoshi. */
const LIMIT = 200_000_000n;
