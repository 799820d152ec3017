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

export { USUAL_LIMIT };
