import type { Locator, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ROLES } from '../../../src/base/role.ts';
import type { MethodResult, RpcClient } from '../../../src/client/index.ts';
import { msatText, satText } from '../../../web/src/text/amounts.ts';
import { chooseRole, type Wallet, type WalletPage } from '../support/wallet.ts';

/** The tests of the view `Channel`. They open a channel of their own, and leave it alone on the chain. */
export function channelTests(wallet: () => Wallet): void {
  describe('the view Channel', () => {
    let opened: WalletPage;
    let page: Page;
    let consumer: RpcClient;

    beforeAll(async () => {
      opened = await wallet().newPage({ view: 'channel', role: 'consumer' });
      ({ page } = opened);
      ({ consumer } = wallet().stage.clients);
    });
    afterAll(async () => {
      await opened.close();
      // what this channel keeps from the tests that follow
      await wallet().stage.lab('fund', { role: 'consumer', amountSat: '1000000' });
      await wallet().stage.lab('fund', { role: 'producer', amountSat: '500000' });
    });

    const card = (title: string) => page.getByRole('region', { name: title, exact: true });
    const field = (label: string) => card('Open a channel').getByLabel(label, { exact: true });
    const errorOf = (label: string) =>
      card('Open a channel')
        .locator('.field', { has: page.getByLabel(label, { exact: true }) })
        .locator('.field-error');
    const press = (within: Locator, name: string) =>
      within.getByRole('button', { name, exact: true }).click();
    const dialog = () => page.locator('dialog[open]');
    const figure = (name: string) => page.locator(`main [data-figure="${name}"]`);
    const newest = async (): Promise<MethodResult<'getChannel'>['channel']> => {
      const { channels } = await consumer.call('listChannels', { limit: 1000 });
      return (await consumer.call('getChannel', { channel: channels.at(-1)?.channel ?? '' })).channel;
    };
    /** The widths of the bar’s segments, in its own units. */
    const widthsOf = (bar: Locator) =>
      bar.locator('rect').evaluateAll((all) => all.map((each) => Number(each.getAttribute('width'))));

    it.each([
      ['You, the consumer', '1000.5', 'Too many digits'],
      ['You, the consumer', '99 999 999', 'Not enough coins'],
      ['Settled within', '20', 'Choose more than 56 blocks'],
      ['Fee rate of the funding', '0.5', 'less than 1 sat/vB'],
    ])('%s %s: said next to the field, and nothing goes out', async (label, text, problem) => {
      const form = card('Open a channel');
      if ((await form.count()) === 0) await press(card('Channel'), 'Open a channel');
      const before = await field(label).inputValue();
      await field(label).fill(text);
      await press(form, 'Check the proposal');
      await shows(errorOf(label), problem);
      expect(await field(label).getAttribute('aria-invalid')).toBe('true');
      expect(await dialog().count()).toBe(0);
      await field(label).fill(before);
    });

    it('more than the producer has: refused by its node, and said where the amount is', async () => {
      await field('The producer').fill('9 000 000');
      await press(card('Open a channel'), 'Check the proposal');
      await press(dialog(), 'Propose it');
      await shows(errorOf('The producer'), 'The producer has not enough free coins');
      await field('The producer').fill('40 000');
    });

    it('a proposal is checked, goes out, and opens with the next block', async () => {
      await field('You, the consumer').fill('150 000');
      await field('The utility').fill('20 000');
      await press(card('Open a channel'), 'Check the proposal');
      expect(await dialog().innerText()).toContain(satText(150_000n));
      await press(dialog(), 'Propose it');
      await press(card('Its life'), 'Mine a block');
      await page.locator('.life-box-now', { hasText: 'Open' }).waitFor();
      expect(await newest()).toMatchObject({
        state: 'open',
        contributions: { consumerMsat: '150000000', producerMsat: '40000000', utilityMsat: '20000000' },
        params: { bondPolicy: 'stake', arbitration: 'afterHeight' },
      });
    });

    it('a payment to the other trader: refused above what can be paid, then done to the millisatoshi', async () => {
      await press(card('What you can do'), 'Pay the other trader');
      await dialog().getByLabel('Amount', { exact: true }).fill('149 999');
      await press(dialog(), 'Pay');
      await shows(dialog().locator('.field-error'), 'has separators');
      await dialog().getByLabel('Amount', { exact: true }).fill('149999');
      await shows(dialog().locator('.field-error'), `at most ${msatText(149_000_000n)} sat`);
      await dialog().getByLabel('Amount', { exact: true }).fill('1234.567');
      await press(dialog(), 'Pay');
      await shows(figure('now.consumer'), msatText(148_765_433n));
      await shows(figure('local'), '1');
    });

    it.each(ROLES)(
      'at the %s: balances, commitments and what an end would pay are those of its daemon',
      async (role) => {
        await chooseRole(page, role);
        const client = wallet().stage.clients[role];
        const { channelId = '' } = await newest();
        const reference = { channel: channelId ?? '' };
        const { channel } = await client.call('getChannel', reference);
        for (const each of ROLES) {
          await shows(figure(`putIn.${each}`), msatText(channel.contributions?.[`${each}Msat`] ?? ''));
          await shows(
            figure(`now.${each}`),
            msatText((channel.balances ?? channel.contributions)?.[`${each}Msat`] ?? ''),
          );
        }
        const { cooperative, unilateral } = await client.call('previewClose', reference);
        if (cooperative !== null)
          for (const each of ROLES)
            await shows(figure(`together.${each}`), satText(cooperative[`${each}Sat`]));
        for (const { amountSat } of unilateral?.outputs ?? [])
          await shows(figure('alone.output'), satText(amountSat));
        for (const bar of await page.locator('.split-bar').all())
          expect((await widthsOf(bar)).reduce((sum, width) => sum + width, 0)).toBe(1000);
        await chooseRole(page, 'consumer');
      },
    );

    it('the time locks count down with each block', async () => {
      const { settlementHeight } = await newest();
      const height = await wallet().stage.regtest.height();
      const left = (blocks: number) => `in ${blocks} blocks`;
      await shows(page.locator('[data-lock="settlement"]'), left((settlementHeight ?? 0) - height));
      await wallet().stage.regtest.mine(1);
      await shows(page.locator('[data-lock="settlement"]'), left((settlementHeight ?? 0) - height - 1));
    });

    it('the evidence is saved as the node gives it', async () => {
      const [saved] = await Promise.all([
        page.waitForEvent('download'),
        press(card('What you can do'), 'Save the evidence'),
      ]);
      expect(saved.suggestedFilename()).toMatch(/^wattlane-consumer-channel-\d+\.evidence$/);
      await saved.delete();
    });

    it('a close together shows what it pays before it is asked for; a close alone asks twice and waits its delay', async () => {
      await press(card('What you can do'), 'Close together');
      const { channel, params } = await newest();
      const { cooperative } = await consumer.call('previewClose', { channel, feeRateSatPerKvB: '3000' });
      await dialog().getByLabel('Fee rate', { exact: true }).fill('3');
      await shows(dialog().locator('[data-figure="together.fee"]'), satText(cooperative?.feeSat ?? ''));
      await press(dialog(), 'Keep it open');
      await press(card('What you can do'), 'Close alone');
      const force = dialog().getByRole('button', { name: 'Close alone', exact: true });
      expect(await force.isDisabled()).toBe(true);
      await dialog().getByRole('checkbox').check();
      await force.click();
      await page.locator('.life-box-now', { hasText: 'On the chain' }).waitFor();
      await wallet().stage.regtest.mine(1);
      await shows(page.locator('[data-lock="delay"]'), `in ${params?.consumerToSelfDelay} blocks`);
    });
  });
}

/** Waits until it is said there. */
function shows(locator: Locator, words: string): Promise<void> {
  return locator.filter({ hasText: words }).first().waitFor();
}
