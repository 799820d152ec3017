const USUAL_LIMIT = 100;

/** The rows after the first `after`, and how many are passed over next time; `next` is null at the end. */
export function page<T>(
  all: readonly T[],
  after = 0,
  limit = USUAL_LIMIT,
): { readonly rows: readonly T[]; readonly next: number | null } {
  const rows = all.slice(after, after + limit);
  const next = after + rows.length;
  return { rows, next: next < all.length ? next : null };
}

/** Rows in the order of their keys, as many as were asked for, from the oldest on or from the newest. */
export function pageByKey<T extends { readonly key: string }>(
  all: readonly T[],
  {
    after,
    limit = USUAL_LIMIT,
    newestFirst = false,
  }: {
    /** The key behind which they begin. */
    readonly after?: string | undefined;
    readonly limit?: number | undefined;
    readonly newestFirst?: boolean | undefined;
  },
): { readonly rows: readonly T[]; readonly next: string | null } {
  const ordered = newestFirst ? all.toReversed() : all;
  const isBehind = ({ key }: T) => after === undefined || (newestFirst ? key < after : key > after);
  const behind = ordered.filter(isBehind);
  const rows = behind.slice(0, limit);
  return { rows, next: behind.length > rows.length ? (rows.at(-1)?.key ?? null) : null };
}

export { USUAL_LIMIT };
