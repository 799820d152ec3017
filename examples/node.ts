import {
  type Chain,
  type Clock,
  createNode,
  type MemoryNetwork,
  type memoryStore,
  type Node,
} from '../src/index.ts';

/** What makes a node that of its owner: the secret words, and the disk. */
export interface Home {
  readonly mnemonic: string;
  readonly disk: ReturnType<typeof memoryStore>;
}

/** The node of one party. */
export function startNode(
  { mnemonic, disk }: Home,
  {
    chain,
    network,
    clock,
  }: { readonly chain: Chain; readonly network: MemoryNetwork; readonly clock: Clock },
): Promise<Node> {
  return createNode({
    mnemonic,
    store: disk,
    chain,
    transport: (id) => network.join(id),
    clock,
    policy: {
      reviewOpening: ({ contributions }, role) => (contributions[role] > LIMIT ? 'too much' : null),
    },
  });
}

/** What a party lets others bind of its coins without asking its owner, millisatoshi. */
const LIMIT = 200_000_000n;
