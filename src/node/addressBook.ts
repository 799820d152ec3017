import { toJson } from '../base/json.ts';
import type { Store } from '../store/port.ts';
import { storedValue } from './beginning.ts';

const PLACE = 'peers';

/** Where peers were said to listen: kept in the store, so that a restarted node calls them again. */
export class AddressBook {
  readonly #store: Pick<Store, 'setValue'>;
  readonly #addresses: Map<string, string>;

  private constructor(store: Pick<Store, 'setValue'>, addresses: Map<string, string>) {
    this.#store = store;
    this.#addresses = addresses;
  }

  static async load(store: Store): Promise<AddressBook> {
    const stored = await storedValue<Readonly<Record<string, string>>>(store, PLACE, {});
    return new AddressBook(store, new Map(Object.entries(stored)));
  }

  /** Node ids, hexadecimal, with their addresses. */
  all(): ReadonlyMap<string, string> {
    return this.#addresses;
  }

  get(nodeId: string): string | undefined {
    return this.#addresses.get(nodeId);
  }

  /** Durable when it resolves. */
  async set(nodeId: string, address: string): Promise<void> {
    if (this.#addresses.get(nodeId) === address) return;
    this.#addresses.set(nodeId, address);
    await this.#write();
  }

  /** Durable when it resolves. */
  async remove(nodeId: string): Promise<void> {
    if (this.#addresses.delete(nodeId)) await this.#write();
  }

  #write(): Promise<void> {
    return this.#store.setValue(PLACE, toJson(Object.fromEntries(this.#addresses)));
  }
}
