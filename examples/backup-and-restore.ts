/** A producer loses its disk, and has its coins back from its phrase and its last backup. Run: npx tsx examples/backup-and-restore.ts */
import {
  createNode,
  memoryNetwork,
  memoryStore,
  mnemonicFromEntropy,
  type Node,
  type NodeOptions,
  scriptOfAddress,
  simulatedChain,
} from '../src/index.ts';

const chain = simulatedChain();
chain.mine(101);
const network = memoryNetwork();

async function start(seed: number, more: Partial<NodeOptions> = {}): Promise<Node> {
  const mnemonic = mnemonicFromEntropy(new Uint8Array(16).fill(seed));
  const transport = (id: Uint8Array) => network.join(id);
  const policy = { reviewOpening: () => null };
  return createNode({ mnemonic, chain: chain.connect(), transport, policy, ...more });
}

/** Where the backups go: a file on another machine, a cloud, a printer. It is encrypted. */
let safePlace = new Uint8Array(0);
const save = (backup: Uint8Array) => {
  safePlace = Uint8Array.from(backup);
};

const producer = await start(1, { store: memoryStore(), onBackup: save });
const [consumer, utility] = [await start(2), await start(3)];
for (const node of [consumer, producer, utility]) {
  const script = scriptOfAddress(await node.wallet.newAddress(), 'regtest');
  if (script.ok) chain.fund(script.value, 1_000_000n);
}
const mine = async (blocks: number, nodes: readonly Node[]) => {
  chain.mine(blocks);
  await Promise.all(nodes.map((node) => node.synced()));
};
await mine(1, [consumer, producer, utility]);

const channel = await consumer.open({
  producer: producer.id,
  utility: utility.id,
  contributions: { consumer: 500_000n, producer: 100_000n, utility: 20_000n },
  settlementHeight: chain.height + 500,
});
await channel.notice('broadcast');
await mine(1, [consumer, producer, utility]);
await channel.until('open');
console.log(
  `the producer has ${producer.wallet.balance().confirmed} sat in its wallet, the rest in the channel`,
);

await producer.stop(); // and its disk is gone
const restored = await start(1, { store: memoryStore(), backup: safePlace, onBackup: save });

await channel.until((state) => state.type === 'settling');
console.log('the consumer closes, as it was asked to');

for (let block = 0; block < 4; block++) await mine(1, [consumer, restored, utility]);
console.log(`the producer has ${restored.wallet.balance().confirmed} sat in its wallet`);
await Promise.all([consumer, restored, utility].map((node) => node.stop()));
