import type { CDPSession, Page } from 'playwright-core';
import { PAGE_DIR } from '../../lab/build.ts';
import { coldStart, frames, launch, memory, newPage } from './browser.ts';
import { bundleOf } from './bundle.ts';
import type { PageReport } from './report.ts';
import { openStage, type Stage } from './stage.ts';
import { Trade } from './trade.ts';

export interface PagePlan {
  /** The browser's program. */
  readonly chromium: string;
  readonly history: number;
  readonly rate: number;
  readonly seconds: number;
  readonly progress: (line: string) => void;
}

const COLD_STARTS = 5;
/** Part of the stream before its memory is first measured, and the idle page's share of it. */
const IDLE_SHARE = 4;
const LOOK_AGAIN_MS = 50;

/** Everything that is measured of the page. */
export async function runPage(plan: PagePlan): Promise<Omit<PageReport, 'cores'>> {
  const { history, progress } = plan;
  const stage = await openStage(progress);
  const trade = new Trade(stage.clients, stage.channels);
  const browser = await launch(plan.chromium);
  try {
    await trade.start();
    progress(`trading ${history} units`);
    await trade.buy(history);
    const page = await newPage(browser);
    await page.goto(stage.page.newAddress());
    await page.evaluate(() => {
      location.hash = '#/trade';
    });
    const cdp = await page.context().newCDPSession(page);
    await cdp.send('Performance.enable');
    await cdp.send('HeapProfiler.enable');
    const shown = await showsAll(page, trade);
    progress('the page shows them all');
    return {
      ...(await measured(plan, stage, trade, page, cdp)),
      browser: `Chromium ${browser.version()}`,
      history: shown,
    };
  } finally {
    trade.stop();
    await browser.close();
    await stage.stop();
  }
}

async function measured(
  { chromium, rate, seconds, progress }: PagePlan,
  stage: Stage,
  trade: Trade,
  page: Page,
  cdp: CDPSession,
): Promise<Omit<PageReport, 'cores' | 'browser' | 'history'>> {
  const idleSeconds = seconds / IDLE_SHARE;
  const held: PageReport['memory'][number][] = [];
  const hold = async (when: string) =>
    void held.push({ when, units: trade.settled, figures: await memory(cdp) });
  await hold('before the stream');
  const idle = [await frames(page, cdp, idleSeconds)];
  progress(`streaming for ${seconds} s`);
  // memory is measured between two parts, as collecting garbage takes frames
  const stream = async (part: number) => {
    const [figures, unitsPerSecond] = await Promise.all([frames(page, cdp, part), trade.stream(rate, part)]);
    return { figures, unitsPerSecond };
  };
  const warm = await stream(seconds / IDLE_SHARE);
  await hold('a quarter later');
  const main = await stream(seconds);
  await showsAll(page, trade);
  await hold('at the end');
  idle.push(await frames(page, cdp, idleSeconds));
  progress(
    `rates ${warm.unitsPerSecond.toFixed(1)} and ${main.unitsPerSecond.toFixed(1)} units/s; cold starts`,
  );
  const totalsEqual = await totalsAreEqual(page, stage);
  await page.close();
  const coldStartsMs: number[] = [];
  for (let start = 0; start < COLD_STARTS; start++)
    coldStartsMs.push(await coldStart(chromium, stage.page.newAddress()));
  return {
    wantedPerSecond: rate,
    unitsPerSecond: main.unitsPerSecond,
    seconds,
    idle,
    stream: main.figures,
    memory: held,
    coldStartsMs,
    bundle: await bundleOf(PAGE_DIR),
    totalsEqual,
  };
}

/** Waits until the page has a row for every unit that was settled; how many. */
async function showsAll(page: Page, trade: Trade): Promise<number> {
  for (;;) {
    const rows = Number(await page.locator('.units table').getAttribute('aria-rowcount'));
    // besides the units: the names, and the units on offer
    if (rows - 2 >= trade.settled) return trade.settled;
    await new Promise((resolve) => setTimeout(resolve, LOOK_AGAIN_MS));
  }
}

async function totalsAreEqual(page: Page, { clients, channels }: Stage): Promise<boolean> {
  let paidMsat = 0n;
  let from: string | null = '0';
  while (from !== null) {
    const answer: {
      readonly units: readonly { readonly status: string; readonly paymentMsat: string }[];
      readonly next: string | null;
    } = await clients.consumer.call('listUnits', { channel: channels.consumer, from, limit: 1000 });
    for (const { status, paymentMsat: paid } of answer.units)
      if (status === 'settled') paidMsat += BigInt(paid);
    from = answer.next;
  }
  const text = await page.locator('[data-total="settled"] strong').textContent();
  return BigInt((text ?? '').replace(/\D/g, '')) * 1000n === paidMsat;
}
