import { fromHex, isHex, toHex } from './bytes.ts';
import { err, ok, type Result } from './result.ts';

/**
 * The one codec between state values and JSON text: `bigint` becomes `{"$n":"123"}`, bytes become
 * `{"$b":"00ff"}`, a key that begins with `$` gets another in front, all else is plain JSON. Values made of
 * objects, arrays, strings, booleans, null, safe integers, `bigint` and `Uint8Array` come back equal.
 */
export function toJson(value: unknown, space?: number): string {
  return JSON.stringify(tag(value), null, space);
}

/** The value that {@link toJson} wrote, or why the text is not one. Never throws. */
export function fromJson(text: string): Result<unknown, { code: 'notJson'; reason: string }> {
  try {
    return ok(untag(JSON.parse(text)));
  } catch (error) {
    return err({ code: 'notJson', reason: error instanceof Error ? error.message : String(error) });
  }
}

function tag(value: unknown): unknown {
  if (typeof value === 'bigint') return { $n: value.toString() };
  if (typeof value !== 'object' || value === null) return value;
  if (value instanceof Uint8Array) return { $b: toHex(value) };
  if (Array.isArray(value)) return value.map(tag);
  const tagged: Record<string, unknown> = {};
  for (const [key, item] of Object.entries(value))
    put(tagged, key.startsWith('$') ? `$${key}` : key, tag(item));
  return tagged;
}

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
