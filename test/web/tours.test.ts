import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Role } from '../../src/base/role.ts';
import type { RpcEvent } from '../../src/client/index.ts';
import { inBrowser } from './support/inBrowser.ts';
import type { WalletPage } from './support/wallet.ts';

// each is taken to its end, by its buttons alone
inBrowser('guided tours over a real node and three daemons', (wallet) => {
  let opened: WalletPage;
  beforeAll(async () => {
    opened = await wallet().newPage({ view: 'wallet', role: 'consumer' });
  });
  afterAll(() => opened.close());

  const eventsOf = async (role: Role, from: number): Promise<readonly RpcEvent[]> =>
    (await wallet().stage.clients[role].call('listEvents', { from, limit: 1000 })).events;
  const newestOf = async (role: Role) =>
    (await wallet().stage.clients[role].call('getInfo', {})).newestEvent ?? 0;

  it('First trade: ten units are bought and paid, and the coins are back on the chain', async () => {
    const before = await newestOf('consumer');
    const titles = await takeTour(opened.page, 'First trade');
    expect(titles).toHaveLength(9);
    const events = await eventsOf('consumer', before + 1);
    expect(events.filter(({ type }) => type === 'unitSettled')).toHaveLength(10);
    expect(events.some(({ type }) => type === 'fundingSpent')).toBe(true);
  });

  it('The producer that did not deliver: the utility has payment and stake, and nothing is on the chain', async () => {
    const before = await newestOf('producer');
    await takeTour(opened.page, 'The producer that did not deliver');
    const events = await eventsOf('producer', before + 1);
    expect(events.filter(({ type }) => type === 'unitForfeited')).toHaveLength(1);
    expect(events.some(({ type }) => type === 'fundingSpent')).toBe(false);
  });

  it('The cheat: its old state is on the chain, and its output is the producer’s', async () => {
    const before = await newestOf('producer');
    await takeTour(opened.page, 'The cheat');
    const events = await eventsOf('producer', before + 1);
    expect(events.some(({ type, data }) => type === 'breach' && data.broadcaster === 'consumer')).toBe(true);
    expect(events.some(({ type, data }) => type === 'outputSpent' && data.by === 'producer')).toBe(true);
  });

  it('The utility decides: its verdict pays the producer, and is right by the evidence alone', async () => {
    const before = await newestOf('producer');
    await takeTour(opened.page, 'The utility decides');
    const verdict = (await eventsOf('producer', before + 1)).find(({ type }) => type === 'verdict');
    if (verdict?.type !== 'verdict') throw new Error('there is no verdict');
    expect(verdict.data.outcomes.map(({ outcome }) => outcome)).toEqual(['delivered']);
    const { utility } = wallet().stage.clients;
    const { channels } = await utility.call('listChannels', {});
    const channel = channels.find(({ channelId }) => channelId === verdict.channelId)?.channel ?? '';
    const { evidence } = await utility.call('exportEvidence', { channel });
    expect((await utility.call('verifyEvidence', { evidence })).report).toMatchObject({
      signed: { answer: 'right' },
    });
  });

  it('left in the middle: the panel is gone, and the world is as before', async () => {
    const { page } = opened;
    await startTour(page, 'The producer that did not deliver');
    for (let step = 1; step <= 4; step++) await takeStep(page, step);
    await page.getByRole('button', { name: 'Leave' }).click();
    await page.locator('aside.tour').waitFor({ state: 'detached' });
    await expect.poll(() => wallet().stage.state().world.delivering).toBe(true);
  });
});

async function startTour(page: Page, title: string): Promise<void> {
  await page.getByRole('button', { name: 'Tours', exact: true }).click();
  await page.getByRole('button', { name: `Take the tour: ${title}`, exact: true }).click();
}

/** Does what this step asks for, waits for its end, goes on. Resolves with its title. */
async function takeStep(page: Page, number: number): Promise<string> {
  const panel = page.locator('aside.tour');
  await panel.getByText(`step ${number} of`).waitFor();
  const title = (await panel.getByRole('heading').textContent()) ?? '';
  const act = panel.locator('.buttons .button-primary');
  const on = panel.getByRole('button', { name: /^(Next|End the tour)$/ });
  await act.first().waitFor();
  if (!(await on.isVisible())) await act.click();
  const failed = panel.locator('.notice-bad');
  await on.or(failed).waitFor({ timeout: 60_000 });
  if (await failed.isVisible()) throw new Error(`${title}: ${await failed.textContent()}`);
  await on.click();
  return title;
}

/** Takes a tour to its end. Resolves with the titles of its steps. */
async function takeTour(page: Page, title: string): Promise<readonly string[]> {
  await startTour(page, title);
  const titles: string[] = [];
  const panel = page.locator('aside.tour');
  const [, steps = '0'] = /of (\d+)/.exec((await panel.locator('.tour-head').textContent()) ?? '') ?? [];
  while (titles.length < Number(steps)) titles.push(await takeStep(page, titles.length + 1));
  await panel.waitFor({ state: 'detached' });
  return titles;
}
