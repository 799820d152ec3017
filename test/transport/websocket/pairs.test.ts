import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { toHex } from '../../../src/base/bytes.ts';
import type { Connection } from '../../../src/transport/port.ts';
import { Pairs } from '../../../src/transport/websocket/pairs.ts';
import { party, type Station, station } from './net.ts';

const [ALICE, BOB] = [party(0), party(1)];

type Letter =
  | { readonly type: 'act' }
  | { readonly type: 'lastAct' }
  | { readonly type: 'close' }
  | { readonly type: 'init'; readonly ordinal: bigint };

/** One connection of two nodes as a model: what is under way each way, and what each end knows. */
interface Wire {
  readonly dialler: 0 | 1;
  readonly toEnd: readonly [Letter[], Letter[]];
  readonly own: (bigint | undefined)[];
  readonly over: boolean[];
}

/** Two nodes that dial each other; the test says what happens next. */
function twoNodes() {
  const ends = [new Pairs<Wire>(ALICE.nodeId), new Pairs<Wire>(BOB.nodeId)] as const;
  const ids = [toHex(BOB.nodeId), toHex(ALICE.nodeId)] as const;
  const kept: (Wire | undefined)[] = [undefined, undefined];
  const wires: Wire[] = [];

  const close = (wire: Wire, end: 0 | 1) => {
    if (wire.over[end]) return;
    wire.over[end] = true;
    ends[end].ended(wire);
    if (kept[end] === wire) kept[end] = undefined;
    wire.toEnd[other(end)].push({ type: 'close' });
  };
  const greet = (wire: Wire, end: 0 | 1) => {
    const ordinal = ends[end].greet(ids[end], wire);
    wire.own[end] = ordinal;
    wire.toEnd[other(end)].push({ type: 'init', ordinal });
  };
  const take = (wire: Wire, end: 0 | 1, letter: Letter) => {
    if (wire.over[end]) return;
    if (letter.type === 'close') return close(wire, end);
    if (letter.type === 'act') {
      wire.toEnd[other(end)].push({ type: wire.dialler === end ? 'lastAct' : 'act' });
      if (wire.dialler === end) greet(wire, end);
      return;
    }
    if (letter.type === 'lastAct') {
      greet(wire, end);
      return;
    }
    const ordinals = { own: wire.own[end] as bigint, peer: letter.ordinal };
    const loser = ends[end].settle(ids[end], wire, wire.dialler === end, ordinals);
    if (loser !== wire) kept[end] = wire;
    if (loser !== undefined) close(loser, end);
  };
  const deliverable = () =>
    wires.flatMap((wire) =>
      ([0, 1] as const).filter((end) => wire.toEnd[end].length > 0).map((end) => ({ wire, end })),
    );
  return {
    kept,
    wires,
    dial: (dialler: 0 | 1) => {
      const wire: Wire = { dialler, toEnd: [[], []], own: [undefined, undefined], over: [false, false] };
      wire.toEnd[other(dialler)].push({ type: 'act' });
      wires.push(wire);
    },
    /** Delivers one of the letters that are under way; false when there is none. */
    deliver: (choice: number) => {
      const all = deliverable();
      const next = all[choice % Math.max(1, all.length)];
      const letter = next?.wire.toEnd[next.end].shift();
      if (next === undefined || letter === undefined) return false;
      take(next.wire, next.end, letter);
      return true;
    },
    /** A line that breaks: each end hears of it when what came before is read. */
    breakLine: (choice: number) => {
      const wire = wires[choice % Math.max(1, wires.length)];
      for (const end of [0, 1] as const) wire?.toEnd[end].push({ type: 'close' });
    },
  };
}

const other = (end: 0 | 1): 0 | 1 => (end === 0 ? 1 : 0);

const steps = fc.array(
  fc.oneof(
    { weight: 2, arbitrary: fc.record({ type: fc.constant('dial' as const), choice: fc.nat({ max: 1 }) }) },
    { weight: 8, arbitrary: fc.record({ type: fc.constant('deliver' as const), choice: fc.nat() }) },
    { weight: 1, arbitrary: fc.record({ type: fc.constant('break' as const), choice: fc.nat() }) },
  ),
  { maxLength: 60 },
);

describe('two nodes that dial each other', () => {
  it('in any order of events: both keep the same connection, or none', () => {
    fc.assert(
      fc.property(steps, (events) => {
        const nodes = twoNodes();
        for (const { type, choice } of events) {
          if (type === 'dial') nodes.dial(choice as 0 | 1);
          else if (type === 'deliver') nodes.deliver(choice);
          else nodes.breakLine(choice);
        }
        while (nodes.deliver(0));
        expect(nodes.kept[0]).toBe(nodes.kept[1]);
      }),
      { numRuns: 2_000 },
    );
  });

  it('in any order of events on lines that hold: they keep one', () => {
    fc.assert(
      fc.property(
        fc.array(fc.nat({ max: 1 }), { minLength: 1, maxLength: 5 }),
        fc.array(fc.nat()),
        (dials, order) => {
          const nodes = twoNodes();
          for (const dialler of dials) nodes.dial(dialler as 0 | 1);
          for (const choice of order) nodes.deliver(choice);
          while (nodes.deliver(0));
          expect(nodes.kept[0]).toBeDefined();
          expect(nodes.kept[0]).toBe(nodes.kept[1]);
        },
      ),
      { numRuns: 2_000 },
    );
  });

  it('a connection that is made when another is known at one end: takes its place at both', () => {
    for (const dialler of [0, 1] as const) {
      const nodes = twoNodes();
      nodes.dial(0);
      while (nodes.deliver(0));
      const [first] = nodes.wires;
      expect(nodes.kept).toEqual([first, first]);
      nodes.dial(dialler);
      while (nodes.deliver(0));
      expect(nodes.kept[0]).toBe(nodes.wires[1]);
      expect(nodes.kept[1]).toBe(nodes.wires[1]);
    }
  });

  it('a peer that names no ordinals: the newest is kept', () => {
    const pairs = new Pairs<string>(ALICE.nodeId);
    const id = toHex(BOB.nodeId);
    const settle = (name: string) => {
      const own = pairs.greet(id, name);
      return pairs.settle(id, name, false, { own, peer: 0n });
    };
    expect([settle('a'), settle('b'), settle('c')]).toEqual([undefined, 'a', 'b']);
  });
});

describe('over sockets', () => {
  const stations: Station[] = [];
  afterEach(async () => {
    for (const { transport } of stations.splice(0)) await transport.close();
  });

  it('both dial at once, again and again: one connection is left, the same at both ends', async () => {
    const [alice, bob] = [await station(0), await station(1)];
    stations.push(alice, bob);
    const open = new Set<Connection>();
    const talked = new Map<Connection, () => void>();
    const hold = (connection: Connection) => {
      if (open.has(connection)) return;
      open.add(connection);
      connection.onClose(() => open.delete(connection));
      connection.onMessage(() => talked.get(connection)?.());
    };
    alice.transport.listen(hold);
    bob.transport.listen(hold);
    for (let round = 0; round < 10; round++) {
      const dialled = await Promise.allSettled([alice.call(bob), bob.call(alice)]);
      for (const attempt of dialled) {
        if (attempt.status === 'fulfilled') hold(attempt.value);
        else expect(['replaced', 'unreachable']).toContain(attempt.reason.code);
      }
      // what is left carries messages both ways; what is not has closed by then
      const ends = [...open];
      const byPeer = (peer: Uint8Array) => ends.filter((end) => toHex(end.peer) === toHex(peer));
      const near = byPeer(bob.nodeId).at(-1);
      const far = byPeer(alice.nodeId).at(-1);
      if (near === undefined || far === undefined) throw new Error('no connection is left');
      const both = [near, far].map((end) => new Promise<void>((resolve) => talked.set(end, resolve)));
      near.send(Uint8Array.of(0x98));
      far.send(Uint8Array.of(0x98));
      await Promise.all(both);
      expect(open.size).toBe(2);
    }
  });
});
