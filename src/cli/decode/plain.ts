import { toHex } from '../../base/bytes.ts';

/** A value of the program as the RPC would write it: bigints as decimal strings, bytes as hexadecimal. */
export function plain(value: unknown): unknown {
  if (typeof value === 'bigint') return String(value);
  if (value instanceof Uint8Array) return toHex(value);
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, plain(each)]));
}

const LONG = 72;

/** Such a value as lines `name.of.field  value`, long ones cut. */
export function fieldsOf(value: unknown, name = ''): readonly (readonly [string, string])[] {
  const under = (key: string) => (name === '' ? key : `${name}.${key}`);
  if (Array.isArray(value)) return value.flatMap((each, at) => fieldsOf(each, under(String(at))));
  if (typeof value === 'object' && value !== null)
    return Object.entries(value).flatMap(([key, each]) => fieldsOf(each, under(key)));
  const text = String(value);
  return [[name, text.length > LONG ? `${text.slice(0, LONG)}… (${text.length} characters)` : text]];
}
