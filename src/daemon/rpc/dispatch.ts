import { includesRight, type MethodSpec, type Right } from '../../rpc/method.ts';
import { METHODS, type MethodName, type MethodParams, methodNamed } from '../../rpc/methods.ts';
import type { Called } from './envelope.ts';
import { failure } from './failure.ts';
import { answer } from './handlers.ts';
import type { RpcHost } from './host.ts';

/** Who calls, over what. */
export interface Caller {
  readonly right: Right;
  /** Takes a token; the right that it gives. Absent where it came with the request. */
  authenticate?(token: string): Exclude<Right, 'none'> | undefined;
  /** Begins to send events; absent where nothing can be sent. */
  subscribe?(from: number | undefined): Promise<Called>;
  /** Begins to send the status of the node. */
  watchStatus?(): Called;
  unsubscribe?(subscription: number): boolean;
}

const MOST_PROBLEMS = 20;

/** Does one call, if the caller may and its parameters fit. */
export async function dispatch(
  host: RpcHost,
  caller: Caller,
  method: string,
  params: unknown,
): Promise<Called> {
  const name = methodNamed(method);
  if (name === undefined) throw failure(caller.right === 'none' ? 'unauthenticated' : 'methodNotFound', {});
  const spec: MethodSpec = METHODS[name];
  if (!includesRight(caller.right, spec.right)) {
    if (caller.right === 'none' || spec.right === 'none') throw failure('unauthenticated', {});
    throw failure('forbidden', { right: spec.right });
  }
  return perform(host, caller, name, checkedParams(spec, params));
}

/** The parameters as the schema has them. Throws `RpcFailure` `invalidParams`. */
export function checkedParams(spec: Pick<MethodSpec, 'params'>, params: unknown): unknown {
  const parsed = spec.params.safeParse(params);
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.slice(0, MOST_PROBLEMS).map(({ path, message }) => ({
    path: path.map(String).join('.').slice(0, 256),
    message: message.slice(0, 512),
  }));
  throw failure('invalidParams', { problems });
}

async function perform(host: RpcHost, caller: Caller, name: MethodName, params: unknown): Promise<Called> {
  switch (name) {
    case 'authenticate':
      return { result: { right: authenticated(caller, params as MethodParams<'authenticate'>) } };
    case 'subscribe':
      if (caller.subscribe === undefined) throw failure('notASocket', {});
      return caller.subscribe((params as MethodParams<'subscribe'>).from);
    case 'watchStatus':
      if (caller.watchStatus === undefined) throw failure('notASocket', {});
      return caller.watchStatus();
    case 'unsubscribe': {
      if (caller.unsubscribe === undefined) throw failure('notASocket', {});
      const { subscription } = params as MethodParams<'unsubscribe'>;
      if (!caller.unsubscribe(subscription)) throw failure('unknownSubscription', {});
      return { result: {} };
    }
    default:
      return { result: await answer(host, name, params as MethodParams<typeof name>) };
  }
}

function authenticated(caller: Caller, { token }: MethodParams<'authenticate'>) {
  const right = caller.authenticate?.(token);
  if (right === undefined) throw failure('unauthenticated', {});
  return right;
}
