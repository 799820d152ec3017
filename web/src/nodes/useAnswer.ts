import { useEffect, useRef, useState } from 'preact/hooks';
import type { MethodName, MethodParams, MethodResult } from '../../../src/client/index.ts';
import { type Problem, problemOf } from '../text/problems.ts';
import type { NodeModel } from './node.ts';

export interface Answer<T> {
  /** The newest answer to exactly this question; null before the first. */
  readonly value: T | null;
  /** Why the last question had no answer. */
  readonly problem: Problem | null;
}

/**
 * What a node answers, asked again whenever the question or `version` changes. `null` params ask nothing. Answers that
 * come late, after a newer question, count for nothing.
 */
export function useAnswer<M extends MethodName>(
  node: NodeModel,
  method: M,
  params: MethodParams<M> | null,
  version: unknown,
): Answer<MethodResult<M>> {
  const question = params === null ? null : JSON.stringify([node.role, method, params]);
  const [last, setLast] = useState<{ readonly question: string } & Answer<MethodResult<M>>>();
  const asked = useRef(0);
  useEffect(() => {
    asked.current += 1;
    if (params === null || question === null) return;
    const { current: turn } = asked;
    const take = (answer: Answer<MethodResult<M>>) => {
      if (turn === asked.current) setLast({ question, ...answer });
    };
    node.call(method, params).then(
      (value) => take({ value, problem: null }),
      (error: unknown) => take({ value: null, problem: problemOf(error) }),
    );
    return () => {
      asked.current += 1;
    };
  }, [question, version]);
  return last !== undefined && last.question === question ? last : { value: null, problem: null };
}
