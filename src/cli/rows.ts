/** Where a list goes on, as its methods take it. */
export interface Page {
  readonly after?: number;
  readonly limit: number;
}

const MOST_ROWS = 1000;

/** All rows of a list that comes in pages. */
export async function allRows<T>(
  page: (page: Page) => Promise<{ readonly rows: readonly T[]; readonly next: number | null }>,
): Promise<readonly T[]> {
  const all: T[] = [];
  let after: number | null = null;
  do {
    const { rows, next } = await page({ limit: MOST_ROWS, ...(after === null ? {} : { after }) });
    all.push(...rows);
    after = next;
  } while (after !== null);
  return all;
}
