import type { z } from 'zod';
import type { ErrorName } from './errors.ts';

/** What a token allows; each includes the ones before it. `none` needs no token. */
export const RIGHTS = ['none', 'read', 'trade', 'admin'] as const;
export type Right = (typeof RIGHTS)[number];

/** Whether `held` includes `needed`. */
export function includesRight(held: Right, needed: Right): boolean {
  return RIGHTS.indexOf(held) >= RIGHTS.indexOf(needed);
}

/** One method: everything that a server, a client and a page of documentation need to know of it. */
export interface MethodSpec<
  P extends z.ZodObject = z.ZodObject,
  R extends z.ZodType = z.ZodType,
  E extends string = ErrorName,
> {
  readonly summary: string;
  readonly right: Right;
  /** By name; unknown names are refused. */
  readonly params: P;
  readonly result: R;
  /** Errors of its own, besides those that every call may end with. */
  readonly errors: readonly E[];
}

/** Keeps the types of one entry of a table; the table says which errors there are. */
export function method<P extends z.ZodObject, R extends z.ZodType, const E extends string = never>(
  spec: Omit<MethodSpec<P, R, E>, 'errors'> & { readonly errors?: readonly E[] },
): MethodSpec<P, R, E> {
  return { ...spec, errors: spec.errors ?? [] };
}

/** What any call may end with. */
export const COMMON_ERRORS = [
  'parseError',
  'invalidRequest',
  'methodNotFound',
  'invalidParams',
  'internalError',
  'unauthenticated',
  'forbidden',
  'tooManyRequests',
  'stopping',
  'answerTooLarge',
  'storeUnavailable',
] as const satisfies readonly ErrorName[];
