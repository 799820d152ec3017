import { closeSync, fdatasyncSync, openSync, readFileSync, unlinkSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { fromHex, toHex } from '../../src/base/bytes.ts';
import { invariant } from '../../src/base/invariant.ts';
import { ROLES } from '../../src/base/role.ts';
import { bitcoindChain } from '../../src/chain/bitcoind/index.ts';
import { fastestSecp256k1 } from '../../src/crypto/native.ts';
import { type ChannelHandle, createNode, type Node } from '../../src/index.ts';
import { sqliteStore } from '../../src/store/sqlite/index.ts';
import { webSocketServer, webSocketTransport } from '../../src/transport/websocket/ws.ts';
import { mnemonicFromEntropy } from '../../src/wallet/mnemonic.ts';
import { answerCalls } from '../../tools/child.ts';
import { counted, countedCurve, curveMicros } from './count.ts';
import type { Answers, PartyCalls, PartySettings, Request, Spent } from './protocol.ts';
import { buy, trade } from './stream.ts';

/** One party of the bench, a process of its own: it does what its parent asks over the process channel. */
async function begin(settings: PartySettings): Promise<Party> {
  const { role, dataDir } = settings;
  const curve = countedCurve(await fastestSecp256k1());
  const disk = counted(await sqliteStore(join(dataDir, 'wattlane.db')));
  const server = await webSocketServer({ host: '127.0.0.1', port: 0 });
  const chain = await bitcoindChain({
    network: 'regtest',
    url: settings.rpcUrl,
    login: { cookieFile: settings.cookieFile },
  });
  const node = await createNode({
    mnemonic: mnemonicFromEntropy(new Uint8Array(16).fill(1 + ROLES.indexOf(role))),
    chain,
    store: disk.store,
    secp: curve.secp,
    transport: webSocketTransport({ server, secp: curve.secp }),
    policy: {
      reviewOpening: () => null,
      certifiedCapacityWhPerHour: () => 10n ** 12n,
      watchtower: settings.watchtower,
    },
    onError: (error) => {
      process.stderr.write(`${role}: ${error instanceof Error ? error.stack : String(error)}\n`);
    },
  });
  return { settings, node, curve, disk, address: server.address };
}

interface Party {
  readonly settings: PartySettings;
  readonly node: Node;
  readonly curve: ReturnType<typeof countedCurve>;
  readonly disk: ReturnType<typeof counted>;
  readonly address: string;
}

async function answer(party: Party, request: Request): Promise<Answers[Request['type']]> {
  const { node, settings } = party;
  switch (request.type) {
    case 'fundAddress':
      return node.wallet.newAddress();
    case 'connect':
      await node.connect(fromHex(request.nodeId), request.address);
      return null;
    case 'open':
      await node.open({
        producer: fromHex(request.producer),
        utility: fromHex(request.utility),
        contributions: { consumer: 100_000_000n, producer: 20_000_000n, utility: 100_000n },
        settlementHeight: request.settlementHeight,
        params: {
          maxInFlight: request.inFlight,
          bondPolicy: request.inFlight === 1 ? { type: 'stake' } : { type: 'proportional', bondPpm: 500_000 },
        },
      });
      return null;
    case 'ready':
      await (node.channels().at(-1) ?? (await node.nextChannel())).until(
        settings.role === 'utility' ? 'attesting' : 'open',
      );
      return null;
    case 'trade':
      await trade(settings.role, node, channelOf(node), request.units);
      return null;
    case 'buy':
      return buy(channelOf(node), request.units);
    case 'synced':
      await node.synced();
      return null;
    case 'spent':
      return spent(party);
    case 'syncFloor':
      return syncFloor(settings.dataDir, request.bytes);
    case 'stop':
      await node.stop();
      setImmediate(() => process.exit(0));
      return null;
  }
}

function channelOf(node: Node): ChannelHandle {
  const handle = node.channels().at(-1);
  invariant(handle !== undefined, 'there is a channel');
  return handle;
}

function spent({ node, curve, disk }: Party): Spent {
  const { user, system } = process.cpuUsage();
  const io = readFileSync('/proc/self/io', 'utf8');
  return {
    cpuMicros: user + system,
    syncs: disk.syncs(),
    diskBytes: Number(/^write_bytes: (\d+)/m.exec(io)?.[1] ?? 0),
    storeBytes: disk.bytes(),
    curveMicros: curveMicros(curve),
    calls: curve.calls(),
    rounds: Number(node.channels().at(-1)?.ledger?.n ?? 0n),
  };
}

/** The median of syncs of a file that is long enough already, as SQLite's log is. */
function syncFloor(dataDir: string, bytes: number): number {
  const path = join(dataDir, 'sync');
  const file = openSync(path, 'w');
  const page = new Uint8Array(bytes).fill(7);
  for (let i = 0; i < 50; i++) writeSync(file, page);
  fdatasyncSync(file);
  const times: number[] = [];
  for (let i = 0; i < 50; i++) {
    const start = performance.now();
    writeSync(file, page, 0, bytes, i * bytes);
    fdatasyncSync(file);
    times.push(1000 * (performance.now() - start));
  }
  closeSync(file);
  unlinkSync(path);
  return times.sort((a, b) => a - b)[25] ?? 0;
}

let party: Party | undefined;

answerCalls<PartyCalls>({
  begin: async (settings) => {
    party = await begin(settings);
    return { nodeId: toHex(party.node.id), address: party.address };
  },
  ask: (request) => {
    invariant(party !== undefined, 'the party has begun');
    return answer(party, request);
  },
});
