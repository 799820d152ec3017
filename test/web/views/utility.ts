import { readFile } from 'node:fs/promises';
import type { Locator, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { demandPrice } from '../../../src/market/pricing.ts';
import { energyText, priceText } from '../../../web/src/text/amounts.ts';
import { msats } from '../../../web/src/text/voice.ts';
import { CONTEST_WINDOW, channelWhen, propose } from '../support/trade.ts';
import type { Wallet, WalletPage } from '../support/wallet.ts';

/** What is told by one process to another is there soon; by then it is there, or never. */
const LATE = { timeout: 30_000 };

/** A text and nothing else; which space is in it does not count. */
function exactly(text: string): RegExp {
  return new RegExp(`^${text.replaceAll('.', '\\.').replace(/\s/g, '\\s')}$`);
}

/** The tests of the view `Utility`. */
export function utilityTests(wallet: () => Wallet): void {
  describe('the view Utility', () => {
    let opened: WalletPage;
    let page: Page;
    /** The same channel, by the keys of consumer, producer and utility. */
    let keys: { readonly consumer: string; readonly producer: string; readonly utility: string };
    const stage = () => wallet().stage;
    const card = (title: string): Locator =>
      page.locator('section.card', { has: page.getByRole('heading', { name: title, exact: true }) });

    beforeAll(async () => {
      const { clients } = stage();
      const consumer = await propose(stage());
      await channelWhen(clients.consumer, consumer, ({ state }) => state === 'awaitingFunding');
      await stage().lab('mine', { blocks: 6 });
      const { channelId } = await channelWhen(clients.consumer, consumer, ({ state }) => state === 'open');
      const keyOf = async (role: 'producer' | 'utility') => {
        const { channels } = await clients[role].call('listChannels', { limit: 1000 });
        return channels.find((each) => each.channelId === channelId)?.channel ?? expect.fail('no channel');
      };
      keys = { consumer, producer: await keyOf('producer'), utility: await keyOf('utility') };
      await channelWhen(clients.consumer, consumer, ({ offers }) => offers.length > 0);
      await clients.consumer.call('buy', { channel: consumer, units: 2 });
      opened = await wallet().newPage({ view: 'utility', role: 'consumer' });
      page = opened.page;
    });
    afterAll(() => opened?.close());

    it('whoever is in view, it is the utility’s desk, and says so', async () => {
      expect(await page.locator('.utility-note').innerText()).toContain('seen through its own node');
      await opened.show('utility', 'utility');
      expect(await page.locator('.utility-note').count()).toBe(0);
    });

    it('a word of the trade: explained by the keyboard, with its section; Escape closes', async () => {
      const word = page.getByRole('button', { name: 'Grid fees' }).first();
      const note = page.locator(`#${await word.getAttribute('popovertarget')}`);
      expect(await note.isVisible()).toBe(false);
      await word.focus();
      await page.keyboard.press('Enter');
      await note.waitFor();
      expect(await note.innerText()).toContain('for its wires');
      expect(await note.getByRole('link').getAttribute('href')).toBe('/protocol.html#2-channel-parameters');
      await page.keyboard.press('Escape');
      await note.waitFor({ state: 'hidden' });
    });

    it('each channel: size, paid units, grid fees and balance of the node, to the millisatoshi', async () => {
      const { utility } = stage().clients;
      const row = page.locator(`tr[data-channel="${keys.utility}"]`);
      await row.locator('td:nth-child(4)', { hasText: /^2$/ }).waitFor();
      const { settled } = await utility.call('getTotals', { channel: keys.utility });
      const { channel } = await utility.call('getChannel', { channel: keys.utility });
      expect(BigInt(settled.gridFeeMsat)).toBeGreaterThan(0n);
      const figures = [
        msats(channel.capacityMsat ?? 0n),
        '2',
        msats(settled.gridFeeMsat),
        msats(0n),
        msats(channel.balances?.utilityMsat ?? 0n),
      ];
      for (const [at, figure] of figures.entries())
        await row.locator(`td:nth-child(${3 + at})`, { hasText: exactly(figure) }).waitFor();
    });

    it('grid fees and forfeits of all channels: the sum of what the node says', async () => {
      const { utility } = stage().clients;
      const { channels } = await utility.call('listChannels', { limit: 1000 });
      const totals = await Promise.all(channels.map(({ channel }) => utility.call('getTotals', { channel })));
      const sum = (of: (each: (typeof totals)[number]) => string) =>
        totals.reduce((all, each) => all + BigInt(of(each)), 0n);
      const shows = (figure: string, msat: bigint) =>
        page.locator(`[data-figure="${figure}"]`, { hasText: exactly(msats(msat)) }).waitFor();
      await shows(
        'fees',
        sum(({ settled }) => settled.gridFeeMsat),
      );
      const forfeits =
        sum(({ forfeited }) => forfeited.paymentMsat) + sum(({ forfeited }) => forfeited.bondMsat);
      await shows('forfeits', forfeits);
    });

    it('attested against sold: the watt-hours of each meter are those of the node', async () => {
      const { meters } = await stage().clients.utility.call('getMeterBook', {});
      const own = meters.filter(({ channel, ordered }) => channel === keys.utility && ordered.units > 0);
      expect(own.map(({ ordered, attested }) => [ordered.units, attested.units])).toEqual([[2, 2]]);
      const meter = own[0]?.meter;
      const sum = (of: (each: (typeof meters)[number]) => { energyWh: string }) =>
        meters
          .filter((each) => each.meter === meter)
          .reduce((all, each) => all + BigInt(of(each).energyWh), 0n);
      const part = (name: string) => card('Attested against sold').locator(`[data-meter="${meter}"] ${name}`);
      expect(await part('[data-part="attested"]').innerText()).toContain(
        energyText(sum(({ attested }) => attested)),
      );
      expect(await part('[data-part="refused"]').innerText()).toContain(
        energyText(sum(({ refused }) => refused)),
      );
      expect(await part('> .hint').innerText()).toContain(
        `Sold: ${energyText(sum(({ ordered }) => ordered))} in`,
      );
    });

    it('watchtower: as many blobs of each channel as its node keeps', async () => {
      for (const of of ['consumer', 'producer'] as const) {
        const kept = async () => {
          const { channels } = await stage().clients.utility.call('getWatchtower', {});
          const own = channels.find((each) => each.channel === keys.utility && each.of === of);
          const cells = await page.locator(`[data-watched="${keys.utility} ${of}"] td`).allInnerTexts();
          const shown = cells.slice(2, 4).map((text) => text.replace(/\D/g, ''));
          return own !== undefined && own.blobs > 0 && shown.join() === `${own.blobs},${own.bytes}`;
        };
        await expect.poll(kept, LATE).toBe(true);
      }
    });

    it('coefficients: what is wrong is said next to its field, and nothing is set', async () => {
      const before = stage().state().world.coefficients;
      const field = card('Tariff coefficients').getByLabel('c1, always');
      for (const [text, what] of [
        ['-1', 'It cannot be negative.'],
        ['a few', 'Write a number, for example 200.'],
        ['1.1234567', 'At most 6 digits after the point.'],
      ] as const) {
        await field.fill(text);
        await card('Tariff coefficients').getByText(what).waitFor();
        expect(await card('Tariff coefficients').getByRole('button', { name: 'Set' }).isDisabled()).toBe(
          true,
        );
      }
      expect(stage().state().world.coefficients).toEqual(before);
    });

    it('coefficients: the price of the curve is the one of the next tariff', async () => {
      const { a1, b1, c1 } = stage().state().world.coefficients;
      // the demand stays while the sun stands still
      await stage().lab('setWorld', { running: false });
      await card('Tariff coefficients').getByLabel('c1, always').fill('321.5');
      await card('Tariff coefficients').getByRole('button', { name: 'Set' }).click();
      await card('Tariff coefficients').locator('.notice-good').waitFor();
      const { world } = stage().state();
      expect(world.coefficients).toEqual({ a1, b1, c1: '321500000' });
      const price = demandPrice({ a1: BigInt(a1), b1: BigInt(b1), c1: 321_500_000n }, BigInt(world.demandWh));
      expect(await card('Tariff coefficients').innerText()).toContain(priceText(price.ok ? price.value : 0n));
      await card('Tariff coefficients').getByLabel('c1, always').fill('200');
      await card('Tariff coefficients').getByRole('button', { name: 'Set' }).click();
      await card('Tariff coefficients').locator('.notice-good').waitFor();
      expect(stage().state().world.coefficients).toEqual({ a1, b1, c1 });
      await stage().lab('setWorld', { running: true });
    });

    it('a tariff at a demand: published at the price of the curve, and known to the consumer', async () => {
      const tariff = card('Publish a tariff');
      const { coefficients } = stage().state().world;
      const price = demandPrice(
        { a1: BigInt(coefficients.a1), b1: BigInt(coefficients.b1), c1: BigInt(coefficients.c1) },
        1234n,
      );
      if ((await tariff.getByLabel('Channel').count()) > 0)
        await tariff.getByLabel('Channel').selectOption(keys.utility);
      await tariff.getByLabel('Demand D of the slot').fill('1234');
      await tariff.getByLabel('It holds for').fill('7');
      await tariff.getByLabel('Energy of a unit').fill('25');
      await tariff.getByLabel('Units').fill('1001');
      await tariff.getByRole('button', { name: 'Publish' }).click();
      expect(await tariff.locator('.field-error:not(:empty)').allInnerTexts()).toEqual([
        'At most 1\u202f000.',
      ]);
      await tariff.getByLabel('Units').fill('17');
      await tariff.getByRole('button', { name: 'Publish' }).click();
      await tariff.locator('.notice-good').waitFor();
      const { consumer } = stage().clients;
      const known = async () => {
        const { tariffs } = await consumer.call('listTariffs', { channel: keys.consumer });
        const found = tariffs.find(({ units }) => units === 17);
        return [found?.msatPerWh, found?.unitEnergyWh];
      };
      await expect.poll(known, LATE).toEqual([`${price.ok ? price.value : ''}`, 25]);
    });

    it('a dispute: its verdict in words, its evidence as a file, and judged again to the same', async () => {
      const { producer, utility } = stage().clients;
      await producer.call('requestArbitration', { channel: keys.producer, feeSat: '500' });
      const row = card('Disputes').locator(`[data-dispute="${keys.utility}"]`);
      await row.getByText('to be decided from block').waitFor();
      await stage().lab('mine', { blocks: CONTEST_WINDOW + 1 });
      await row.getByText('decided at block').waitFor();
      const [download] = await Promise.all([
        page.waitForEvent('download'),
        row.getByRole('button', { name: 'Download the evidence' }).click(),
      ]);
      const { evidence } = await utility.call('exportEvidence', { channel: keys.utility });
      expect((await readFile(await download.path())).toString('hex')).toBe(evidence);
      await row.getByRole('button', { name: 'Judge it again' }).click();
      const report = row.locator('.report');
      await report.waitFor();
      expect(await report.getAttribute('data-answer')).toBe('right');
      const { judged } = (await utility.call('verifyEvidence', { evidence })).report;
      expect((await report.locator('dd').allInnerTexts()).map((text) => text.replace(/\D/g, ''))).toEqual([
        judged?.paidSat?.consumerSat,
        judged?.paidSat?.producerSat,
        judged?.paidSat?.utilitySat,
      ]);
    });

    it('penalties: the verdict is among them, with its reason', async () => {
      const verdict = card('Penalties').locator('[data-event="verdict"]').first();
      expect(await verdict.innerText()).toContain('decided the dispute of the producer');
    });
  });
}
