import fc from 'fast-check';
import { decodeMessage, encodeMessage, type Message } from '../../src/wire/messages.ts';
import { flipBit } from '../support/flipBit.ts';
import { messages } from '../wire/arbitraries.ts';
import type { Dice } from './dice.ts';

/** A well-formed message of this channel that says anything at all. */
export function anyMessage(random: Dice, channelId: Uint8Array): Uint8Array {
  const [message = { type: 'ping', pongLength: 0, ignored: new Uint8Array(0) } as const] = fc.sample(
    messages,
    {
      seed: random.seed(),
      numRuns: 1,
    },
  );
  return encodeMessage('channelId' in message ? { ...message, channelId } : message);
}

export function flipped(random: Dice, message: Uint8Array): Uint8Array {
  return message.length === 0 ? message : flipBit(message, random.int(0, message.length * 8 - 1));
}

/** The message with one value in it changed, still well-formed if the value allows that. */
export function tampered(random: Dice, bytes: Uint8Array): Uint8Array {
  const decoded = decodeMessage(bytes);
  if (!decoded.ok) return flipped(random, bytes);
  const changed = change(random, decoded.value) as Message;
  return encoded(changed) ?? flipped(random, bytes);
}

/** `undefined` when the message says what its format cannot. */
function encoded(message: Message): Uint8Array | undefined {
  try {
    return encodeMessage(message);
  } catch {
    return undefined;
  }
}

/** One leaf of the value is another: found by going down at random. Names of types and the channel's id stay. */
function change(random: Dice, value: unknown): unknown {
  if (typeof value === 'bigint') return random.pick([0n, 1n, value + 1n, value - 1n, value * 2n]);
  if (typeof value === 'number') return random.pick([0, 1, value + 1, value - 1, 2 * value]);
  if (value instanceof Uint8Array) return flipped(random, value);
  if (Array.isArray(value)) return changedList(random, value);
  if (typeof value !== 'object' || value === null) return value;
  const names = Object.keys(value).filter((name) => name !== 'type' && name !== 'channelId');
  if (names.length === 0) return value;
  const name = random.pick(names);
  return { ...value, [name]: change(random, (value as Record<string, unknown>)[name]) };
}

function changedList(random: Dice, list: readonly unknown[]): readonly unknown[] {
  if (list.length === 0) return list;
  const at = random.int(0, list.length - 1);
  if (random.chance(0.3)) return [...list, list[at]];
  if (random.chance(0.3)) return list.filter((_, index) => index !== at);
  return list.map((each, index) => (index === at ? change(random, each) : each));
}
