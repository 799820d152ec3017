import type { MethodResult } from '../../../../src/client/index.ts';
import type { NodeModel } from '../../nodes/node.ts';
import type { Problem } from '../../text/problems.ts';
import { useRefreshed } from './useRefreshed.ts';

export type Dispute = MethodResult<'listDisputes'>['disputes'][number];

/** The disputes of a node, newest first, kept true. */
export function useDisputes(node: NodeModel): {
  readonly disputes: readonly Dispute[];
  readonly problem: Problem | null;
} {
  const { answer, problem } = useRefreshed(() => node.call('listDisputes', {}), node.channelVersion);
  return { disputes: answer?.disputes.toReversed() ?? [], problem };
}
