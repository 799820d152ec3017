import { useCallback, useRef, useState } from 'preact/hooks';
import { type Problem, problemOf } from '../text/problems.ts';

export interface Action<A extends readonly unknown[]> {
  /** Does it, unless it is under way. Resolves with whether it was done. */
  readonly run: (...args: A) => Promise<boolean>;
  readonly busy: boolean;
  /** Why it was not done the last time. */
  readonly problem: Problem | null;
  readonly forget: () => void;
}

/** Something that a person asks for: once at a time, and what goes wrong is said. */
export function useAction<A extends readonly unknown[]>(
  act: (...args: A) => Promise<unknown>,
  say: (error: unknown) => Problem = problemOf,
): Action<A> {
  const [busy, setBusy] = useState(false);
  // a second click comes before the page has drawn the first
  const running = useRef(false);
  const [problem, setProblem] = useState<Problem | null>(null);
  const run = async (...args: A) => {
    if (running.current) return false;
    running.current = true;
    setBusy(true);
    setProblem(null);
    try {
      await act(...args);
      return true;
    } catch (error) {
      setProblem(say(error));
      return false;
    } finally {
      running.current = false;
      setBusy(false);
    }
  };
  return { run, busy, problem, forget: useCallback(() => setProblem(null), []) };
}
