import { z } from 'zod';
import { method } from '../method.ts';
import { peer } from '../shapes/channel.ts';
import { channelKey, count, height, nodeId, publicKey, sequence, text } from '../shapes/fields.ts';

const NO_PARAMS = z.strictObject({});
const DONE = z.strictObject({});

/** The node itself, its peers, and this connection. */
export const NODE_METHODS = {
  authenticate: method({
    summary: 'Shows the token of this connection. For a WebSocket whose client cannot set a header.',
    right: 'none',
    params: z.strictObject({ token: z.string().min(1).max(256).describe('the content of a token file') }),
    result: z.strictObject({ right: z.enum(['read', 'trade', 'admin']) }),
  }),
  getInfo: method({
    summary: 'Who this node is, and how far it has followed the chain.',
    right: 'read',
    params: NO_PARAMS,
    result: z.strictObject({
      nodeId,
      meter: publicKey.describe("public key of this party's own meter"),
      network: z.enum(['mainnet', 'testnet', 'signet', 'regtest']),
      version: text,
      height: height.nullable().describe('the block up to which this node has followed the chain'),
      blockHash: z.string().nullable(),
      chainHeight: height.nullable().describe("the Bitcoin node's best block; null while it does not answer"),
      chainTrouble: text.nullable().describe('what keeps this node from following the chain now'),
      addresses: z.array(text).describe('where peers reach this node'),
      peersConnected: count,
      channels: z.strictObject({
        opening: count,
        open: count,
        settling: count,
        closed: count,
        aborted: count,
      }),
      newestEvent: sequence.nullable(),
    }),
  }),
  listPeers: method({
    summary: 'Nodes that channels need or that are connected.',
    right: 'read',
    params: NO_PARAMS,
    result: z.strictObject({ peers: z.array(peer) }),
  }),
  connectPeer: method({
    summary: 'Connects to a node and stays connected, also after a restart.',
    right: 'admin',
    params: z.strictObject({
      nodeId,
      address: z
        .string()
        .min(1)
        .max(256)
        .regex(/^[\x21-\x7e]+$/)
        .optional()
        .describe('where it listens: HOST:PORT, ws:// or wss://; without it the one that is known'),
    }),
    result: z.strictObject({ peer }),
    errors: ['peerNotConnected', 'badData'],
  }),
  disconnectPeer: method({
    summary:
      'Ends the connection with a node and forgets its address. Refused while a live channel needs it.',
    right: 'admin',
    params: z.strictObject({ nodeId }),
    result: z.strictObject({ disconnected: z.boolean() }),
    errors: ['channelInUse'],
  }),
  exportBackup: method({
    summary: 'The static channel backup as of now: sealed, of no use without the phrase.',
    right: 'admin',
    params: NO_PARAMS,
    result: z.strictObject({ backup: z.string().describe('bytes'), channels: z.array(channelKey) }),
  }),
  showSeed: method({
    summary:
      'The words of the seed, which are all that the coins need. One passphrase at a time: after a wrong one the next is refused for a second, then for twice as long each time, up to 15 minutes.',
    right: 'admin',
    params: z.strictObject({
      passphrase: z.string().min(1).max(4096).describe('of the seed file; never logged or stored'),
    }),
    result: z.strictObject({ words: z.array(z.string()).describe('12 or 24 words (BIP39), in order') }),
    errors: ['wrongPassphrase', 'tooSoon', 'notAvailable'],
  }),
  stop: method({
    summary: 'Stops the daemon in order. The answer comes before it stops.',
    right: 'admin',
    params: NO_PARAMS,
    result: DONE,
    errors: ['notAvailable'],
  }),
  'rpc.discover': method({
    summary: 'The OpenRPC document of this server.',
    right: 'read',
    params: NO_PARAMS,
    result: z.looseObject({ openrpc: z.string() }),
  }),
} as const;
