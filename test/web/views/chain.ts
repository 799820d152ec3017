import type { Locator, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { MethodResult } from '../../../src/client/index.ts';
import { satText } from '../../../web/src/text/amounts.ts';
import type { Wallet, WalletPage } from '../support/wallet.ts';

type ChannelTransaction = MethodResult<'listChannelTransactions'>['transactions'][number];

/** What bitcoind says of a transaction. */
interface Decoded {
  readonly vsize: number;
  readonly weight: number;
  readonly vout: readonly { readonly value: number; readonly scriptPubKey: { readonly hex: string } }[];
  readonly hex: string;
}

/** The tests of the view `Chain`. They look at the channel that those of the view `Channel` left on the chain. */
export function chainTests(wallet: () => Wallet): void {
  describe('the view Chain', () => {
    let opened: WalletPage;
    let page: Page;
    let transactions: readonly ChannelTransaction[];

    const box = (txid: string) => page.locator(`.graph-box[data-txid="${txid}"]`);
    const rpc = <T>(method: string, params: unknown[] = []) =>
      wallet().stage.regtest.rpc.call(method, params) as Promise<T>;

    const decoded = async ({ txid, height }: ChannelTransaction) =>
      rpc<Decoded>('getrawtransaction', [txid, true, await rpc('getblockhash', [height])]);

    beforeAll(async () => {
      const { producer } = wallet().stage.clients;
      opened = await wallet().newPage({ view: 'channel', role: 'producer' });
      ({ page } = opened);
      const { channels } = await producer.call('listChannels', { states: ['settling'] });
      const channel = channels.at(-1)?.channel ?? expect.fail('no channel is on the chain');
      await page.getByLabel('Channel in view, for all three parties').selectOption(channel);
      await opened.show('chain');
      await wallet().stage.regtest.mine(1);
      await page.locator('.graph-claim').nth(1).waitFor();
      await wallet().stage.regtest.mine(1);
      await page.locator('.graph-claim:not(.graph-box-waits)').nth(1).waitFor();
      ({ transactions } = await producer.call('listChannelTransactions', { channel }));
    });
    afterAll(() => opened.close());

    it('funding, commitment and the claims of producer and utility: a box each, with the amounts of the Bitcoin node to the satoshi', async () => {
      expect(transactions.map(({ kind }) => kind)).toEqual(['funding', 'commitment', 'claim', 'claim']);
      for (const transaction of transactions) {
        const { vout } = await decoded(transaction);
        const drawn = await box(transaction.txid).locator('.graph-value').allTextContents();
        expect(drawn).toEqual(vout.map(({ value }) => satText(BigInt(Math.round(value * 1e8)))));
      }
      expect(await page.locator('.graph-edge').count()).toBe(3);
    });

    it('chosen by keyboard: told below, with bytes, weight and descriptors as they are', async () => {
      for (const transaction of transactions) {
        const { txid } = transaction;
        await box(txid).focus();
        await page.keyboard.press('Enter');
        await shows(page.locator('main code'), txid);
        const { hex, weight, vsize, vout } = await decoded(transaction);
        const told = page.getByRole('region').filter({ hasText: txid });
        await shows(told, `${vsize} vB, weight ${weight}`);
        await told.getByText('The whole transaction, as bytes').click();
        await shows(told.locator('code'), hex);
        const scripts = await told.locator('.output code').allTextContents();
        for (const { scriptPubKey } of vout) expect(scripts).toContain(scriptPubKey.hex);
        for (const descriptor of scripts.filter((each) => each.startsWith('wsh(')))
          expect(await rpc('getdescriptorinfo', [descriptor])).toMatchObject({ hasprivatekeys: false });
      }
    });

    it('a block that comes is in the strip, with its age and how many transactions of ours are in it', async () => {
      const { producer } = wallet().stage.clients;
      await wallet().stage.regtest.fund((await producer.call('newAddress', {})).address, 12_000n);
      const height = await wallet().stage.regtest.height();
      const block = page.locator('.strip .block').last();
      await shows(block, String(height));
      await shows(block, '1 of ours');
      expect(await block.innerText()).toMatch(/just now|s ago/);
    });
  });
}

/** Waits until it is said there. */
function shows(locator: Locator, words: string): Promise<void> {
  return locator.filter({ hasText: words }).first().waitFor();
}
