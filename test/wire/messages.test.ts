import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { sat } from '../../src/base/amount.ts';
import { concat, toHex, uintBE } from '../../src/base/bytes.ts';
import {
  decodeMessage,
  encodeMessage,
  MAX_MESSAGE_LENGTH,
  MAX_UPDATES,
  type Message,
} from '../../src/wire/messages.ts';
import { flipBit } from '../support/flipBit.ts';
import { messages, messagesOf } from './arbitraries.ts';

const TYPES = Object.entries(messagesOf);

/** With room for what the test puts behind it. */
function encoded(message: Message): Uint8Array {
  const bytes = encodeMessage(message);
  fc.pre(bytes.length <= MAX_MESSAGE_LENGTH - 600);
  return bytes;
}

const malformed = (reason: unknown = expect.any(String)) => ({
  ok: false,
  error: { code: 'malformed', reason },
});

/** One record of a TLV stream; the number and the length in their shortest form. */
function tlv(type: bigint, value: Uint8Array = new Uint8Array(0)): Uint8Array {
  return concat(bigSize(type), bigSize(BigInt(value.length)), value);
}

function bigSize(value: bigint): Uint8Array {
  if (value < 0xfdn) return uintBE(value, 1);
  if (value < 0x10000n) return concat(Uint8Array.of(0xfd), uintBE(value, 2));
  if (value < 0x100000000n) return concat(Uint8Array.of(0xfe), uintBE(value, 4));
  return concat(Uint8Array.of(0xff), uintBE(value, 8));
}

describe('a message', () => {
  it.each(TYPES)('%s, any values: read back as it was written', (_, messagesOfType) => {
    fc.assert(
      fc.property(messagesOfType, (message: Message) => {
        expect(decodeMessage(encodeMessage(message))).toEqual({ ok: true, value: message });
      }),
      { numRuns: 60 },
    );
  });

  it('its number: odd, in the range of this protocol, or one of BOLT 1; no two share one', () => {
    const numbers = TYPES.map(([type, messagesOfType]) => {
      const [message] = fc.sample<Message>(messagesOfType, { numRuns: 1, seed: 1 });
      if (message === undefined) expect.fail(type);
      const [high = 0, low = 0] = encodeMessage(message);
      return 256 * high + low;
    });
    expect(new Set(numbers).size).toBe(numbers.length);
    const bolt1 = new Set([1, 16, 17, 18, 19]);
    for (const number of numbers)
      expect(bolt1.has(number) || (number >= 39001 && number % 2 === 1)).toBe(true);
  });

  it('in a Buffer that is used again: the value does not change with it, and holds no Buffer', () => {
    fc.assert(
      fc.property(messages, (message) => {
        const buffer = Buffer.from(encoded(message));
        const decoded = decodeMessage(buffer);
        buffer.fill(0xee);
        expect(decoded).toEqual({ ok: true, value: message });
      }),
    );
  });

  it('cut short anywhere: malformed', () => {
    fc.assert(
      fc.property(
        messages,
        fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
        (message, part) => {
          const bytes = encodeMessage(message);
          fc.pre(bytes.length <= MAX_MESSAGE_LENGTH);
          expect(decodeMessage(bytes.subarray(0, Math.floor(part * bytes.length)))).toEqual(malformed());
        },
      ),
      { numRuns: 500 },
    );
  });
});

/** What was read, written again, is how the bytes began: there is one way to write each value, and then odd TLVs. */
function expectCanonical(bytes: Uint8Array): void {
  const decoded = decodeMessage(bytes);
  if (!decoded.ok) {
    expect(['malformed', 'unknownMessage', 'messageTooLong']).toContain(decoded.error.code);
    return;
  }
  const again = encodeMessage(decoded.value);
  expect(toHex(bytes.subarray(0, again.length))).toBe(toHex(again));
}

describe('foreign bytes', () => {
  it('at random: refused or read, never thrown at', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 400 }), expectCanonical), { numRuns: 2000 });
  });

  it('at random behind each number: refused or read, never thrown at', () => {
    fc.assert(
      fc.property(messages, fc.uint8Array({ maxLength: 2000 }), (message, rest) => {
        expectCanonical(concat(encodeMessage(message).subarray(0, 2), rest));
      }),
      { numRuns: 2000 },
    );
  });

  it('zeros or ones behind each number, the largest counts: refused or read', () => {
    for (const [, messagesOfType] of TYPES) {
      const [message] = fc.sample<Message>(messagesOfType, { numRuns: 1, seed: 1 });
      if (message === undefined) expect.fail('a message');
      const number = encodeMessage(message).subarray(0, 2);
      for (const byte of [0x00, 0x01, 0x7f, 0xff])
        for (const length of [0, 1, 100, 1_000, MAX_MESSAGE_LENGTH - 2])
          expectCanonical(concat(number, new Uint8Array(length).fill(byte)));
    }
  });

  it('a message with bits turned, bytes cut out or put in: refused or read, never thrown at', () => {
    const edits = fc.array(
      fc.record({
        kind: fc.constantFrom('flip', 'cut', 'insert'),
        at: fc.nat(),
        bytes: fc.uint8Array({ minLength: 1, maxLength: 9 }),
      }),
      { minLength: 1, maxLength: 5 },
    );
    fc.assert(
      fc.property(messages, edits, (message, changes) => {
        let bytes = encoded(message);
        for (const { kind, at, bytes: added } of changes) {
          if (bytes.length === 0) break;
          const place = at % bytes.length;
          if (kind === 'flip') bytes = flipBit(bytes, at % (8 * bytes.length));
          else if (kind === 'insert') bytes = concat(bytes.subarray(0, place), added, bytes.subarray(place));
          else bytes = concat(bytes.subarray(0, place), bytes.subarray(place + added.length));
        }
        expectCanonical(bytes);
      }),
      { numRuns: 2000 },
    );
  });

  it('no number: malformed', () => {
    expect(decodeMessage(Uint8Array.of())).toEqual(malformed());
    expect(decodeMessage(Uint8Array.of(0))).toEqual(malformed());
  });

  it('a number of nobody: unknownMessage, for the caller to tell odd from even', () => {
    const known = new Set(
      TYPES.map(([, each]) => {
        const [message] = fc.sample<Message>(each, { numRuns: 1, seed: 1 });
        return message === undefined ? '' : toHex(encodeMessage(message).subarray(0, 2));
      }),
    );
    fc.assert(
      fc.property(fc.nat(0xffff), fc.uint8Array({ maxLength: 50 }), (number, rest) => {
        const bytes = concat(uintBE(number, 2), rest);
        fc.pre(!known.has(toHex(bytes.subarray(0, 2))));
        expect(decodeMessage(bytes)).toEqual({ ok: false, error: { code: 'unknownMessage', number } });
      }),
      { numRuns: 500 },
    );
  });
});

describe('the TLV stream at the end', () => {
  const odd = fc.bigInt(0n, 2n ** 63n - 1n).map((half) => 2n * half + 1n);
  const value = fc.uint8Array({ maxLength: 80 });

  it('unknown odd records in rising order: ignored', () => {
    const records = fc.uniqueArray(fc.tuple(odd, value), { maxLength: 5, selector: ([type]) => type });
    fc.assert(
      fc.property(messages, records, (message, unsorted) => {
        const sorted = [...unsorted].sort(([a], [b]) => (a < b ? -1 : 1));
        const stream = concat(...sorted.map(([type, bytes]) => tlv(type, bytes)));
        expect(decodeMessage(concat(encoded(message), stream))).toEqual({ ok: true, value: message });
      }),
      { numRuns: 300 },
    );
  });

  it('an unknown even record: refused, alone or behind odd ones', () => {
    fc.assert(
      fc.property(messages, odd, value, fc.boolean(), (message, type, bytes, behind) => {
        fc.pre(type + 1n < 2n ** 64n);
        const even = tlv(behind ? type + 1n : type - 1n, bytes);
        const stream = behind ? concat(tlv(type), even) : even;
        expect(decodeMessage(concat(encoded(message), stream))).toEqual(
          malformed(expect.stringMatching(/even/)),
        );
      }),
    );
  });

  it('records that do not rise, or one twice: refused', () => {
    fc.assert(
      fc.property(messages, odd, odd, (message, a, b) => {
        const [low, high] = a < b ? [a, b] : [b, a];
        const refused = malformed(expect.stringMatching(/after/));
        for (const stream of [concat(tlv(high), tlv(low)), concat(tlv(high), tlv(high))])
          expect(decodeMessage(concat(encoded(message), stream))).toEqual(refused);
      }),
    );
  });

  it.each([
    ['a type not in its shortest form', Uint8Array.of(0xfd, 0x00, 0x01, 0x00)],
    ['a length not in its shortest form', Uint8Array.of(0x01, 0xfd, 0x00, 0x00)],
    ['a length of eight bytes, not in its shortest form', Uint8Array.of(0x01, 0xff, 0, 0, 0, 0, 0, 0, 0, 0)],
    ['a type without length', Uint8Array.of(0x01)],
    ['a length beyond the end', Uint8Array.of(0x01, 0x05, 1, 2, 3, 4)],
    ['a length beyond anything', Uint8Array.of(0x01, 0xff, 255, 255, 255, 255, 255, 255, 255, 255)],
  ])('%s: refused', (_, stream) => {
    fc.assert(
      fc.property(messages, (message) => {
        expect(decodeMessage(concat(encoded(message), stream))).toEqual(malformed());
      }),
      { numRuns: 50 },
    );
  });
});

describe('limits', () => {
  const id = new Uint8Array(32).fill(1);
  const signature = new Uint8Array(64).fill(2);

  it('65,535 bytes: read; one more: messageTooLong', () => {
    const pong = encodeMessage({ type: 'pong', ignored: new Uint8Array(65_531) });
    expect(pong).toHaveLength(MAX_MESSAGE_LENGTH);
    expect(decodeMessage(pong).ok).toBe(true);
    const longer = concat(pong, Uint8Array.of(0));
    expect(decodeMessage(longer)).toEqual({ ok: false, error: { code: 'messageTooLong', length: 65_536 } });
  });

  it('the longest ping that BOLT 1 allows: read', () => {
    const ping: Message = { type: 'ping', pongLength: 0, ignored: new Uint8Array(65_529) };
    const bytes = encodeMessage(ping);
    expect(bytes).toHaveLength(MAX_MESSAGE_LENGTH);
    expect(decodeMessage(bytes)).toEqual({ ok: true, value: ping });
  });

  it('a peer with many features, as other Lightning nodes are: its init is read', () => {
    const bytes = concat(uintBE(16, 2), uintBE(0, 2), uintBE(254, 2), new Uint8Array(254).fill(0x55));
    expect(decodeMessage(bytes)).toMatchObject({ ok: true, value: { type: 'init' } });
  });

  it('a long error of a peer: read, so that it can be shown', () => {
    const data = new Uint8Array(30_000).fill(0x41);
    const bytes = concat(uintBE(17, 2), id, uintBE(data.length, 2), data);
    expect(decodeMessage(bytes)).toEqual({ ok: true, value: { type: 'error', channelId: id, data } });
  });

  it('200 updates: read; 201, or as many as two bytes can say: refused', () => {
    const update = { type: 'cancel', id: 1n } as const;
    const proposal = (count: number): Message => ({
      type: 'propose_update',
      channelId: id,
      n: 1n,
      updates: new Array(count).fill(update),
      signature,
      stateSignature: null,
    });
    const bytes = encodeMessage(proposal(MAX_UPDATES));
    expect(decodeMessage(bytes)).toEqual({ ok: true, value: proposal(MAX_UPDATES) });
    for (const count of [MAX_UPDATES + 1, 0xffff]) {
      const altered = bytes.slice();
      altered.set(uintBE(count, 2), 2 + 32 + 8);
      expect(decodeMessage(altered)).toEqual(malformed(expect.stringMatching(/at most 200/)));
    }
    expect(() => encodeMessage(proposal(MAX_UPDATES + 1))).toThrow('at most 200');
  });

  it('an amount of more than all coins: refused', () => {
    const close: Message = { type: 'closing_complete', channelId: id, feeSat: sat(1), signature };
    const bytes = encodeMessage(close);
    bytes.set(uintBE(2_100_000_000_000_001n, 8), 2 + 32);
    expect(decodeMessage(bytes)).toEqual(malformed(expect.stringMatching(/amount/)));
  });

  it('a choice that there is not: refused', () => {
    const base = { type: 'propose_update', channelId: id, n: 1n, signature, stateSignature: null } as const;
    const settle = { type: 'settle', id: 1n, preimage: null } as const;
    const variant = encodeMessage({ ...base, updates: [settle] });
    const flag = variant.slice();
    variant.set([9], 2 + 32 + 8 + 2);
    expect(decodeMessage(variant)).toEqual(malformed(expect.stringMatching(/variant 9/)));
    flag.set([2], 2 + 32 + 8 + 2 + 1 + 8);
    expect(decodeMessage(flag)).toEqual(malformed(expect.stringMatching(/flag/)));
  });

  it('a message of ours that is too long to send: our own bug, thrown before it is sent', () => {
    const input = { previousTx: new Uint8Array(20_000), vout: 0 };
    const [opening] = fc.sample(messagesOf.accept_channel, { numRuns: 1, seed: 1 });
    if (opening === undefined) expect.fail('a message');
    const part = { ...opening.producer.part, inputs: [input, input, input, input] };
    const long = { ...opening, producer: { ...opening.producer, part } };
    expect(() => encodeMessage(long)).toThrow('65535');
  });
});
