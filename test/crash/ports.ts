import { fromJson } from '../../src/base/json.ts';
import type { Role } from '../../src/base/role.ts';
import type { Chain } from '../../src/chain/port.ts';
import type { Node } from '../../src/node/node.ts';
import type { ChannelWrite, Store } from '../../src/store/port.ts';
import type { Connection, Transport } from '../../src/transport/port.ts';
import { commitmentNumberOf } from '../../src/tx/commitment.ts';
import type { Contract } from '../../src/tx/contract.ts';
import { type Tx, txid } from '../../src/tx/transaction.ts';
import { decodeMessage, encodeMessage, type Message } from '../../src/wire/messages.ts';
import type { Boundaries } from './boundaries.ts';
import type { Lie } from './calls.ts';
import type { Journal } from './journal.ts';

/** What stands between a node and its edges in this process. */
export interface Watch {
  readonly boundaries: Boundaries;
  readonly journal: Journal;
  /** The role that has a node id, hexadecimal. */
  readonly roleOf: (nodeId: Uint8Array) => Role | 'stranger';
  readonly lie: Lie | undefined;
  /** The contracts that this node has by now. */
  readonly contracts: () => readonly Contract[];
}

/** A store whose every durable write is a boundary. */
export function watchedStore(store: Store, { boundaries, journal }: Watch): Store {
  const writes: Pick<Store, 'commit' | 'setValue' | 'appendEvents' | 'dropEvents'> = {
    commit: (key, write) =>
      boundaries.around(labelOf(write), async () => {
        await store.commit(key, write);
        const records = (write.records ?? []).map((each) => (typeof each === 'string' ? each : each.text));
        if (records.length > 0) journal.write({ type: 'records', key, records });
      }),
    setValue: (name, value) =>
      boundaries.around(`write ${name.replace(/[:/].*/, '')}`, () => store.setValue(name, value)),
    appendEvents: (events) => boundaries.around('write events', () => store.appendEvents(events)),
    dropEvents: (below) => boundaries.around('drop events', () => store.dropEvents(below)),
  };
  return over(store, writes);
}

/** What a write of a channel is called: where the channel is from then on. */
function labelOf({ state }: ChannelWrite): string {
  if (state === undefined) return 'write channel, not its state';
  const parsed = fromJson(state.slice(state.indexOf(' ') + 1));
  if (!parsed.ok) throw new Error('a stored state has a checksum and JSON');
  const { type, rounds } = parsed.value as { type: string; rounds?: { phase: { type: string } } | null };
  return `write channel ${type}${rounds ? `, ${rounds.phase.type}` : ''}`;
}

/** A chain to which every transaction given is a boundary. */
export function watchedChain(chain: Chain, watch: Watch): Chain {
  const { boundaries } = watch;
  const tell = (tx: Tx): string => {
    const { purpose, n } = purposeOf(tx, watch.contracts());
    watch.journal.write({ type: 'broadcast', purpose, txid: txid(tx), n });
    return purpose;
  };
  const submissions: Pick<Chain, 'broadcast' | 'broadcastPackage'> = {
    broadcast: (tx) => boundaries.around(`broadcast ${tell(tx)}`, () => chain.broadcast(tx)),
    broadcastPackage: (parent, child) =>
      boundaries.around(`broadcast ${tell(parent)} with its child`, () =>
        chain.broadcastPackage(parent, child),
      ),
  };
  return over(chain, submissions);
}

/** `port` with some of its methods replaced. */
function over<T extends object>(port: T, replaced: Partial<T>): T {
  return new Proxy(port, {
    get: (target, name) => {
      const own: unknown = Reflect.get(name in replaced ? replaced : target, name);
      return typeof own === 'function' ? own.bind(target) : own;
    },
  });
}

/** What a transaction is for, by what it spends. */
function purposeOf(tx: Tx, contracts: readonly Contract[]): { purpose: string; n: bigint | null } {
  const id = txid(tx);
  if (contracts.some(({ funding }) => funding.txid === id)) return { purpose: 'funding', n: null };
  const contract = contracts.find(({ funding }) =>
    tx.inputs.some(({ txid, vout }) => txid === funding.txid && vout === funding.vout),
  );
  if (contract === undefined) return { purpose: 'claim', n: null };
  const n = commitmentNumberOf(contract, tx);
  if (n !== undefined) return { purpose: 'commitment', n };
  return { purpose: 'close or penalty', n: null };
}

/** Numbers of the harness's own messages, which no node sees: has everything sent before arrived? */
const ASK = 65_533;
const ANSWER = 65_535;

export interface WatchedTransport extends Transport {
  /** Resolves when all that was sent to and by the peers before has arrived, or its connection is gone. */
  flush(): Promise<void>;
  /** Resolves when there is a connection with this node. */
  connected(nodeId: string): Promise<void>;
}

/** A transport on which every message sent is a boundary. */
export function watchedTransport(transport: Transport, watch: Watch): WatchedTransport {
  const links = new Map<string, Link>();
  const waiting = new Set<() => void>();
  const take = (connection: Connection): Connection => {
    const link = new Link(connection, watch);
    const peer = Buffer.from(connection.peer).toString('hex');
    links.set(peer, link);
    watch.boundaries.happened();
    connection.onClose(() => {
      watch.boundaries.happened();
      if (links.get(peer) === link) links.delete(peer);
    });
    for (const look of [...waiting]) look();
    return link;
  };
  return {
    nodeId: transport.nodeId,
    connect: async (peer, address) => take(await transport.connect(peer, address)),
    listen: (onConnection) => transport.listen((connection) => onConnection(take(connection))),
    close: () => transport.close(),
    flush: async () => {
      await Promise.all([...links.values()].map((link) => link.flush()));
    },
    connected: (nodeId) =>
      new Promise((resolve) => {
        const look = () => {
          if (!links.has(nodeId)) return;
          waiting.delete(look);
          resolve();
        };
        waiting.add(look);
        look();
      }),
  };
}

class Link implements Connection {
  readonly peer: Uint8Array;
  readonly #connection: Connection;
  readonly #watch: Watch;
  readonly #asked = new Map<number, () => void>();
  readonly #kept: Uint8Array[] = [];
  #listener: ((message: Uint8Array) => unknown) | undefined;
  #closed = false;
  #asks = 0;

  constructor(connection: Connection, watch: Watch) {
    this.peer = connection.peer;
    this.#connection = connection;
    this.#watch = watch;
    connection.onMessage((message) => this.#receive(message));
    connection.onClose(() => {
      this.#closed = true;
      for (const answered of this.#asked.values()) answered();
    });
  }

  send(message: Uint8Array): void {
    const { boundaries, journal, roleOf, lie } = this.#watch;
    const decoded = decodeMessage(message);
    if (decoded.ok) for (const entry of entriesOf(decoded.value)) journal.write(entry);
    const what = decoded.ok ? decoded.value.type : 'what it cannot read';
    const said = decoded.ok && lie !== undefined ? altered(decoded.value, lie) : message;
    boundaries.aroundSync(`send ${what} to ${roleOf(this.peer)}`, () => this.#connection.send(said));
  }

  onMessage(listener: (message: Uint8Array) => unknown): void {
    this.#listener = listener;
    for (const message of this.#kept.splice(0)) queueMicrotask(() => listener(message));
  }

  onClose(listener: (reason: string) => void): void {
    this.#connection.onClose(listener);
  }

  close(reason?: string): void {
    this.#connection.close(reason);
  }

  flush(): Promise<void> {
    if (this.#closed) return Promise.resolve();
    const id = ++this.#asks;
    return new Promise((resolve) => {
      this.#asked.set(id, resolve);
      this.#connection.send(own(ASK, id));
    });
  }

  /** What the listener returns says when the message is dealt with. */
  #receive(message: Uint8Array): unknown {
    const view = new DataView(message.buffer, message.byteOffset, message.byteLength);
    const type = message.length < 2 ? 0 : view.getUint16(0);
    if (type === ASK) {
      this.#connection.send(own(ANSWER, view.getUint32(2)));
      return undefined;
    }
    if (type === ANSWER) {
      const id = view.getUint32(2);
      this.#asked.get(id)?.();
      this.#asked.delete(id);
      return undefined;
    }
    this.#watch.boundaries.happened();
    if (this.#listener !== undefined) return this.#listener(message);
    this.#kept.push(message);
    return undefined;
  }
}

function altered(message: Message, lie: Lie): Uint8Array {
  if (message.type !== 'reestablish') return encodeMessage(message);
  switch (lie) {
    case 'n':
      return encodeMessage({ ...message, n: message.n + 5n });
    case 'secretsHeld':
      return encodeMessage({ ...message, secretsHeld: message.secretsHeld + 1n });
    case 'lastSecret':
      return encodeMessage({ ...message, lastSecret: message.lastSecret.map((byte) => byte ^ 1) });
    case 'turn':
      return encodeMessage({ ...message, turn: message.turn + 7n });
  }
}

function own(type: number, id: number): Uint8Array {
  const bytes = new Uint8Array(6);
  const view = new DataView(bytes.buffer);
  view.setUint16(0, type);
  view.setUint32(2, id);
  return bytes;
}

/** What the oracle has to know of a message that is about to leave. */
function entriesOf(message: Message): readonly Parameters<Journal['write']>[0][] {
  switch (message.type) {
    case 'accept_update':
    case 'revoke':
      return [{ type: 'revealed', n: message.n - 1n }];
    case 'attest_delivery':
    case 'refuse_delivery':
      return [{ type: 'word', unit: message.unit, attested: message.type === 'attest_delivery' }];
    default:
      return [];
  }
}

/** The contracts of a node's channels. */
export function contractsOf(node: Node | undefined): readonly Contract[] {
  return (node?.channels() ?? []).flatMap(({ contract }) => contract ?? []);
}
