import { readFile } from 'node:fs/promises';
import type { Locator, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RpcClient } from '../../../src/client/client.ts';
import { satText } from '../../../web/src/text/amounts.ts';
import { qrPath } from '../../../web/src/views/wallet/model/qrPath.ts';
import { cutLineOf, nodeIdOf, shows, text, turnAway } from '../support/onPage.ts';
import type { Wallet, WalletPage } from '../support/wallet.ts';

/** The tests of the view `Wallet`. They pay from the utility's wallet: the traders keep theirs for channels. */
export function walletTests(wallet: () => Wallet): void {
  describe('the view Wallet', () => {
    let opened: WalletPage;
    let page: Page;
    let payer: RpcClient;
    let payee: RpcClient;
    const rpc = <T>(method: string, params: unknown[] = []) =>
      wallet().stage.regtest.rpc.call(method, params) as Promise<T>;

    beforeAll(async () => {
      opened = await wallet().newPage({ view: 'wallet', role: 'utility' });
      ({ page } = opened);
      ({ utility: payer, consumer: payee } = wallet().stage.clients);
    });
    afterAll(() => opened.close());

    const card = (title: string) => page.getByRole('region', { name: title, exact: true });
    const field = (within: Locator, label: string) => within.getByLabel(label, { exact: true });
    const dialog = () => page.locator('dialog[open]');
    const figure = (within: Locator, name: string) => within.locator(`[data-figure="${name}"]`);
    const press = (within: Locator, name: string | RegExp) =>
      within.getByRole('button', { name, exact: true }).click();
    const tab = (name: string) =>
      page.getByRole('navigation', { name: 'Wallet of the utility' }).getByRole('link', { name }).click();
    const fillPayment = async (recipient: string, amount: string, rate: string) => {
      const send = card('Send');
      await field(send, 'Recipient').fill(recipient);
      await field(send, 'Amount').fill(amount);
      await send.getByRole('radio', { name: /^Own/ }).check({ force: true });
      await field(send, 'Your fee').fill(rate);
    };
    const newest = async () =>
      (await payer.call('listTransactions', { newestFirst: true, limit: 1 })).transactions[0];

    it('the balance is that of the daemon, and of the chain by its descriptors, to the satoshi', async () => {
      const { wallet: balance } = await payer.call('getBalance', {});
      const { descriptors } = await payer.call('exportDescriptors', {});
      const { total_amount } = await rpc<{ total_amount: number }>('scantxoutset', [
        'start',
        descriptors.map(({ descriptor }) => ({ desc: descriptor, range: 100 })),
      ]);
      await shows(figure(card('Balance'), 'onChain'), satText(balance.confirmedSat));
      expect(balance.confirmedSat).toBe(String(Math.round(total_amount * 1e8)));
      await shows(figure(card('Balance'), 'spendable'), satText(balance.spendableSat));
    });

    it('an address is made, drawn as what is asked for, and said to be paid when it is', async () => {
      const receive = card('Receive');
      await field(receive, 'Amount asked for').fill('1.5');
      await shows(receive, 'Too many digits');
      await field(receive, 'Amount asked for').fill('12 345');
      await field(receive, 'What for').fill('rent & more');
      await press(receive, 'New address');
      const address = await text(figure(receive, 'address'));
      const uri = await text(figure(receive, 'uri'));
      expect(uri).toBe(`bitcoin:${address}?amount=0.00012345&label=rent%20%26%20more`);
      expect(await payer.call('decode', { data: address })).toMatchObject({ decoded: { isOurs: true } });
      expect(await receive.locator('.qr-dark').getAttribute('d')).toBe(qrPath(uri).path);
      await wallet().stage.regtest.fund(address, 12_345n);
      await shows(receive, `It was paid ${satText('12345')}`);
      expect((await payer.call('exportLabels', {})).labels).toContain('rent & more');
    });

    it.each([
      ['Recipient', 'nobody', '1000', '1', 'not a Bitcoin address'],
      [
        'Recipient',
        'bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4',
        '1000',
        '1',
        'an address of mainnet; this wallet is on regtest',
      ],
      ['Recipient', 'bcrt1qw508d6qejxtdg4y5r3zarvary0c5xw7kygt08q', '1000', '1', 'its checksum is wrong'],
      ['Recipient', 'lnbc20m1pvjluez', '1000', '1', 'a Lightning invoice'],
      ['Recipient', 'bitcoin:OURS?req-new=1', '1000', '1', 'demands something'],
      ['Recipient', 'bitcoin:OURS?amount=0.000000001', '1000', '1', 'too many digits'],
      ['Amount', 'OURS', '1000.5', '1', 'Too many digits'],
      ['Amount', 'OURS', 'ten', '1', 'not a number'],
      ['Amount', 'OURS', '999999999999', '1', 'sat that it can spend'],
      ['Amount', 'OURS', 'ALL', '1', 'with its fee'],
      ['Amount', 'OURS', '100', '1', 'Send at least 330'],
      ['Your fee', 'OURS', '1000', '1.0001', 'Too many digits'],
      ['Your fee', 'OURS', '1000', '0', 'Say more than 0'],
    ])(
      '%s wrong (%s, %s sat, %s sat/vB): said next to it, and nothing is sent',
      async (label, recipient, amount, rate, words) => {
        const { address } = await payee.call('newAddress', {});
        const { spendableSat } = (await payer.call('getBalance', {})).wallet;
        await fillPayment(recipient.replace('OURS', address), amount.replace('ALL', spendableSat), rate);
        await press(card('Send'), 'Check the payment');
        const wrong = field(card('Send'), label);
        await page.locator(`[aria-invalid="true"]#${await wrong.getAttribute('id')}`).waitFor();
        await shows(
          card('Send')
            .locator('.field', { has: page.getByLabel(label, { exact: true }) })
            .locator('.field-error'),
          words,
        );
        expect(await dialog().count()).toBe(0);
      },
    );

    it('a payment request is checked, then paid once for two clicks, as it was checked', async () => {
      const { address } = await payee.call('newAddress', {});
      const before = (await payer.call('listTransactions', { limit: 1000 })).transactions.length;
      await fillPayment(`bitcoin:${address}?amount=0.0007&message=a%20panel`, '', '3.5');
      expect(await field(card('Send'), 'Label').inputValue()).toBe('a panel');
      await field(card('Send'), 'Recipient').fill(`bitcoin:${address}?amount=0.0007&message=a%20panel`);
      await press(card('Send'), 'Check the payment');
      const preview = await payer.call('previewPayment', {
        address,
        amountSat: '70000',
        feeRateSatPerKvB: '3500',
      });
      const total = BigInt(preview.amountSat) + BigInt(preview.feeSat);
      await shows(figure(dialog(), 'amount'), satText(preview.amountSat));
      await shows(figure(dialog(), 'fee'), satText(preview.feeSat));
      await shows(figure(dialog(), 'total'), satText(total));
      await shows(figure(dialog(), 'change'), satText(preview.changeSat));
      await dialog().getByRole('button', { name: 'Send', exact: true }).dblclick();
      const txid = await text(figure(dialog(), 'txid'));
      await press(dialog(), 'Done');
      const { transactions } = await payer.call('listTransactions', { limit: 1000 });
      expect(transactions.length).toBe(before + 1);
      expect(transactions.at(-1)).toMatchObject({ txid, label: 'a panel', feeSat: preview.feeSat });
      const entry = await rpc<{ fees: { base: number }; vsize: number }>('getmempoolentry', [txid]);
      expect([Math.round(entry.fees.base * 1e8), entry.vsize]).toEqual([
        Number(preview.feeSat),
        preview.vsize,
      ]);
      const row = page.locator(`[data-txid="${txid}"]`);
      await shows(figure(row, 'change'), satText(-total));
      await shows(row, 'waits for a block');
    });

    it('a fee is raised: too small a step is refused with the least, which is then taken', async () => {
      const waiting = await newest();
      const row = page.locator(`[data-txid="${waiting?.txid}"]`);
      await row.locator('summary').click();
      await press(row, 'Raise the fee');
      await field(dialog(), 'New fee').fill('3.6');
      await press(dialog(), 'Replace the payment');
      await shows(dialog(), 'Too small a step');
      await press(dialog(), /^Take /);
      await press(dialog(), 'Replace the payment');
      const txid = await text(figure(dialog(), 'txid'));
      await press(dialog(), 'Done');
      const pool = await rpc<string[]>('getrawmempool');
      expect(pool).toContain(txid);
      expect(pool).not.toContain(waiting?.txid);
      await figure(page.locator(`[data-txid="${txid}"]`), 'change').waitFor();
    });

    it('a fee below what the Bitcoin node takes: refused by it, said next to the fee, nothing is spent', async () => {
      const { address } = await payee.call('newAddress', {});
      const { wallet: before } = await payer.call('getBalance', {});
      await fillPayment(address, '5000', '0.02');
      await press(card('Send'), 'Check the payment');
      await press(dialog(), 'Send');
      await shows(dialog(), 'passes on nothing that pays so little');
      await press(dialog(), 'Change it');
      await shows(card('Send').locator('.field-error'), 'passes on nothing');
      expect((await payer.call('getBalance', {})).wallet).toEqual(before);
    });

    it('a payment whose answer is lost is made once; a node that is gone is said to be, where one pays', async () => {
      const other = await wallet().newPage();
      const line = await cutLineOf(other.page, 'sendCoins');
      await other.page.reload();
      await other.show('wallet');
      await other.show('wallet', 'utility');
      const { address } = await payee.call('newAddress', {});
      const send = other.page.getByRole('region', { name: 'Send', exact: true });
      await field(send, 'Recipient').fill(address);
      await field(send, 'Amount').fill('4321');
      await press(send, 'Check the payment');
      await press(other.page.locator('dialog[open]'), 'Send');
      const txid = await text(figure(other.page.locator('dialog[open]'), 'txid'));
      expect(line.lost()).toBe(1);
      const { transactions } = await payer.call('listTransactions', { newestFirst: true, limit: 5 });
      const paid = transactions.filter(
        ({ sentSat, receivedSat, feeSat }) =>
          BigInt(sentSat) - BigInt(receivedSat) - BigInt(feeSat ?? 0) === 4321n,
      );
      expect(paid.map((each) => each.txid)).toEqual([txid]);
      await press(other.page.locator('dialog[open]'), 'Done');
      line.cut();
      await shows(send, 'The utility’s node is not there');
      await other.close();
    });

    it('the history is newest first, counts confirmations, and its labels are the daemon’s', async () => {
      await wallet().stage.regtest.mine(1);
      await expect.poll(async () => (await newest())?.confirmations).toBe(1);
      const { transactions } = await payer.call('listTransactions', { newestFirst: true, limit: 10 });
      const rows = card('History').locator('li');
      await shows(rows.first(), '1 of 6 blocks');
      expect(await rows.evaluateAll((all) => all.map((each) => each.getAttribute('data-txid')))).toEqual(
        transactions.map(({ txid }) => txid),
      );
      const first = rows.first();
      await first.locator('summary').click();
      await first.getByRole('button', { name: / label$/ }).click();
      await field(first, 'Label').fill('lamp oil');
      await press(first, 'Save');
      await shows(first.locator('.row-title'), 'lamp oil');
      expect(await newest()).toMatchObject({ label: 'lamp oil' });
    });

    it('a PSBT sets coins aside, says so, is signed with its outputs in view, and is freed', async () => {
      await tab('Export');
      const { address } = await payee.call('newAddress', {});
      const prepare = card('Prepare a PSBT');
      await field(prepare, 'Recipient').fill(address);
      await field(prepare, 'Amount').fill('6000');
      await press(prepare, 'Prepare it');
      await shows(prepare, 'Give it a name');
      await field(prepare, 'Name').fill('new lamp');
      await press(prepare, 'Prepare it');
      const psbt = await figure(prepare, 'psbt').inputValue();
      const [saved] = await Promise.all([page.waitForEvent('download'), press(prepare, 'Download the file')]);
      expect((await readFile(await saved.path())).toString('base64')).toBe(psbt);
      const { coins } = await payer.call('listCoins', { limit: 1000 });
      const reserved = coins.filter(({ reservedFor }) => reservedFor === 'psbt: new lamp');
      const sum = reserved.reduce((total, { valueSat }) => total + BigInt(valueSat), 0n);
      await shows(prepare.locator('[data-list="reserves"]'), satText(sum));
      const sign = card('Sign or send what others made');
      await field(sign, 'PSBT or transaction').fill('not one');
      await press(sign, 'Look at it');
      await shows(sign, 'neither Base64 nor hexadecimal');
      await field(sign, 'PSBT or transaction').fill(psbt);
      await press(sign, 'Look at it');
      await shows(sign.locator('[data-list="outputs"]'), satText('6000'));
      await press(sign, 'Sign it');
      await shows(sign, 'Every coin has its signature');
      const finished = await rpc<{ complete: boolean; hex: string }>('finalizepsbt', [
        await figure(sign, 'psbt').inputValue(),
      ]);
      expect(finished.complete).toBe(true);
      await press(sign, 'Another one');
      await field(sign, 'PSBT or transaction').fill(finished.hex);
      await press(sign, 'Look at it');
      await shows(sign.locator('[data-list="outputs"]'), satText('6000'));
      await press(prepare, 'Free the coins of new lamp');
      await prepare.locator('[data-list="reserves"]').waitFor({ state: 'detached' });
      const after = (await payer.call('listCoins', { limit: 1000 })).coins;
      expect(after.filter(({ reservedFor }) => reservedFor !== null)).toEqual([]);
    });

    it('descriptors are shown on demand, with what they reveal; they are the daemon’s', async () => {
      const watch = card('Watch from another wallet');
      expect(await figure(watch, 'descriptor').count()).toBe(0);
      await shows(watch, 'sees every payment');
      await press(watch, 'Show the descriptors');
      await figure(watch, 'descriptor').first().waitFor();
      const { descriptors } = await payer.call('exportDescriptors', {});
      expect(await figure(watch, 'descriptor').allTextContents()).toEqual(
        descriptors.map(({ descriptor }) => descriptor),
      );
    });

    it('the coins are the daemon’s, each with its value', async () => {
      await tab('Coins');
      const { coins } = await payer.call('listCoins', { limit: 20 });
      for (const { txid, vout, valueSat } of coins)
        await shows(page.locator(`[data-coin="${txid}:${vout}"]`), satText(valueSat));
      expect(await card('Coins').locator('[data-coin]').count()).toBe(coins.length);
    });

    it('the words of the node are shown after the passphrase, asked for, and gone when one turns away', async () => {
      await tab('Backup');
      const { passphrase } = await wallet().stage.state();
      const seed = card('Seed');
      const list = seed.getByRole('listitem');
      const show = async () => {
        await field(seed, 'Passphrase').fill(passphrase);
        await press(seed, 'Show the words');
        await list.first().waitFor();
        return list.allTextContents();
      };
      // `utility` is a word of the list too
      const before = await page.content();
      const unsaid = (words: readonly string[]) => words.filter((word) => !before.includes(`>${word}<`));
      const inPage = async (words: readonly string[]) => {
        const html = await page.content();
        return unsaid(words).filter((word) => html.includes(`>${word}<`));
      };
      await press(seed, 'Show the words');
      await shows(seed, 'Type the passphrase');
      const words = await show();
      expect(nodeIdOf(words)).toBe((await payer.call('getInfo', {})).nodeId);
      expect(await inPage(words)).toEqual(unsaid(words));
      await turnAway(page);
      await field(seed, 'Passphrase').waitFor();
      expect(await inPage(words)).toEqual([]);
      await show();
      await tab('Coins');
      await card('Coins').waitFor();
      await tab('Backup');
      await field(seed, 'Passphrase').waitFor();
      expect(await inPage(words)).toEqual([]);
      await show();
      await press(seed, 'I wrote them down: test me');
      expect(await inPage(words)).toEqual([]);
      const asked = await seed.locator('label').allTextContents();
      expect(asked).toHaveLength(3);
      for (const label of asked) await field(seed, label).fill('none');
      await press(seed, 'Check');
      await shows(seed, `This is not word ${asked[2]?.slice('Word '.length)}`);
      for (const label of asked)
        await field(seed, label).fill(words[Number(label.slice('Word '.length)) - 1] ?? '');
      await press(seed, 'Check');
      await shows(seed, 'what you wrote down is this seed');
      await field(seed, 'Passphrase').fill(`${passphrase}!`);
      await press(seed, 'Show the words');
      await shows(seed.locator('.field-error'), 'not the passphrase');
      expect(await inPage(words)).toEqual([]);
    });

    it.each([
      ['none', '', 'Type the words'],
      ['two', 'abandon abandon', 'These are 2 words'],
      ['twelve of a wrong checksum', 'abandon '.repeat(12), 'together they are no seed'],
      ['one that is in no list', `${'abandon '.repeat(11)}wattlane`, 'not in the list'],
    ])('words that are no seed, %s: said next to them, and nothing is restored', async (_, words, reason) => {
      const restore = card('Restore from words');
      await field(restore, 'Words').fill(words);
      await press(restore, 'Restore the utility');
      await shows(restore.locator('.field-error'), reason);
    });

    it('the channel backup is saved as a file', async () => {
      const backup = card('Channel backup');
      const [saved] = await Promise.all([
        page.waitForEvent('download'),
        press(backup, 'Download the backup'),
      ]);
      expect(saved.suggestedFilename()).toBe('wattlane-utility-channels.backup');
      const bytes = (await readFile(await saved.path())).length;
      expect(bytes).toBe((await payer.call('exportBackup', {})).backup.length / 2);
    });
  });
}
