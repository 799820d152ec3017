import { METHODS, type MethodName } from '../../rpc/methods.ts';
import type { Store } from '../../store/port.ts';
import { Once } from './once.ts';

/**
 * {@link Once}, apart for each right: whoever may only trade can neither take the name of a payment nor ask so much that the
 * payment is forgotten and done again.
 */
export class OnceByRight {
  readonly #trade: Once;
  readonly #admin: Once;

  private constructor(trade: Once, admin: Once) {
    this.#trade = trade;
    this.#admin = admin;
  }

  /** What the store remembers. Rejects with `StoreError`. */
  static async open(store: Store): Promise<OnceByRight> {
    return new OnceByRight(await Once.open(store, 'rpcRequest'), await Once.open(store, 'rpcPayment'));
  }

  /** See {@link Once.run}. */
  run<T>(id: string | undefined, method: MethodName, params: object, work: () => Promise<T>): Promise<T> {
    const once = METHODS[method].right === 'admin' ? this.#admin : this.#trade;
    return once.run(id, method, params, work);
  }
}
