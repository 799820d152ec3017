import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { pageByKey } from '../../../src/daemon/rpc/methods/paging.ts';

describe('pages of channels', () => {
  const keys = fc
    .uniqueArray(fc.nat(999), { maxLength: 30 })
    .map((numbers) => numbers.sort((a, b) => a - b).map((n) => ({ key: `${n}`.padStart(8, '0') })));

  it('from page to page, in either order: every row once, none twice', () => {
    fc.assert(
      fc.property(keys, fc.integer({ min: 1, max: 7 }), fc.boolean(), (rising, limit, newestFirst) => {
        const seen: { readonly key: string }[] = [];
        let after: string | undefined;
        for (let pages = 0; pages <= rising.length; pages++) {
          const { rows, next } = pageByKey(rising, { after, limit, newestFirst });
          expect(rows.length).toBeLessThanOrEqual(limit);
          seen.push(...rows);
          if (next === null) break;
          after = next;
        }
        expect(seen).toEqual(newestFirst ? rising.toReversed() : rising);
      }),
    );
  });
});
