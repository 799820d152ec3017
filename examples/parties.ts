import { type Regtest, startRegtest } from '../regtest/index.ts';
import { memoryNetwork, memoryStore, mnemonicFromEntropy, type Node, systemClock } from '../src/index.ts';
import { type Home, startNode } from './node.ts';

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
  const homes = new Map<Node, Home>();

  async function start(home: Home): Promise<Node> {
    const node = await startNode(home, { chain: await regtest.chain(), network, clock });
    homes.set(node, home);
    return node;
  }

  async function party(): Promise<Node> {
    const mnemonic = mnemonicFromEntropy(crypto.getRandomValues(new Uint8Array(16)));
    const node = await start({ mnemonic, disk: memoryStore() });
    await regtest.fund(await node.wallet.newAddress(), 1_000_000n);
    return node;
  }

  const homeOf = (node: Node): Home => {
    const home = homes.get(node);
    if (home === undefined) throw new Error('not a party that is running');
    return home;
  };
  const synced = async () => {
    await Promise.all([...homes.keys()].map((node) => node.synced()));
  };

  const [consumer, producer, utility] = [await party(), await party(), await party()];
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
    /** A copy of what a party's disk holds at this moment. */
    copyOfDisk: (node: Node) => homeOf(node).disk.snapshot(),
    /** Stops a party's node and starts it anew from that disk. */
    restart: async (node: Node, disk: Home['disk']): Promise<Node> => {
      const { mnemonic } = homeOf(node);
      homes.delete(node);
      await node.stop();
      return start({ mnemonic, disk });
    },
    stop: async () => {
      await Promise.all([...homes.keys()].map((node) => node.stop()));
      await regtest.stop();
    },
  };
}
