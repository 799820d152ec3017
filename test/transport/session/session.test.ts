import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { concat, fromHex, uintBE, utf8 } from '../../../src/base/bytes.ts';
import { sealRecord } from '../../../src/transport/noise/record.ts';
import {
  complaintText,
  encodeInit,
  encodePing,
  encodePong,
  encodeWarning,
} from '../../../src/wire/lightning.ts';
import { CHAIN_HASH, party } from '../websocket/net.ts';
import { CALLED, CALLER, carry, type End, end, pair, rawCaller, taken } from './pair.ts';

const message = fc.uint8Array({ maxLength: 400 }).map((rest) => Uint8Array.of(0x98, ...rest));

function opened(): { readonly caller: End; readonly called: End } {
  const both = pair();
  carry(both.caller, both.called);
  return both;
}

/** The stream in pieces that end at these places, each taken as a share of what is left. */
function pieces(stream: Uint8Array, cuts: readonly number[]): readonly Uint8Array[] {
  const parts: Uint8Array[] = [];
  let from = 0;
  for (const cut of cuts) {
    const to = from + Math.floor((stream.length - from) * cut);
    parts.push(stream.subarray(from, to));
    from = to;
  }
  return [...parts, stream.subarray(from)];
}

/** Everything that a caller writes when these messages are sent, with the acts of the one it calls. */
function recorded(messages: readonly Uint8Array[]): { readonly acts: Uint8Array; readonly rest: Uint8Array } {
  const { caller, called } = pair();
  const acts = taken(caller);
  called.session.receive(acts);
  caller.session.receive(taken(called));
  const rest = [taken(caller)];
  called.session.receive(rest[0] as Uint8Array);
  caller.session.receive(taken(called));
  for (const each of messages) caller.session.send(each);
  rest.push(taken(caller));
  return { acts, rest: concat(...rest) };
}

/** A session that was called, and what its caller says and hears. */
async function speaker() {
  const called = end({ self: CALLED, ephemeral: 0x22 });
  const caller = await rawCaller(CALLED.nodeId, (bytes) => {
    called.session.receive(bytes);
    return taken(called);
  });
  called.session.receive(caller.actThree);
  return {
    called,
    say: (message: Uint8Array) => called.session.receive(caller.seal(message)),
    heard: () => caller.hear(taken(called)),
  };
}

describe('a session', () => {
  it('both ends well: established once on each, messages arrive both ways', () => {
    const { caller, called } = opened();
    expect([caller.log, called.log]).toEqual([['established'], ['established']]);
    caller.session.send(Uint8Array.of(0x98, 1));
    called.session.send(Uint8Array.of(0x98, 2));
    carry(caller, called);
    expect(called.messages).toEqual([Uint8Array.of(0x98, 1)]);
    expect(caller.messages).toEqual([Uint8Array.of(0x98, 2)]);
  });

  it('any split of the stream: the same messages', () => {
    fc.assert(
      fc.property(
        fc.array(message, { maxLength: 8 }),
        fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 40 }),
        (messages, cuts) => {
          const { acts, rest } = recorded(messages);
          const called = end({ self: CALLED, ephemeral: 0x22 });
          for (const piece of pieces(acts, cuts)) called.session.receive(piece);
          for (const piece of pieces(rest, cuts)) called.session.receive(piece);
          expect(called.log).toEqual(['established']);
          expect(called.messages).toEqual(messages);
        },
      ),
      { numRuns: 60 },
    );
  });

  it('one byte at a time, over two key rotations: the same messages', () => {
    const messages = Array.from({ length: 1_100 }, (_, i) => Uint8Array.of(0x98, i >> 8, i));
    const { acts, rest } = recorded(messages);
    const called = end({ self: CALLED, ephemeral: 0x22 });
    for (const stream of [acts, rest])
      for (let i = 0; i < stream.length; i++) called.session.receive(stream.subarray(i, i + 1));
    expect(called.messages).toEqual(messages);
  });

  it('any byte of the stream altered: over at that byte, and nothing of it or after it is taken', () => {
    const messages = [Uint8Array.of(0x98, 1, 2, 3), Uint8Array.of(0x98, 4)];
    const { acts, rest } = recorded(messages);
    const whole = concat(acts, rest);
    // act three and `init` end here; then a header and a message, twice
    const ends = [0, 1].map((i) => whole.length - (i === 0 ? 16 + 2 + 2 + 16 : 0));
    for (let at = 0; at < whole.length; at++) {
      const altered = whole.slice();
      altered[at] = (altered[at] as number) ^ (1 << (at % 8));
      const called = end({ self: CALLED, ephemeral: 0x22 });
      called.session.receive(altered.subarray(0, acts.length));
      called.session.receive(altered.subarray(acts.length));
      expect(called.error, `byte ${at}`).toBeDefined();
      expect(called.messages).toEqual(messages.slice(0, ends.filter((last) => last <= at).length));
    }
  });

  it('any prefix of the stream: no error and nothing but what is whole', () => {
    const messages = [Uint8Array.of(0x98, 1, 2, 3)];
    const { acts, rest } = recorded(messages);
    for (let length = 0; length < rest.length; length++) {
      const called = end({ self: CALLED, ephemeral: 0x22 });
      called.session.receive(acts);
      called.session.receive(rest.subarray(0, length));
      expect(called.error).toBeUndefined();
      expect(called.messages).toEqual([]);
    }
  });

  it('a recorded conversation said again to a new session: refused at act three', () => {
    const { acts, rest } = recorded([Uint8Array.of(0x98, 1)]);
    const called = end({ self: CALLED, ephemeral: 0x23 });
    called.session.receive(acts);
    called.session.receive(rest);
    expect(called.log).toEqual(['handshakeFailed: act 3, badCiphertext']);
    expect(called.messages).toEqual([]);
  });

  it('a record said twice: refused', () => {
    const { caller, called } = opened();
    caller.session.send(Uint8Array.of(0x98, 1));
    const record = taken(caller);
    called.session.receive(record);
    called.session.receive(record);
    expect(called.messages).toEqual([Uint8Array.of(0x98, 1)]);
    expect(called.error).toEqual({ code: 'badRecord' });
  });

  it('called by another id than its own: no answer, so the caller learns nothing', () => {
    const caller = end({ self: CALLER, peer: party(2).nodeId });
    const called = end({ self: CALLED });
    called.session.receive(taken(caller));
    expect(called.log).toEqual(['handshakeFailed: act 1, badTag']);
    expect(called.out).toEqual([]);
  });

  it('answered by a node without the key: the caller ends it', () => {
    const caller = end({ self: CALLER, peer: CALLED.nodeId });
    const impostor = end({ self: { ...party(2), nodeId: CALLED.nodeId } });
    impostor.session.receive(taken(caller));
    expect(impostor.log).toEqual(['handshakeFailed: act 1, badTag']);
    // what it can make up instead of act two
    caller.session.receive(concat(Uint8Array.of(0), party(3).nodeId, new Uint8Array(16)));
    expect(caller.log).toEqual(['handshakeFailed: act 2, badTag']);
  });

  it('a caller that says more than act one before the answer: refused', () => {
    const { caller, called } = pair();
    called.session.receive(concat(taken(caller), Uint8Array.of(0)));
    expect(called.log).toEqual(['handshakeFailed: act 1, more than one act']);
  });

  it('a caller with our own id: refused', () => {
    const caller = end({ self: CALLED, peer: CALLED.nodeId, ephemeral: 0x11 });
    const called = end({ self: CALLED, ephemeral: 0x22 });
    called.session.receive(taken(caller));
    caller.session.receive(taken(called));
    expect(caller.log).toEqual(['ownNodeId']);
  });

  it('after an error: takes and says nothing any more', () => {
    const { caller, called } = opened();
    called.session.receive(new Uint8Array(18));
    expect(called.error).toEqual({ code: 'badRecord' });
    taken(called);
    caller.session.send(Uint8Array.of(0x98, 1));
    called.session.receive(taken(caller));
    called.session.send(Uint8Array.of(0x98, 1));
    expect(called.messages).toEqual([]);
    expect(called.out).toEqual([]);
    expect(called.log).toHaveLength(2);
  });
});

describe('init', () => {
  const features = new Uint8Array(0);
  const chain = fromHex(CHAIN_HASH).reverse();
  const other = new Uint8Array(32).fill(1);

  it.each([
    ['our chain', { features, networks: [chain] }],
    ['our chain among others', { features, networks: [other, chain] }],
    ['no chain at all', { features }],
    ['odd features that we do not know', { features: Uint8Array.of(0b1010_1010) }],
  ])('with %s: taken', async (_, init) => {
    const { called, say } = await speaker();
    say(encodeInit(init));
    expect(called.log).toEqual(['established']);
  });

  it.each([
    ['of another chain', encodeInit({ features, networks: [other] }), 'otherChain'],
    ['of no chain that it names', encodeInit({ features, networks: [] }), 'otherChain'],
    [
      'with an even feature',
      encodeInit({ features: Uint8Array.of(1, 0, 0b1000_0000) }),
      'unknownFeature: bit 16',
    ],
    [
      'with an even feature in the old field',
      concat(uintBE(16, 2), uintBE(1, 2), Uint8Array.of(0x40), uintBE(1, 2), Uint8Array.of(0x80)),
      'unknownFeature: bit 6',
    ],
    ['cut off', Uint8Array.of(0, 16, 0), 'malformed: init, 1 bytes missing'],
    [
      'with half a chain',
      concat(uintBE(16, 2), uintBE(0, 4), Uint8Array.of(1, 16), new Uint8Array(16)),
      'malformed: init, networks of 16 bytes',
    ],
    [
      'with an unknown even record',
      concat(uintBE(16, 2), uintBE(0, 4), Uint8Array.of(2, 0)),
      'malformed: init, unknown even TLV 2',
    ],
    ['that is no init', Uint8Array.of(0x98, 1), 'noInit: message 38913 came first'],
    ['of one byte', Uint8Array.of(0), 'noInit: message without number came first'],
  ])('%s: refused, and the caller is told', async (_, first, refusal) => {
    const { called, say, heard } = await speaker();
    say(first);
    expect(called.log).toEqual([refusal]);
    expect(heard().map((message) => complaintText(message))).toEqual([undefined, refusal]);
  });

  it('said again: refused', async () => {
    const { called, say } = await speaker();
    say(encodeInit({ features }));
    say(encodeInit({ features }));
    expect(called.log).toEqual(['established', 'secondInit']);
  });

  it('a complaint before it: heard, shown without control characters, cut short', async () => {
    const { called, say } = await speaker();
    say(encodeWarning(utf8(`no\n\x1b[31mroom${'!'.repeat(300)}`)));
    expect(called.log).toEqual([`complaint: no??[31mroom${'!'.repeat(188)}`]);
    expect(called.error).toBeUndefined();
  });

  it('a complaint about one channel: the node’s', async () => {
    const { called, say } = await speaker();
    say(encodeInit({ features }));
    const error = concat(uintBE(17, 2), new Uint8Array(32).fill(1), uintBE(0, 2));
    say(error);
    expect(called.messages).toEqual([error]);
  });
});

describe('ping', () => {
  it.each([0, 1, 65_531])('that asks for %i bytes: a pong of as many', (length) => {
    const { caller, called } = opened();
    caller.session.send(encodePing(length));
    called.session.receive(taken(caller));
    const answer = taken(called);
    expect(answer).toHaveLength(18 + 4 + length + 16);
    caller.session.receive(answer);
    expect(caller.log).toEqual(['established', 'pong']);
  });

  it('that asks for more than a message can hold: no answer', () => {
    const { caller, called } = opened();
    caller.session.send(encodePing(65_532));
    called.session.receive(taken(caller));
    expect(called.out).toEqual([]);
    expect(called.error).toBeUndefined();
  });

  it('pongs that nobody asked for: passed over', () => {
    const { caller, called } = opened();
    for (let i = 0; i < 1_000; i++) caller.session.send(encodePong(i));
    called.session.receive(taken(caller));
    expect(called.error).toBeUndefined();
    expect(called.out).toEqual([]);
  });

  it('more than are allowed: refused', () => {
    const caller = end({ self: CALLER, peer: CALLED.nodeId });
    const called = end({ self: CALLED, ephemeral: 0x22, pings: 3 });
    carry(caller, called);
    for (let i = 0; i < 4; i++) caller.session.ping();
    carry(caller, called);
    expect(called.log).toEqual(['established', 'pingFlood']);
    expect(caller.log).toEqual(['established', 'pong', 'pong', 'pong', 'complaint: pingFlood']);
  });

  it('cut off: refused', () => {
    const { caller, called } = opened();
    caller.session.send(Uint8Array.of(0, 18, 0));
    called.session.receive(taken(caller));
    expect(called.log).toEqual(['established', 'malformed: ping, 1 bytes missing']);
  });
});

describe('any bytes at all', () => {
  it('in place of a handshake or of a record: never thrown on, never taken for a message', () => {
    fc.assert(
      fc.property(
        fc.array(fc.uint8Array({ maxLength: 200 }), { maxLength: 6 }),
        fc.boolean(),
        (parts, early) => {
          const { called } = early ? pair() : opened();
          for (const part of parts) called.session.receive(part);
          expect(called.messages).toEqual([]);
          expect(called.log.filter((line) => line === 'established')).toHaveLength(early ? 0 : 1);
        },
      ),
      { numRuns: 200 },
    );
  });

  it('sealed by the peer itself: never thrown on', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.uint8Array({ maxLength: 100 }), { maxLength: 10 }), async (said) => {
        const { called, say } = await speaker();
        for (const each of said) say(each);
        expect(called.log.length).toBeLessThanOrEqual(said.length + 1);
      }),
      { numRuns: 200 },
    );
  });
});

it('a record of the greatest length: sealed and read', () => {
  const { caller, called } = opened();
  const longest = new Uint8Array(65_535).fill(0x98);
  caller.session.send(longest);
  called.session.receive(taken(caller));
  expect(called.messages).toEqual([longest]);
  const state = { key: new Uint8Array(32), chainingKey: new Uint8Array(32), nonce: 0 };
  expect(sealRecord(state, longest).bytes).toHaveLength(65_569);
});
