/** Whole numbers by name, one row after the other, in as few bytes as they take. */
type Column =
  | BigUint64Array<ArrayBuffer>
  | BigInt64Array<ArrayBuffer>
  | Float64Array<ArrayBuffer>
  | Uint8Array<ArrayBuffer>;

export interface UnitColumns {
  readonly unit: BigUint64Array<ArrayBuffer>;
  readonly deliveryId: BigUint64Array<ArrayBuffer>;
  readonly energyWh: BigUint64Array<ArrayBuffer>;
  readonly paymentMsat: BigInt64Array<ArrayBuffer>;
  readonly bondMsat: BigInt64Array<ArrayBuffer>;
  /** -1: none yet. */
  readonly gridFeeMsat: BigInt64Array<ArrayBuffer>;
  readonly deadline: Float64Array<ArrayBuffer>;
  readonly expiry: Float64Array<ArrayBuffer>;
  /** Unix seconds; -1: not known. */
  readonly orderedAt: Float64Array<ArrayBuffer>;
  readonly meteredAt: Float64Array<ArrayBuffer>;
  readonly endedAt: Float64Array<ArrayBuffer>;
  readonly status: Uint8Array<ArrayBuffer>;
  readonly seller: Uint8Array<ArrayBuffer>;
}

/** Room for so many rows; the first rows are those of `before`. */
export function columnsFor(capacity: number, before?: UnitColumns): UnitColumns {
  const columns: UnitColumns = {
    unit: new BigUint64Array(capacity),
    deliveryId: new BigUint64Array(capacity),
    energyWh: new BigUint64Array(capacity),
    paymentMsat: new BigInt64Array(capacity),
    bondMsat: new BigInt64Array(capacity),
    gridFeeMsat: new BigInt64Array(capacity),
    deadline: new Float64Array(capacity),
    expiry: new Float64Array(capacity),
    orderedAt: new Float64Array(capacity),
    meteredAt: new Float64Array(capacity),
    endedAt: new Float64Array(capacity),
    status: new Uint8Array(capacity),
    seller: new Uint8Array(capacity),
  };
  if (before !== undefined) {
    const from = all(before);
    for (const [index, column] of all(columns).entries()) column.set(from[index] as never);
  }
  return columns;
}

/** Moves the rows from `start` to `end` so that they begin at `target`. */
export function moveRows(columns: UnitColumns, target: number, start: number, end: number): void {
  for (const column of all(columns)) column.copyWithin(target, start, end);
}

function all(columns: UnitColumns): readonly Column[] {
  return Object.values(columns);
}
