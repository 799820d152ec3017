import { RpcConnectionError, RpcError } from '../../../src/client/errors.ts';
import { LAB_PROBLEMS } from './labProblems.ts';
import type { Problem } from './problem.ts';
import { RPC_PROBLEMS } from './rpcProblems.ts';
import { entryOf } from './words.ts';

export type { Problem } from './problem.ts';

const UNKNOWN: Problem = {
  what: 'Something went wrong in this page.',
  wayOut: 'Load the page again. The node has lost nothing.',
};

const UNANSWERED: Readonly<Record<RpcConnectionError['code'], Problem>> = {
  unreachable: {
    what: 'The node does not answer; nothing was sent to it.',
    wayOut: 'The page goes on trying. If the node was stopped, start it again.',
  },
  lost: {
    what: 'The connection was lost before the answer came: it may have been done.',
    wayOut: 'Look whether it was, before you ask again.',
  },
  timeout: {
    what: 'The node takes long to answer: it may still do what was asked.',
    wayOut: 'Look whether it was done, before you ask again.',
  },
  closed: { what: 'This page has ended its connection with the node.', wayOut: 'Load the page again.' },
  badAnswer: {
    what: 'What answers there is no node of Wattlane.',
    wayOut: 'See which program listens at the node’s address.',
  },
};

/** An error of a call to a node or to the laboratory, as it is said to a person. */
export function problemOf(error: unknown): Problem {
  if (error instanceof RpcConnectionError) return UNANSWERED[error.code];
  if (!(error instanceof RpcError)) return UNKNOWN;
  const { name } = error.data;
  const ofLab = typeof name === 'string' ? entryOf(LAB_PROBLEMS, name) : undefined;
  return (ofLab ?? RPC_PROBLEMS[error.error])(error.data);
}
