import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startPage } from '../../src/page/server.ts';
import { buySettled, nextEvent, openTradingChannel, told } from './support/acts.ts';
import type { Wallet, WalletPage } from './support/wallet.ts';

/** What the browser itself writes to the console when nobody listens where a page connects. */
const NOBODY_THERE = /^console error: (?:WebSocket connection to|Failed to load resource)/;
const UNITS = 12;

/** A page that loses its nodes, and gets them back. */
export function connectionTests(wallet: () => Wallet): void {
  describe('a page that loses its connection', () => {
    let opened: WalletPage;
    let page: Page;
    const events: number[] = [];
    beforeAll(async () => {
      opened = await wallet().newPage({ view: 'trade', role: 'consumer' });
      ({ page } = opened);
      page.on('websocket', (socket) => {
        if (socket.url() !== wallet().stage.parties.consumer.socketUrl) return;
        socket.on('framereceived', ({ payload }) => events.push(...sequencesOf(String(payload))));
      });
      await page.reload();
      await opened.show('trade', 'consumer');
    });
    afterAll(() => opened.close());

    it('a node that is killed while units flow: said so, connected again, and no event is missed or told twice', async () => {
      const { stage } = wallet();
      const { consumer } = stage.clients;
      await stage.lab('setWorld', { speed: 1200, running: true, autoOffer: true, autoTariff: true });
      const channel = await openTradingChannel(stage);
      const from = await nextEvent(consumer);
      await consumer.call('buy', { channel, units: UNITS });
      await told(consumer, 'unitSettled', { from });
      await stage.lab('switchOff', { role: 'consumer', hard: true });
      await page.getByText('The consumer’s node does not answer.').waitFor();
      await stage.lab('switchOn', { role: 'consumer' });
      await page.getByText('The consumer’s node does not answer.').waitFor({ state: 'detached' });
      await buySettled(stage, channel, 1);
      const newest = (await nextEvent(consumer)) - 1;
      await expect.poll(() => events.at(-1)).toBe(newest);
      const [first = 0] = events;
      expect(first).toBeLessThan(from);
      expect(events).toEqual(Array.from({ length: newest - first + 1 }, (_, index) => first + index));
      const expected = opened.watch.take();
      expect(expected.filter((text) => !NOBODY_THERE.test(text))).toEqual([]);
    });
  });
}

/** The page's server is gone and comes back as another: to be run last, as the stage has no page any more. */
export function serverTests(wallet: () => Wallet): void {
  describe('a page whose server is stopped', () => {
    it('says so and goes on trying; a new server does not know it, and the page says how to enter', async () => {
      const { stage } = wallet();
      const opened = await wallet().newPage();
      const { page } = opened;
      await stage.page.close();
      await page.getByText('The page’s server does not answer.').waitFor();
      await page.getByRole('navigation', { name: 'Views' }).waitFor();
      const port = Number(new URL(stage.origin).port);
      const next = await startPage({ files: new Map(), port, howToEnter: 'Press Enter.' });
      await page.getByText('its session is over').waitFor();
      const expected = wallet().takeTroubles();
      expect(expected.filter((text) => !NOBODY_THERE.test(text))).toEqual([]);
      await opened.close();
      await next.close();
    });
  });
}

/** The numbers of the events in a message of a daemon. */
function sequencesOf(message: string): readonly number[] {
  const { method, params } = JSON.parse(message) as {
    readonly method?: string;
    readonly params?: { readonly event?: { readonly sequence: number } };
  };
  return method === 'event' && params?.event !== undefined ? [params.event.sequence] : [];
}
