import { fromHex, toHex } from '../../../base/bytes.ts';
import { ChainError } from '../../../chain/port.ts';
import type { Channel } from '../../../channel/state.ts';
import type { Node } from '../../../node/node.ts';
import { isOpening, isOver, nodeIdsOf } from '../../../node/parties.ts';
import type { MethodResult } from '../../../rpc/methods.ts';
import { openRpcDocument } from '../../../rpc/openrpc.ts';
import { TransportError } from '../../../transport/port.ts';
import { failure } from '../failure.ts';
import type { Handlers, RpcHost } from '../host.ts';

type PeerRow = MethodResult<'listPeers'>['peers'][number];
type Counts = MethodResult<'getInfo'>['channels'];

/** Always the same, and work to make. */
let document: MethodResult<'rpc.discover'> | undefined;

/** The node itself and its peers. */
export const NODE_HANDLERS: Handlers<
  | 'getInfo'
  | 'listPeers'
  | 'connectPeer'
  | 'disconnectPeer'
  | 'exportBackup'
  | 'showSeed'
  | 'stop'
  | 'rpc.discover'
> = {
  getInfo: async (host) => {
    const { node, events, version, addresses } = host;
    const { tip } = node.wallet.state();
    const newest = await events.last();
    return {
      nodeId: toHex(node.id),
      meter: toHex(node.meter),
      network: node.wallet.network,
      version,
      height: tip?.height ?? null,
      blockHash: tip?.hash ?? null,
      chainHeight: await chainHeight(host),
      chainTrouble: node.chainTrouble()?.code ?? null,
      addresses: [...addresses],
      peersConnected: node.peers().filter(({ connected }) => connected).length,
      channels: countsOf(node),
      newestEvent: newest === 0 ? null : newest,
    };
  },

  listPeers: ({ node }) => ({ peers: [...peersOf(node)] }),

  connectPeer: async ({ node }, { nodeId, address }) => {
    try {
      await node.connect(fromHex(nodeId), address);
    } catch (error) {
      if (!(error instanceof TransportError)) throw error;
      if (error.code === 'badAddress') throw failure('badData', { reason: 'this is no address of a node' });
      throw failure('peerNotConnected', { reason: error.code });
    }
    const peer = peersOf(node).find((each) => each.nodeId === nodeId);
    if (peer === undefined) throw failure('peerNotConnected', { reason: 'unreachable' });
    return { peer };
  },

  disconnectPeer: async ({ node }, { nodeId }) => {
    const channels = node
      .channels()
      .filter(({ state }) => !isOver(state) && othersIn(node, state).includes(nodeId))
      .map(({ key }) => key);
    if (channels.length > 0) throw failure('channelInUse', { channels: channels.slice(0, 1000) });
    const disconnected = node.peers().some((each) => toHex(each.nodeId) === nodeId);
    await node.disconnect(fromHex(nodeId));
    return { disconnected };
  },

  exportBackup: ({ node }) => ({
    backup: toHex(node.backup()),
    channels: node
      .channels()
      .filter(({ state }) => 'identity' in state && !isOver(state))
      .map(({ key }) => key),
  }),

  showSeed: ({ seed }, { passphrase }) => {
    if (seed === undefined) throw failure('notAvailable', { reason: 'this server has no seed file' });
    return seed.show(passphrase);
  },

  stop: ({ stop }) => {
    if (stop === undefined) throw failure('notAvailable', { reason: 'this server cannot stop its node' });
    stop();
    return {};
  },

  'rpc.discover': () => {
    document ??= openRpcDocument() as MethodResult<'rpc.discover'>;
    return document;
  },
};

async function chainHeight({ chain }: RpcHost): Promise<number | null> {
  try {
    return (await chain.tip()).height;
  } catch (error) {
    if (error instanceof ChainError) return null;
    throw error;
  }
}

function countsOf(node: Node): Counts {
  const counts = { opening: 0, open: 0, settling: 0, closed: 0, aborted: 0 };
  for (const { state } of node.channels()) counts[stageOf(state)]++;
  return counts;
}

function stageOf(state: Channel): keyof Counts {
  if (state.type === 'settling' || state.type === 'closed' || state.type === 'aborted') return state.type;
  return isOpening(state) || state.type === 'awaitingFunding' ? 'opening' : 'open';
}

/** Peers that are connected or called, and those that live channels need. */
function peersOf(node: Node): readonly PeerRow[] {
  const needed = new Map<string, string[]>();
  for (const { key, state } of node.channels())
    if (!isOver(state))
      for (const id of othersIn(node, state)) needed.set(id, [...(needed.get(id) ?? []), key]);
  const rows = node.peers().map((peer): PeerRow => {
    const nodeId = toHex(peer.nodeId);
    return {
      nodeId,
      connected: peer.connected,
      addresses: peer.address === undefined ? [] : [peer.address],
      direction: peer.direction ?? null,
      since: peer.since ?? null,
      channels: needed.get(nodeId) ?? [],
    };
  });
  const listed = new Set(rows.map(({ nodeId }) => nodeId));
  const missing = [...needed].filter(([nodeId]) => !listed.has(nodeId));
  return [
    ...rows,
    ...missing.map(([nodeId, channels]): PeerRow => {
      return { nodeId, connected: false, addresses: [], direction: null, since: null, channels };
    }),
  ];
}

function othersIn(node: Node, state: Channel): readonly string[] {
  const own = toHex(node.id);
  return Object.values(nodeIdsOf(state) ?? {}).filter((id) => id !== own);
}
