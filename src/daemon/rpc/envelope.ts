import { z } from 'zod';
import { errorObject, type RpcErrorObject } from '../../rpc/errors.ts';
import { toldOf } from './failure.ts';
import type { RpcLimits } from './limits.ts';

/** What a call gives: its result, and what is to happen once that is on its way. */
export interface Called {
  readonly result: unknown;
  readonly after?: () => void;
}

/** Does one call. Rejects with `RpcFailure`, or with what went wrong inside. */
export type Call = (method: string, params: unknown) => Promise<Called>;

/** What goes back; no text when there were only notifications. */
export interface Answer {
  readonly text: string | undefined;
  readonly after: readonly (() => void)[];
}

type Id = string | number | null;

const request = z.strictObject({
  jsonrpc: z.literal('2.0'),
  method: z.string().min(1).max(64),
  params: z.record(z.string(), z.unknown()).optional(),
  id: z.union([z.string().max(128), z.number(), z.null()]).optional(),
});

/**
 * Answers a text that should be JSON-RPC 2.0: one request, a batch (its calls one after the other) or notifications.
 * Never rejects. What is told of a failure is `toldOf` it.
 */
export async function respond(
  text: string,
  call: Call,
  { depth, batch, answerBytes }: Pick<RpcLimits, 'depth' | 'batch' | 'answerBytes'>,
): Promise<Answer> {
  const parsed = isTooDeep(text, depth) ? undefined : parse(text);
  if (parsed === undefined) return { text: failed(null, errorObject('parseError', {})), after: [] };
  const after: (() => void)[] = [];
  const one = async (value: unknown) => {
    const answer = await single(value, call);
    if (answer.after !== undefined) after.push(answer.after);
    if (answer.text === undefined || answer.text.length <= answerBytes) return answer.text;
    return failed(answer.id, errorObject('answerTooLarge', {}));
  };
  if (!Array.isArray(parsed.value)) return { text: await one(parsed.value), after };
  const calls: readonly unknown[] = parsed.value;
  if (calls.length === 0 || calls.length > batch)
    return { text: failed(null, errorObject('invalidRequest', {})), after };
  const answers: string[] = [];
  let length = 0;
  for (const each of calls) {
    const answer = await one(each);
    if (answer === undefined) continue;
    length += answer.length;
    if (length > answerBytes) return { text: failed(null, errorObject('answerTooLarge', {})), after };
    answers.push(answer);
  }
  return { text: answers.length === 0 ? undefined : `[${answers.join(',')}]`, after };
}

interface SingleAnswer {
  readonly id: Id;
  readonly text: string | undefined;
  readonly after?: () => void;
}

async function single(value: unknown, call: Call): Promise<SingleAnswer> {
  const checked = request.safeParse(value);
  if (!checked.success) {
    const id = idOf(value);
    return { id, text: failed(id, errorObject('invalidRequest', {})) };
  }
  const { id, method, params = {} } = checked.data;
  try {
    const { result, after } = await call(method, params);
    const text = id === undefined ? undefined : JSON.stringify({ jsonrpc: '2.0', id, result });
    return { id: id ?? null, text, ...(after === undefined ? {} : { after }) };
  } catch (error) {
    return { id: id ?? null, text: id === undefined ? undefined : failed(id, toldOf(error)) };
  }
}

export function failed(id: Id, error: RpcErrorObject<string>): string {
  return JSON.stringify({ jsonrpc: '2.0', id, error });
}

/** The id of a request that is otherwise none, where it can be told. */
function idOf(value: unknown): Id {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, 'id')) return null;
  const { id } = value as { readonly id: unknown };
  return typeof id === 'number' || (typeof id === 'string' && id.length <= 128) ? id : null;
}

function parse(text: string): { readonly value: unknown } | undefined {
  try {
    return { value: JSON.parse(text) };
  } catch {
    return undefined;
  }
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;

/** Whether brackets outside of texts go deeper: found before anything is built of them. */
function isTooDeep(text: string, most: number): boolean {
  let depth = 0;
  let inText = false;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (inText) {
      if (code === BACKSLASH) i++;
      else if (code === QUOTE) inText = false;
    } else if (code === QUOTE) inText = true;
    else if (code === 0x5b || code === 0x7b) {
      if (++depth > most) return true;
    } else if (code === 0x5d || code === 0x7d) depth--;
  }
  return false;
}
