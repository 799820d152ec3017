/**
 * A bug of our own: a promise between two pieces of this library was broken.
 *
 * Never thrown for something that a peer, a user, a file or a node did; those are data in return types
 * or errors of the edge that failed. The driver answers one by halting the channel, never by closing it.
 */
export class InvariantError extends Error {
  override readonly name = 'InvariantError';
}

/** Throws {@link InvariantError} unless `condition` holds. */
export function invariant(condition: boolean, message: string): asserts condition {
  if (!condition) throw new InvariantError(message);
}

/** Marks a branch that the types rule out; the compiler refuses a switch that forgets a case. */
export function assertNever(value: never): never {
  throw new InvariantError(`unreachable case: ${JSON.stringify(value, bigintsAsText)}`);
}

function bigintsAsText(_key: string, value: unknown): unknown {
  return typeof value === 'bigint' ? value.toString() : value;
}
