import { readFile } from 'node:fs/promises';
import type { Locator, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { PerRole } from '../../../src/base/role.ts';
import type { MethodResult, RpcClient } from '../../../src/client/index.ts';
import { msatText } from '../../../web/src/text/amounts.ts';
import { openChannel } from '../support/channel.ts';
import { chooseRole, type Wallet, type WalletPage } from '../support/wallet.ts';

type Unit = MethodResult<'listUnits'>['units'][number];

/** The tests of the view `Trade`. They buy from the sun of the demo. */
export function tradeTests(wallet: () => Wallet): void {
  describe('the view Trade', () => {
    let opened: WalletPage;
    let page: Page;
    let clients: PerRole<RpcClient>;
    let keys: PerRole<string>;

    beforeAll(async () => {
      ({ clients } = wallet().stage);
      keys = await openChannel(wallet().stage);
      opened = await wallet().newPage({ view: 'trade', role: 'consumer' });
      ({ page } = opened);
      await page.locator('[data-status="offered"]').waitFor();
    });
    afterAll(() => opened.close());

    const card = (title: string) => page.getByRole('region', { name: title, exact: true });
    const press = (within: Locator, name: string) =>
      within.getByRole('button', { name, exact: true }).click();
    const field = (within: Locator, label: string) => within.getByLabel(label, { exact: true });
    const errorOf = (within: Locator, label: string) =>
      within.locator('.field', { has: page.getByLabel(label, { exact: true }) }).locator('.field-error');
    const shows = (within: Locator, text: string) => within.filter({ hasText: text }).first().waitFor();
    const units = async (): Promise<readonly Unit[]> =>
      (await clients.consumer.call('listUnits', { channel: keys.consumer, limit: 1000 })).units;
    const rowOf = (unit: string, status: string) =>
      page.locator(`tr[data-unit="${unit}"][data-status="${status}"]`);
    const newest = async () => (await units()).at(-1)?.unit ?? '-1';

    it('units are bought: each is a row that only ever goes forward, to settled', async () => {
      await page.evaluate(watchRows);
      const before = Number(await newest());
      await field(card('Buy'), 'Units to buy').fill('3');
      await press(card('Buy'), 'Buy');
      for (const step of [1, 2, 3]) await rowOf(String(before + step), 'settled').waitFor();
      const seen = await page.evaluate(() => (globalThis as Watched).wattlaneSeen ?? {});
      const ladder = ['inFlight', 'attested', 'settled'];
      for (const step of [1, 2, 3]) {
        const states = seen[String(before + step)] ?? [];
        expect(states).toEqual(ladder.filter((state) => states.includes(state)));
        expect(states.at(-1)).toBe('settled');
      }
      expect(Object.values(seen).flat()).toContain('inFlight');
    });

    it.each(['consumer', 'producer'] as const)(
      'totals and rows of the %s: those of its daemon, to the millisatoshi',
      async (role) => {
        await chooseRole(page, role);
        const { settled } = await clients[role].call('getTotals', { channel: keys[role] });
        const total = page.locator('[data-total="settled"]');
        await shows(total.locator('strong'), msatText(settled.paidMsat));
        await shows(total, `${settled.units} unit`);
        await shows(total, `grid fee ${msatText(settled.gridFeeMsat)}`);
        const listed = await units();
        expect(listed.reduce((sum, { paymentMsat }) => sum + BigInt(paymentMsat), 0n)).toBe(
          BigInt(settled.paidMsat),
        );
        for (const { unit, status, paymentMsat } of listed)
          expect(await rowOf(unit, status).locator('.unit-payment').textContent()).toBe(
            `${msatText(paymentMsat)} sat`,
          );
        await chooseRole(page, 'consumer');
      },
    );

    it.each([
      ['', 'Say how many units'],
      ['0', 'At least 1'],
      ['1.5', 'Only whole units'],
      ['ten', 'not a number'],
      ['5000000000', 'At most'],
    ])('%j units: said next to the field, and nothing is bought', async (text, problem) => {
      const before = await newest();
      await field(card('Buy'), 'Units to buy').fill(text);
      await press(card('Buy'), 'Buy');
      await shows(errorOf(card('Buy'), 'Units to buy'), problem);
      expect(await field(card('Buy'), 'Units to buy').getAttribute('aria-invalid')).toBe('true');
      expect(await newest()).toBe(before);
    });

    it('keep buying until two units are bought: two, not one more, and it says so', async () => {
      const before = (await units()).length;
      await field(card('Buy'), 'How many').fill('2');
      await press(card('Buy'), 'Keep buying');
      await shows(card('Buy').getByRole('status'), 'Done. 2 units for');
      expect(await units()).toHaveLength(before + 2);
      const { channel } = await clients.consumer.call('getChannel', { channel: keys.consumer });
      expect(channel.wantedUnits).toBe(0);
    });

    it('keep buying until 99 minutes have passed, stopped: the node wants nothing any more', async () => {
      await field(card('Buy'), 'Until').selectOption('time');
      await field(card('Buy'), 'How long').fill('99');
      await press(card('Buy'), 'Keep buying');
      await press(card('Buy'), 'Stop');
      await shows(card('Buy').getByRole('status'), 'Stopped by you');
      const { wantedUnits } = (await clients.consumer.call('getChannel', { channel: keys.consumer })).channel;
      expect(wantedUnits).toBe(0);
    });

    it('keys: go from row to row, Enter opens one, and its receipt is what the node says', async () => {
      const [last, other] = (await units()).toReversed();
      if (last === undefined || other === undefined) throw new Error('two units were bought');
      await rowOf(last.unit, 'settled').getByRole('button').focus();
      await page.keyboard.press('ArrowDown');
      await page.locator(`tr[data-unit="${other.unit}"] button:focus`).waitFor();
      await page.keyboard.press('Enter');
      const dialog = page.locator('dialog[open]');
      const [saved] = await Promise.all([page.waitForEvent('download'), press(dialog, 'Receipt as JSON')]);
      const receipt = JSON.parse(await readFile(await saved.path(), 'utf8'));
      expect(receipt).toMatchObject({
        unit: other.unit,
        paymentMsat: other.paymentMsat,
        gridFeeMsat: other.gridFeeMsat,
        statement: { verdict: 'delivered', lock: other.lock },
      });
      await page.keyboard.press('Escape');
    });

    it('all units as CSV: a line for each', async () => {
      const [saved] = await Promise.all([page.waitForEvent('download'), press(card('Units'), 'All as CSV')]);
      const lines = (await readFile(await saved.path(), 'utf8')).trim().split('\r\n');
      const listed = await units();
      expect(lines.slice(1).map((line) => line.split(',')[0])).toEqual(listed.map(({ unit }) => unit));
    });

    it('the page loaded anew: the same rows', async () => {
      const listed = await units();
      await page.reload();
      for (const { unit, status } of listed) await rowOf(unit, status).waitFor();
      expect(await page.locator('tr[data-unit]').count()).toBe(listed.length);
    });

    it('the chart: can be stopped, and read as a table', async () => {
      const chart = card('Live');
      await press(chart, 'Pause');
      expect(await chart.getByRole('button', { name: 'Pause' }).getAttribute('aria-pressed')).toBe('true');
      await press(chart, 'As a table');
      await chart.getByRole('columnheader', { name: 'Price, sat/kWh' }).waitFor();
      await press(chart, 'As a table');
      await chart.locator('.plot canvas').first().waitFor();
    });

    it('the producer: offers for less than the price, and for more, which the buyer is told', async () => {
      await chooseRole(page, 'producer');
      const offer = card('Your offer');
      await field(offer, 'Units').fill('0');
      await press(offer, 'Replace the offer');
      await shows(errorOf(offer, 'Units'), 'At least 1');
      await field(offer, 'Units').fill('7');
      await field(offer, 'Least price').fill('999999999');
      await press(offer, 'Replace the offer');
      await shows(offer, '999\u202f999\u202f999\u202fsat/kWh');
      await chooseRole(page, 'consumer');
      await shows(
        page.locator('.obstacles'),
        'the seller asks for at least 999\u202f999\u202f999\u202fsat/kWh',
      );
      await chooseRole(page, 'producer');
      await field(offer, 'Units').fill('1000');
      await press(offer, 'Replace the offer');
      await shows(offer, 'any');
      await chooseRole(page, 'consumer');
      await page.locator('[data-status="offered"]').waitFor();
    });

    it('the utility: publishes a tariff by hand', async () => {
      await chooseRole(page, 'utility');
      const form = card('Publish a tariff');
      await field(form, 'Units').fill('1001');
      await press(form, 'Publish');
      await shows(errorOf(form, 'Units'), 'At most');
      const before = (await clients.utility.call('listTariffs', { channel: keys.utility })).tariffs.at(-1);
      await field(form, 'Units').fill('5');
      await press(form, 'Publish');
      const tariffs = await published(clients.utility, keys.utility, before?.firstUnit);
      expect(tariffs.some((tariff) => tariff.units === 5)).toBe(true);
    });
  });
}

/** The tariffs, once there is a newer one than that which begins with `firstUnit`. */
async function published(client: RpcClient, channel: string, firstUnit: string | undefined) {
  for (;;) {
    const { tariffs } = await client.call('listTariffs', { channel });
    if (tariffs.at(-1)?.firstUnit !== firstUnit) return tariffs;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

type Watched = typeof globalThis & { wattlaneSeen?: Record<string, string[]> };

/** Notes each status that a row is drawn with, in order. Runs in the page. */
function watchRows(): void {
  const seen: Record<string, string[]> = {};
  (globalThis as Watched).wattlaneSeen = seen;
  const look = () => {
    for (const row of document.querySelectorAll<HTMLElement>('tr[data-unit]')) {
      const { unit = '', status = '' } = row.dataset;
      seen[unit] ??= [];
      if (seen[unit].at(-1) !== status) seen[unit].push(status);
    }
  };
  new MutationObserver(look).observe(document.body, { subtree: true, childList: true, attributes: true });
}
