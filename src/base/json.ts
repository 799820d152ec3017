import { fromHex, isHex, toHex } from './bytes.ts';
import { err, ok, type Result } from './result.ts';

/**
 * The one codec between state values and JSON text: `bigint` becomes `{"$n":"123"}`, bytes become
 * `{"$b":"00ff"}`, all else is plain JSON. Values made of objects, arrays, strings, booleans, null,
 * safe integers, `bigint` and `Uint8Array` come back equal.
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
  if (value instanceof Uint8Array) return { $b: toHex(value) };
  if (Array.isArray(value)) return value.map(tag);
  if (typeof value === 'object' && value !== null)
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, tag(item)]));
  return value;
}

function untag(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(untag);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value);
  const [first] = entries;
  if (entries.length === 1 && first !== undefined) {
    const [key, item] = first;
    if (key === '$n' && typeof item === 'string' && /^-?[0-9]{1,80}$/.test(item)) return BigInt(item);
    if (key === '$b' && typeof item === 'string' && isHex(item)) return fromHex(item);
  }
  return Object.fromEntries(entries.map(([key, item]) => [key, untag(item)]));
}
