import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { concat, equalBytes, readUintBE, toHex, uintBE } from '../../src/base/bytes.ts';
import type { Faults } from '../../src/transport/faults.ts';
import { type MemoryNetwork, memoryNetwork, type VirtualNetwork } from '../../src/transport/memory.ts';
import type { Connection, Transport } from '../../src/transport/port.ts';
import { nodeId } from './nodeId.ts';

const NODES = 3;

type Pair = readonly [from: number, to: number];

type Operation =
  | { readonly type: 'connect' | 'disconnect'; readonly pair: Pair }
  | { readonly type: 'send'; readonly connection: number; readonly count: number }
  | { readonly type: 'close'; readonly connection: number }
  | { readonly type: 'offline' | 'online' | 'crash'; readonly node: number }
  | { readonly type: 'faults'; readonly faults: Faults }
  | { readonly type: 'run'; readonly steps: number };

/** One end of a connection as its node sees it. Its messages are its own number and a running number. */
interface Log {
  readonly connection: Connection;
  readonly transport: Transport;
  readonly serial: number;
  sent: number;
  readonly got: { readonly serial: number; readonly index: number }[];
  closes: number;
}

/** Nodes that send on the connections they have and write down all that they see. */
function simulation(network: MemoryNetwork) {
  const logs: Log[] = [];
  const trace: string[] = [];
  const transports = Array.from({ length: NODES }, (_, index) => start(index));

  function start(index: number): Transport {
    const transport = network.join(nodeId(index));
    transport.listen((connection) => adopt(transport, connection));
    return transport;
  }

  function adopt(transport: Transport, connection: Connection): void {
    const log: Log = {
      connection,
      transport,
      serial: logs.length,
      sent: 0,
      got: [],
      closes: 0,
    };
    logs.push(log);
    connection.onMessage((message) => {
      const entry = {
        serial: Number(readUintBE(message.slice(0, 4))),
        index: Number(readUintBE(message.slice(4))),
      };
      log.got.push(entry);
      trace.push(`${network.now} ${log.serial} got ${entry.serial}/${entry.index}`);
      expect(log.closes).toBe(0);
    });
    connection.onClose((reason) => {
      log.closes += 1;
      trace.push(`${network.now} ${log.serial} closed: ${reason}`);
    });
  }

  function send(log: Log): void {
    log.connection.send(concat(uintBE(log.serial, 4), uintBE(log.sent, 4)));
    log.sent += 1;
  }

  function connect([from, to]: Pair): void {
    const transport = transports[from] as Transport;
    transport.connect(nodeId(to)).then(
      (connection) => adopt(transport, connection),
      (error) => trace.push(`${network.now} ${from} ${error.code} ${to}`),
    );
  }

  function disconnect([a, b]: Pair): void {
    network.disconnect(nodeId(a), nodeId(b));
  }

  function perform(operation: Exclude<Operation, { readonly type: 'run' }>): void {
    switch (operation.type) {
      case 'connect':
        connect(operation.pair);
        break;
      case 'disconnect':
        disconnect(operation.pair);
        break;
      case 'offline':
        network.offline(nodeId(operation.node));
        break;
      case 'online':
        network.online(nodeId(operation.node));
        break;
      case 'crash':
        transports[operation.node] = start(operation.node);
        break;
      case 'faults':
        network.setFaults(operation.faults);
        break;
      case 'send':
        for (let i = 0; i < operation.count; i++) onRecent(operation.connection, send);
        break;
      case 'close':
        onRecent(operation.connection, (log) => log.connection.close());
    }
  }

  function onRecent(age: number, act: (log: Log) => void): void {
    const log = logs.at(-1 - age);
    if (log !== undefined) act(log);
  }

  /** Ends whose process has not crashed. */
  function living(): Log[] {
    return logs.filter((log) => transports.includes(log.transport));
  }

  return { logs, trace, perform, send, living };
}

const node = fc.nat({ max: NODES - 1 });
const pair = fc.constantFrom<Pair[]>([0, 1], [1, 0], [1, 2], [2, 1], [2, 0], [0, 2]);
const probability = fc.constantFrom(0, 0, 0, 0, 0.02, 0.1, 0.5, 1);
const delayMs = fc
  .tuple(fc.nat({ max: 3 }), fc.nat({ max: 3 }))
  .map(([a, b]): [number, number] => [a, a + b]);
const faults: fc.Arbitrary<Faults> = fc.record({
  delayMs,
  drop: probability,
  duplicate: probability,
  reorder: probability,
});
const connection = fc.nat({ max: 5 });

const operation: fc.Arbitrary<Operation> = fc.oneof(
  {
    weight: 10,
    arbitrary: fc.record({
      type: fc.constant('send' as const),
      connection,
      count: fc.integer({ min: 1, max: 4 }),
    }),
  },
  { weight: 6, arbitrary: fc.record({ type: fc.constant('run' as const), steps: fc.nat({ max: 12 }) }) },
  { weight: 4, arbitrary: fc.record({ type: fc.constant('connect' as const), pair }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('faults' as const), faults }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('disconnect' as const), pair }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('close' as const), connection }) },
  {
    weight: 1,
    arbitrary: fc.record({
      type: fc.constantFrom('offline' as const, 'online' as const, 'online' as const, 'crash' as const),
      node,
    }),
  },
);

const seed = fc.nat({ max: 2 ** 31 });
const schedule = fc.array(operation, { maxLength: 80, size: 'max' });

/** Who received what from whom: one peer's end each, from its first message on and without a gap. */
function expectPrefixes(logs: readonly Log[]): void {
  const senders = new Set<number>();
  for (const log of logs) {
    const [first] = log.got;
    if (first === undefined) continue;
    expect(log.got).toEqual(log.got.map((_, index) => ({ serial: first.serial, index })));
    expect(senders.has(first.serial)).toBe(false);
    senders.add(first.serial);
    const sender = logs[first.serial] as Log;
    expect(log.got.length).toBeLessThanOrEqual(sender.sent);
    expect(areEnds(log, sender)).toBe(true);
  }
}

/** With nothing under way, an end that is open has a peer that is open, and all that it sent was received. */
function expectNoSilence(living: readonly Log[]): void {
  const open = living.filter((log) => log.closes === 0);
  for (const log of open) {
    const partners = open.filter((other) => areEnds(log, other));
    expect(partners).toHaveLength(1);
    expect(partners[0]?.got).toHaveLength(log.sent);
  }
  for (const log of living) expect(log.closes).toBeLessThanOrEqual(1);
}

function areEnds(a: Log, b: Log): boolean {
  return (
    equalBytes(a.transport.nodeId, b.connection.peer) && equalBytes(b.transport.nodeId, a.connection.peer)
  );
}

async function play(network: MemoryNetwork, operations: readonly Operation[], step: () => Promise<unknown>) {
  const nodes = simulation(network);
  for (const operation of operations) {
    if (operation.type === 'run') for (let i = 0; i < operation.steps; i++) await step();
    else nodes.perform(operation);
  }
  await network.idle();
  return nodes;
}

function playVirtual(network: VirtualNetwork, operations: readonly Operation[]) {
  return play(network, operations, () => network.step());
}

const PAIRS: readonly Pair[] = [
  [0, 1],
  [1, 2],
  [2, 0],
];

describe('any schedule of faults', () => {
  it('each connection: what is received is a prefix of what was sent; no end stays open alone', async () => {
    await fc.assert(
      fc.asyncProperty(seed, schedule, async (seed, operations) => {
        const { logs, living } = await playVirtual(memoryNetwork({ clock: 'virtual', seed }), operations);
        expectPrefixes(logs);
        expectNoSilence(living());
      }),
      { numRuns: 600 },
    );
  });

  it('faults over and all connected anew: everything arrives', async () => {
    await fc.assert(
      fc.asyncProperty(seed, schedule, async (seed, operations) => {
        const network = memoryNetwork({ clock: 'virtual', seed });
        const { logs, perform, send } = await playVirtual(network, operations);
        const old = logs.length;
        network.setFaults({});
        for (let index = 0; index < NODES; index++) network.online(nodeId(index));
        for (const pair of PAIRS) perform({ type: 'connect', pair });
        await network.runUntilIdle();
        const fresh = logs.slice(old);
        expect(fresh).toHaveLength(2 * PAIRS.length);
        for (let i = 0; i < 5; i++) for (const log of fresh) send(log);
        await network.runUntilIdle();
        for (const log of fresh) {
          expect(log.got).toHaveLength(5);
          expect(log.closes).toBe(0);
        }
        expectPrefixes(logs);
      }),
      { numRuns: 150 },
    );
  });

  it('the same seed and schedule: the same trace', async () => {
    await fc.assert(
      fc.asyncProperty(seed, schedule, async (seed, operations) => {
        const first = await playVirtual(memoryNetwork({ clock: 'virtual', seed }), operations);
        const second = await playVirtual(memoryNetwork({ clock: 'virtual', seed }), operations);
        expect(second.trace).toEqual(first.trace);
      }),
      { numRuns: 100 },
    );
  });

  it('the machine’s clock: prefixes, and nothing hangs', async () => {
    await fc.assert(
      fc.asyncProperty(seed, schedule, async (seed, operations) => {
        const network = memoryNetwork({ seed, keepAliveMs: 5 });
        const turn = () => new Promise((resolve) => setImmediate(resolve));
        const { logs, living } = await play(network, operations, turn);
        expectPrefixes(logs);
        expectNoSilence(living());
      }),
      { numRuns: 50 },
    );
  });
});

describe('peers that connect again whenever they are cut off', () => {
  it('bad network, then a good one: a stream with resumption arrives whole', async () => {
    await fc.assert(
      fc.asyncProperty(seed, faults, async (seed, faults) => {
        const network = memoryNetwork({ clock: 'virtual', seed });
        const [alice, bob] = [network.join(nodeId(0)), network.join(nodeId(1))];
        const received: string[] = [];
        bob.listen((connection) => {
          connection.send(uintBE(received.length, 4));
          connection.onMessage((message) => received.push(toHex(message)));
        });
        const messages = Array.from({ length: 30 }, (_, i) => uintBE(i, 4));

        function dial(): void {
          alice.connect(bob.nodeId).then((connection) => {
            connection.onMessage((from) => {
              for (const message of messages.slice(Number(readUintBE(from)))) connection.send(message);
            });
            connection.onClose(() => dial());
          });
        }

        network.setFaults(faults);
        dial();
        for (let i = 0; i < 200; i++) await network.step();
        network.setFaults({});
        await network.runUntilIdle();
        expect(received).toEqual(messages.map(toHex));
      }),
      { numRuns: 50 },
    );
  });
});
