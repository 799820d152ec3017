import { toHex, utf8 } from '../../base/bytes.ts';
import { fromJson, toJson } from '../../base/json.ts';
import { ChainError } from '../../chain/port.ts';
import { sha256 } from '../../crypto/hash.ts';
import type { RpcErrorObject } from '../../rpc/errors.ts';
import { checkedStore } from '../../store/checked.ts';
import { type Store, StoreError } from '../../store/port.ts';
import { failure, RpcFailure } from './failure.ts';

/** Requests that are remembered. */
const SLOTS = 1024;

/** A request that was named by its caller, and what became of it. */
interface Remembered {
  /** Counts up: the slot of the lowest is taken next. */
  readonly serial: number;
  readonly id: string;
  /** Of method and parameters: another request under the same name is noticed. */
  readonly hash: string;
  readonly outcome:
    | { readonly type: 'begun' }
    | { readonly type: 'done'; readonly result: unknown }
    | { readonly type: 'failed'; readonly error: RpcErrorObject<string> }
    /** Nothing was done, and the name is free again. */
    | { readonly type: 'undone' };
}

/**
 * Requests that move money, each done once: whoever lost the answer asks again under the same name. What is under way is
 * written down before it begins, so that after a crash in the middle of it the answer is "in doubt", never a second payment.
 */
export class Once {
  readonly #store: Store;
  readonly #name: string;
  readonly #known: Map<string, Remembered>;
  readonly #running = new Map<string, { readonly hash: string; readonly result: Promise<unknown> }>();
  #serial: number;

  private constructor(store: Store, name: string, known: readonly Remembered[]) {
    this.#store = store;
    this.#name = name;
    this.#known = new Map(known.map((each) => [each.id, each]));
    this.#serial = known.reduce((top, { serial }) => Math.max(top, serial), -1) + 1;
  }

  /** What the store remembers under this name. Rejects with `StoreError`. */
  static async open(store: Store, name = 'rpcRequest'): Promise<Once> {
    const checked = checkedStore(store);
    const texts = await Promise.all(
      Array.from({ length: SLOTS }, (_, slot) => checked.value(slotName(name, slot))),
    );
    const known = texts.flatMap((text) => (text === undefined ? [] : [parse(text)]));
    return new Once(
      checked,
      name,
      known.sort((a, b) => a.serial - b.serial),
    );
  }

  /** Does `work`, or answers what it gave the first time. Without a name it is done each time. */
  run<T>(id: string | undefined, method: string, params: object, work: () => Promise<T>): Promise<T> {
    if (id === undefined) return work();
    const hash = toHex(sha256(utf8(canonical([method, params]))));
    const running = this.#running.get(id);
    if (running !== undefined)
      return running.hash === hash
        ? (running.result as Promise<T>)
        : Promise.reject(failure('requestIdReused', {}));
    const result = this.#run(id, hash, work).finally(() => this.#running.delete(id));
    this.#running.set(id, { hash, result });
    return result;
  }

  async #run<T>(id: string, hash: string, work: () => Promise<T>): Promise<T> {
    const before = this.#known.get(id);
    if (before !== undefined && before.outcome.type !== 'undone') return answerOf<T>(before, hash);
    const serial = this.#serial++;
    await this.#remember({ serial, id, hash, outcome: { type: 'begun' } });
    try {
      const result = await work();
      await this.#remember({ serial, id, hash, outcome: { type: 'done', result } });
      return result;
    } catch (error) {
      const outcome = outcomeOf(error);
      if (outcome !== undefined) await this.#remember({ serial, id, hash, outcome });
      throw error;
    }
  }

  async #remember(entry: Remembered): Promise<void> {
    this.#known.set(entry.id, entry);
    await this.#store.setValue(slotName(this.#name, entry.serial % SLOTS), toJson(entry));
    for (const [id, { serial }] of this.#known) if (serial <= entry.serial - SLOTS) this.#known.delete(id);
  }
}

/** What is known of a failure: nothing was done, or an answer that stays. Of anything else we do not know. */
function outcomeOf(error: unknown): Remembered['outcome'] | undefined {
  if (error instanceof ChainError) return { type: 'undone' };
  if (!(error instanceof RpcFailure)) return undefined;
  const { object } = error;
  return object.data.name === 'broadcastUnknown' ? { type: 'failed', error: object } : { type: 'undone' };
}

function answerOf<T>({ hash, outcome }: Remembered, asked: string): T {
  if (hash !== asked) throw failure('requestIdReused', {});
  if (outcome.type === 'done') return outcome.result as T;
  if (outcome.type === 'failed') throw new RpcFailure(outcome.error);
  throw failure('requestInDoubt', {});
}

function slotName(name: string, slot: number): string {
  return `${name}/${slot}`;
}

/** JSON with sorted names: the same request is the same text. */
function canonical(value: unknown): string {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null';
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  const entries = Object.entries(value).filter(([, each]) => each !== undefined);
  return `{${entries
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, each]) => `${JSON.stringify(name)}:${canonical(each)}`)
    .join(',')}}`;
}

function parse(text: string): Remembered {
  const parsed = fromJson(text);
  if (!parsed.ok) throw new StoreError('corrupt', 'a remembered request is not JSON');
  return parsed.value as Remembered;
}
