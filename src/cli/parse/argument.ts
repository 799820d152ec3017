import type { Result } from '../../base/result.ts';
import { usageError } from '../exit.ts';
import { printable } from '../output/printable.ts';

/** A parser for commander of a `Result`: what is wrong becomes `amount '-5' is negative`. */
export function parsed<T>(what: string, parse: (text: string) => Result<T, string>): (text: string) => T {
  return (text) => {
    const result = parse(text);
    if (result.ok) return result.value;
    throw usageError(`${what} '${printable(text)}' ${result.error}`);
  };
}
