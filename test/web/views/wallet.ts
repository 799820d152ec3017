import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Wallet, WalletPage } from '../support/wallet.ts';

/** The tests of the view `Wallet`. */
export function walletTests(wallet: () => Wallet): void {
  describe('the view Wallet', () => {
    let opened: WalletPage;
    beforeAll(async () => {
      opened = await wallet().newPage({ view: 'wallet' });
    });
    afterAll(() => opened.close());

    it('opened by its address: has its own heading', async () => {
      expect(await opened.page.getByRole('heading', { level: 1 }).textContent()).toBe('Wallet');
    });
  });
}
