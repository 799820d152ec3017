import { equalBytes, toHex } from '../../../base/bytes.ts';
import { TRADERS, type Trader } from '../../../base/role.ts';
import type { Identity } from '../../../channel/state.ts';
import type { ChannelHandle } from '../../../node/handle.ts';
import { clientOf } from '../../../node/towerDesk.ts';
import type { MethodResult } from '../../../rpc/methods.ts';
import type { Handlers, RpcHost } from '../host.ts';

type MeterRow = MethodResult<'getMeterBook'>['meters'][number];
type WatchedRow = MethodResult<'getWatchtower'>['channels'][number];

/** What only a utility has: its book of meters, and its watchtower. */
export const UTILITY_HANDLERS: Handlers<'getMeterBook' | 'getWatchtower'> = {
  getMeterBook: async (host) => ({
    meters: await Promise.all(tradersOf(host).map((each) => meterRow(host, each))),
  }),

  getWatchtower: async (host) => ({
    channels: (await Promise.all(tradersOf(host).map((each) => watchedRow(host, each)))).flat(),
  }),
};

/** A trader of a channel in which this node is the utility. */
interface KeptTrader {
  readonly handle: ChannelHandle;
  readonly identity: Identity;
  readonly trader: Trader;
}

function tradersOf({ node }: RpcHost): readonly KeptTrader[] {
  return node.channels().flatMap((handle) => {
    const { role, state } = handle;
    if (role !== 'utility' || !('identity' in state)) return [];
    return TRADERS.map((trader) => ({ handle, identity: state.identity, trader }));
  });
}

async function meterRow(
  { node, utilityUnits }: RpcHost,
  { handle: { key, state }, identity, trader }: KeptTrader,
): Promise<MeterRow> {
  const meter = toHex(identity.meters[trader]);
  const { ledger = null, waiting = [] } = node.meterBook()[meter] ?? {};
  const all = await utilityUnits.ordered(key, state);
  const sold = all.filter(({ delivery }) => delivery.seller === trader);
  const withWord = (word: string) => sold.filter(({ verdict }) => verdict === word).map(energyOf);
  const open = (ledger?.openUnits ?? waiting).filter(({ channelId }) =>
    equalBytes(channelId, identity.channelId),
  );
  const newest = ledger?.lastReading.body;
  return {
    meter,
    nodeId: toHex(identity.nodeIds[trader]),
    channel: key,
    newest:
      newest === undefined
        ? null
        : {
            sequence: `${newest.sequence}`,
            time: newest.time,
            importWh: `${newest.importWh}`,
            exportWh: `${newest.exportWh}`,
          },
    ordered: summed(sold.map(energyOf)),
    attested: summed(withWord('delivered')),
    refused: summed(withWord('notDelivered')),
    waiting: summed(open.map(({ energyWh }) => BigInt(energyWh))),
  };
}

function energyOf({ delivery }: { readonly delivery: { readonly energyWh: bigint } }): bigint {
  return delivery.energyWh;
}

function summed(energies: readonly bigint[]): MeterRow['ordered'] {
  return { units: energies.length, energyWh: `${energies.reduce((sum, each) => sum + each, 0n)}` };
}

async function watchedRow(
  { node }: RpcHost,
  { handle: { key, monitor }, identity, trader }: KeptTrader,
): Promise<readonly WatchedRow[]> {
  const tower = node.watchtower;
  if (tower === undefined) return [];
  const { blobs, bytes } = await tower.kept(clientOf(identity.channelId, trader));
  const spend = monitor?.spend?.txid;
  const isAnswering = tower.breaches().some(({ txid }) => txid === spend);
  const justice = (monitor?.taken ?? []).filter(({ by, how }) => by === trader && how === 'revocation');
  return [
    {
      channel: key,
      of: trader,
      blobs: Number(blobs),
      bytes: Number(bytes),
      newestN: blobs === 0n ? null : `${blobs - 1n}`,
      breach: spend !== undefined && isAnswering ? spend : null,
      answered: justice.length,
    },
  ];
}
