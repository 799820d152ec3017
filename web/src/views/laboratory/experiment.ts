import { useState } from 'preact/hooks';
import { type Laboratory, laboratory } from '../../lab/laboratory.ts';
import { type Problem, problemOf } from '../../text/problems.ts';
import { beginEntry } from './log.ts';

/** Something that is tried in the laboratory: once at a time, written down, with what came of it. */
export interface Experiment {
  /** `title` heads the entry of the log; `act` resolves with what came of it, in a sentence. */
  readonly run: (title: string, act: (lab: Laboratory) => Promise<string>) => Promise<boolean>;
  readonly busy: boolean;
  readonly result: string | null;
  readonly problem: Problem | null;
}

export function useExperiment(): Experiment {
  const [busy, setBusy] = useState(false);
  const [result, setResult] = useState<string | null>(null);
  const [problem, setProblem] = useState<Problem | null>(null);
  return {
    busy,
    result,
    problem,
    run: async (title, act) => {
      const { value: lab } = laboratory;
      if (busy || lab === null) return false;
      setBusy(true);
      setProblem(null);
      setResult(null);
      const end = beginEntry(title);
      try {
        const came = await act(lab);
        end(came);
        setResult(came);
        return true;
      } catch (error) {
        const said = problemOf(error);
        end(said.what, true);
        setProblem(said);
        return false;
      } finally {
        setBusy(false);
      }
    },
  };
}
