import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Wallet, WalletPage } from '../support/wallet.ts';

/** The tests of the view `Trade`. */
export function tradeTests(wallet: () => Wallet): void {
  describe('the view Trade', () => {
    let opened: WalletPage;
    beforeAll(async () => {
      opened = await wallet().newPage({ view: 'trade' });
    });
    afterAll(() => opened.close());

    it('opened by its address: has its own heading', async () => {
      expect(await opened.page.getByRole('heading', { level: 1 }).textContent()).toBe('Trade');
    });
  });
}
