import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Wallet, WalletPage } from '../support/wallet.ts';

/** The tests of the view `Chain`. */
export function chainTests(wallet: () => Wallet): void {
  describe('the view Chain', () => {
    let opened: WalletPage;
    beforeAll(async () => {
      opened = await wallet().newPage({ view: 'chain' });
    });
    afterAll(() => opened.close());

    it('opened by its address: has its own heading', async () => {
      expect(await opened.page.getByRole('heading', { level: 1 }).textContent()).toBe('Chain');
    });
  });
}
