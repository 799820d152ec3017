import { type ReadonlySignal, useSignalEffect } from '@preact/signals';
import { useState } from 'preact/hooks';
import { Refresher } from '../../nodes/refresher.ts';
import { type Problem, problemOf } from '../../text/problems.ts';

/** What a node answered last, asked again whenever `version` grows; and why not, if it did not. */
export function useRefreshed<T>(
  ask: () => Promise<T>,
  version: ReadonlySignal<number>,
  gapMs = 200,
): { readonly answer: T | null; readonly problem: Problem | null } {
  const [answer, setAnswer] = useState<T | null>(null);
  const [problem, setProblem] = useState<Problem | null>(null);
  const [refresher] = useState(
    () =>
      new Refresher(async () => {
        try {
          setAnswer(await ask());
          setProblem(null);
        } catch (error) {
          setProblem(problemOf(error));
        }
      }, gapMs),
  );
  useSignalEffect(() => {
    if (version.value >= 0) refresher.ask();
  });
  return { answer, problem };
}
