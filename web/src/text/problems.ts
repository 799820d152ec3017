import { RpcConnectionError, RpcError } from '../../../src/client/errors.ts';

/** What went wrong, in plain words, and the way out. */
export interface Problem {
  readonly what: string;
  readonly wayOut: string;
}

const UNKNOWN: Problem = {
  what: 'Something went wrong in this page.',
  wayOut: 'Load the page again. The node has lost nothing.',
};

/** An error of a call, as it is said to a person. */
export function problemOf(error: unknown): Problem {
  if (error instanceof RpcConnectionError)
    return {
      what: 'The node does not answer.',
      wayOut: 'The page goes on trying. If the node was stopped, start it again.',
    };
  if (error instanceof RpcError) return { what: error.message, wayOut: error.advice };
  return UNKNOWN;
}
