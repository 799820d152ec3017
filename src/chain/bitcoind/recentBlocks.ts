import type { Txid } from '../../tx/transaction.ts';
import type { Block } from '../port.ts';

/** The blocks read last, the oldest forgotten first. A block never changes, so there is nothing to invalidate. */
export class RecentBlocks {
  readonly #capacity: number;
  readonly #blocks = new Map<string, Block>();

  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  get(hash: string): Block | undefined {
    return this.#blocks.get(hash);
  }

  add(block: Block): void {
    this.#blocks.delete(block.hash);
    this.#blocks.set(block.hash, block);
    if (this.#blocks.size <= this.#capacity) return;
    const [oldest] = this.#blocks.keys();
    if (oldest !== undefined) this.#blocks.delete(oldest);
  }

  /** Those that hold the transaction; more than one after a reorganisation. */
  holding(id: Txid): readonly Block[] {
    return [...this.#blocks.values()].filter((block) => block.transactions.some((each) => each.txid === id));
  }
}
