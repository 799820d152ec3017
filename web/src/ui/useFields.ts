import { useState } from 'preact/hooks';
import type { Parsed } from '../text/numbers.ts';

type ParsedFields = Readonly<Record<string, Parsed<unknown>>>;
type Values<F extends ParsedFields> = { readonly [K in keyof F]: NonNullable<F[K]['value']> };

export interface Fields<F extends ParsedFields> {
  /** Acts on the values, if all of them could be read. */
  readonly submit: () => void;
  /** What is wrong with a field: from the first try on, so that nobody is told before they have typed. */
  readonly error: (name: keyof F) => string | null;
}

/** The fields of a form, as what was read from them. */
export function useFields<F extends ParsedFields>(parsed: F, act: (values: Values<F>) => unknown): Fields<F> {
  const [tried, setTried] = useState(false);
  return {
    submit: () => {
      setTried(true);
      const read = Object.entries(parsed);
      if (read.some(([, { problem }]) => problem !== null)) return;
      act(Object.fromEntries(read.map(([name, { value }]) => [name, value])) as Values<F>);
    },
    error: (name) => (tried ? (parsed[name]?.problem ?? null) : null),
  };
}
