import { fromHex, isHex, toHex } from './bytes.ts';
import { err, ok, type Result } from './result.ts';

/**
 * The one codec between state values and JSON text: `bigint` becomes `{"$n":"123"}`, bytes become
 * `{"$b":"00ff"}`, a key that begins with `$` gets another in front, all else is plain JSON. Values made of
 * objects, arrays, strings, booleans, null, safe integers, `bigint` and `Uint8Array` come back equal.
 */
export function toJson(value: unknown, space?: number): string {
  const text = write(value);
  return space === undefined ? text : JSON.stringify(JSON.parse(text), null, space);
}

/**
 * {@link toJson} for values of which much is the same objects again: what was written of an object in a list is
 * remembered with it. Only for values that nobody changes.
 */
export class JsonTexts {
  readonly #known = new WeakMap<object, string>();

  /** The text that {@link toJson} gives. */
  write(value: unknown): string {
    return write(value, this.#known);
  }
}

/** The value that {@link toJson} wrote, or why the text is not one. Never throws. */
export function fromJson(text: string): Result<unknown, { code: 'notJson'; reason: string }> {
  try {
    return ok(untag(JSON.parse(text)));
  } catch (error) {
    return err({ code: 'notJson', reason: error instanceof Error ? error.message : String(error) });
  }
}

function write(value: unknown, known?: WeakMap<object, string>): string {
  if (typeof value === 'bigint') return `{"$n":"${value}"}`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  if (value instanceof Uint8Array) return `{"$b":"${toHex(value)}"}`;
  if (Array.isArray(value)) return `[${value.map((item) => writeItem(item, known)).join(',')}]`;
  const parts: string[] = [];
  for (const [key, item] of Object.entries(value))
    if (isPlain(item)) parts.push(`${writeKey(key)}:${write(item, known)}`);
  return `{${parts.join(',')}}`;
}

function writeItem(item: unknown, known: WeakMap<object, string> | undefined): string {
  if (!isPlain(item)) return 'null';
  if (known === undefined || typeof item !== 'object' || item === null) return write(item, known);
  const text = known.get(item) ?? write(item, known);
  known.set(item, text);
  return text;
}

/** Whether JSON has a text for it. */
function isPlain(value: unknown): boolean {
  return value !== undefined && typeof value !== 'function' && typeof value !== 'symbol';
}

function writeKey(key: string): string {
  return PLAIN_KEY.test(key) ? `"${key}"` : JSON.stringify(key.startsWith('$') ? `$${key}` : key);
}

const PLAIN_KEY = /^[A-Za-z0-9_]+$/;

function untag(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(untag);
  const entries = Object.entries(value);
  const [first] = entries;
  if (entries.length === 1 && first !== undefined) {
    const [key, item] = first;
    if (key === '$n' && typeof item === 'string' && /^-?[0-9]+$/.test(item)) return BigInt(item);
    if (key === '$b' && typeof item === 'string' && isHex(item)) return fromHex(item);
  }
  const plain: Record<string, unknown> = {};
  for (const [key, item] of entries) put(plain, key.startsWith('$$') ? key.slice(1) : key, untag(item));
  return plain;
}

/** Assignment, but for the one key that would set the prototype. */
function put(object: Record<string, unknown>, key: string, value: unknown): void {
  if (key !== '__proto__') object[key] = value;
  else Object.defineProperty(object, key, { value, writable: true, enumerable: true, configurable: true });
}
