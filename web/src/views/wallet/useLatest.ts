import { useEffect, useState } from 'preact/hooks';
import { type Problem, problemOf } from '../../text/problems.ts';

/** What was read last, and why the last reading failed. */
export interface Latest<T> {
  readonly value: T | null;
  readonly problem: Problem | null;
}

/** Reads something at the beginning and whenever `causes` change. What comes too late is left out. */
export function useLatest<T>(read: () => Promise<T>, causes: readonly unknown[]): Latest<T> {
  const [latest, setLatest] = useState<Latest<T>>({ value: null, problem: null });
  useEffect(() => {
    let late = false;
    read().then(
      (value) => {
        if (!late) setLatest({ value, problem: null });
      },
      (error: unknown) => {
        if (!late) setLatest(({ value }) => ({ value, problem: problemOf(error) }));
      },
    );
    return () => {
      late = true;
    };
  }, causes);
  return latest;
}
