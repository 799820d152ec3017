import type { Ending } from '../../channel/register.ts';
import type { Channel } from '../../channel/state.ts';
import { DELIVERY_STATEMENT, type DeliveryStatement } from '../../market/deliveryStatement.ts';
import { decodeSigned } from '../../market/statement.ts';
import { readRecord } from '../../node/records.ts';
import { checkedStore } from '../../store/checked.ts';
import type { Store } from '../../store/port.ts';
import type { Balances, Delivery } from '../../tx/contract.ts';
import { gridFeeOf, NO_UNITS, type Totals, withUnit } from './totals.ts';

const PAGE = 1000;

/** A unit that has left the newest proved state, and how. */
export interface EndedUnit {
  readonly delivery: Delivery;
  readonly how: Ending;
}

/** A unit that was ordered, and what the utility said of it. */
export interface OrderedUnit {
  readonly delivery: Delivery;
  readonly verdict: DeliveryStatement['verdict'] | null;
}

/** What the records of one channel say of its units, as far as they were read. */
interface Book {
  position: number;
  readonly deliveries: Map<bigint, Delivery>;
  /** The newest state in which each unit was in flight, and the newest of all. */
  readonly lastIn: Map<bigint, bigint>;
  newest: bigint;
  readonly words: Map<bigint, Ending>;
  /** What the utility said of each unit. */
  readonly said: Map<bigint, DeliveryStatement['verdict']>;
  reading: Promise<void> | undefined;
}

/**
 * The units of the channels of a utility, from the records that it never forgets: what it was shown to be in flight, and what
 * became of that. Read when it is first asked, from then on as far behind as the last question.
 */
export class UtilityUnits {
  readonly #store: Store;
  readonly #books = new Map<string, Book>();

  constructor(store: Store) {
    this.#store = checkedStore(store);
  }

  /** Every unit that was ever ordered, with what the utility said of it. Rejects with `StoreError`. */
  async ordered(key: string, state: Channel): Promise<readonly OrderedUnit[]> {
    const { deliveries, said } = await this.#bookOf(key, state);
    return [...deliveries.values()].map((delivery) => ({
      delivery,
      verdict: said.get(delivery.unit) ?? null,
    }));
  }

  /** Units that ended, by rising number. Rejects with `StoreError`. */
  async ended(key: string, state: Channel): Promise<readonly EndedUnit[]> {
    const book = await this.#bookOf(key, state);
    const isClose = endedByClose(state);
    const found: EndedUnit[] = [];
    for (const [unit, how] of book.words) {
      const delivery = book.deliveries.get(unit);
      const isGone = isClose || book.lastIn.get(unit) !== book.newest;
      if (delivery !== undefined && isGone) found.push({ delivery, how });
    }
    return found.sort((a, b) => (a.delivery.unit < b.delivery.unit ? -1 : 1));
  }

  /** What became of all units. Rejects with `StoreError`. */
  async totals(key: string, state: Channel, gridFeePpm: number): Promise<Totals> {
    const ended = await this.ended(key, state);
    return ended.reduce(
      (totals, { delivery, how }) => withUnit(totals, delivery, how, gridFeeOf(delivery, gridFeePpm)),
      NO_UNITS,
    );
  }

  async #bookOf(key: string, state: Channel): Promise<Book> {
    const book = this.#books.get(key) ?? emptyBook();
    this.#books.set(key, book);
    book.reading ??= this.#readOn(key, book).finally(() => {
      book.reading = undefined;
    });
    await book.reading;
    for (const ledger of proofsOf(state)) see(book, ledger);
    return book;
  }

  async #readOn(key: string, book: Book): Promise<void> {
    for (;;) {
      const texts = await this.#store.records(key, book.position, PAGE);
      for (const text of texts) take(book, readRecord(text));
      book.position += texts.length;
      if (texts.length < PAGE) return;
    }
  }
}

function emptyBook(): Book {
  return {
    position: 0,
    deliveries: new Map(),
    lastIn: new Map(),
    newest: -1n,
    words: new Map(),
    said: new Map(),
    reading: undefined,
  };
}

/** Whether nothing was in flight at the end; where something was, the chain decided it. */
function endedByClose(state: Channel): boolean {
  if (state.type !== 'closed') return false;
  const { why } = state;
  return why.code === 'closed' || (why.code === 'spent' && why.spend === 'close');
}

function proofsOf(state: Channel) {
  const proofs =
    state.type === 'attesting'
      ? state.proofs
      : state.type === 'settling'
        ? (state.utility?.proofs ?? [])
        : [];
  return proofs.map(({ ledger }) => ledger);
}

function see(book: Book, { n, deliveries }: Balances): void {
  for (const delivery of deliveries) {
    const { unit } = delivery;
    const before = book.lastIn.get(unit);
    book.deliveries.set(unit, delivery);
    if (before === undefined || before < n) book.lastIn.set(unit, n);
  }
  if (n > book.newest) book.newest = n;
}

function take(book: Book, record: ReturnType<typeof readRecord>): void {
  const { words } = book;
  switch (record.type) {
    case 'proved':
      see(book, record.proof.ledger);
      break;
    case 'ended':
      words.set(record.unit, record.how);
      break;
    case 'statement': {
      const statement = decodeSigned(DELIVERY_STATEMENT, record.signed);
      if (!statement.ok) break;
      const { verdict } = statement.value.body;
      book.said.set(record.unit, verdict);
      if (verdict === 'delivered') words.set(record.unit, 'settled');
      break;
    }
  }
}
