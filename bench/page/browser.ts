import { type Browser, type CDPSession, chromium, type Page } from 'playwright-core';
import type { FrameFigures, MemoryFigures } from './report.ts';

const FLAGS = [
  ...['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking'],
  ...['--disable-component-update', '--disable-sync', '--disable-dev-shm-usage', '--no-proxy-server'],
  ...['--js-flags=--expose-gc', '--disable-renderer-backgrounding', '--disable-background-timer-throttling'],
];

/** A page of its own context, in which functions of this program run: tsx names them with a helper that no page has. */
export async function newPage(browser: Browser): Promise<Page> {
  const page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
  await page.addInitScript({ content: 'globalThis.__name = (named) => named;' });
  return page;
}

export function launch(executablePath: string): Promise<Browser> {
  return chromium.launch({ executablePath, args: FLAGS });
}

/** What stands in the page while frames are counted. */
interface Probe {
  frames: number[];
  tasks: number[];
  on: boolean;
}
type Probed = typeof globalThis & { wattlaneProbe?: Probe };

/** The frames of a page over so many seconds, and where the time of its thread went. */
export async function frames(page: Page, cdp: CDPSession, seconds: number): Promise<FrameFigures> {
  const before = await metrics(cdp);
  await page.evaluate(() => {
    const probe: Probe = { frames: [], tasks: [], on: true };
    (globalThis as Probed).wattlaneProbe = probe;
    let last = performance.now();
    const tick = (time: number) => {
      probe.frames.push(time - last);
      last = time;
      if (probe.on) requestAnimationFrame(tick);
    };
    requestAnimationFrame((time) => {
      last = time;
      requestAnimationFrame(tick);
    });
    new PerformanceObserver((list) => {
      if (probe.on) probe.tasks.push(...list.getEntries().map(({ duration }) => duration));
    }).observe({ type: 'longtask' });
  });
  await new Promise((resolve) => setTimeout(resolve, 1000 * seconds));
  const { frames: gaps, tasks } = await page.evaluate(() => {
    const probe = (globalThis as Probed).wattlaneProbe as Probe;
    probe.on = false;
    return { frames: probe.frames, tasks: probe.tasks };
  });
  const after = await metrics(cdp);
  const busyMs = 1000 * ((after.get('TaskDuration') ?? 0) - (before.get('TaskDuration') ?? 0));
  const sorted = gaps.toSorted((a, b) => a - b);
  const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0;
  return {
    frames: gaps.length,
    p50Ms: at(0.5),
    p99Ms: at(0.99),
    mostMs: at(1),
    over50: gaps.filter((gap) => gap > 50).length,
    longTasks: tasks.length,
    longestTaskMs: Math.max(0, ...tasks),
    busyPerFrameMs: busyMs / Math.max(1, gaps.length),
  };
}

async function metrics(cdp: CDPSession): Promise<ReadonlyMap<string, number>> {
  const { metrics: list } = await cdp.send('Performance.getMetrics');
  return new Map(list.map(({ name, value }) => [name, value]));
}

/** What the page holds once everything that can be freed is. */
export async function memory(cdp: CDPSession): Promise<MemoryFigures> {
  for (let round = 0; round < 3; round++) await cdp.send('HeapProfiler.collectGarbage');
  const { usedSize, backingStorageSize } = await cdp.send('Runtime.getHeapUsage');
  const { nodes, jsEventListeners } = await cdp.send('Memory.getDOMCounters');
  return {
    heapBytes: usedSize,
    arrayBufferBytes: backingStorageSize,
    nodes,
    listeners: jsEventListeners,
  };
}

/** Opens the address in a browser of its own that has seen nothing yet: when its first view was painted, milliseconds. */
export async function coldStart(executablePath: string, address: string): Promise<number> {
  const browser = await launch(executablePath);
  try {
    const page = await newPage(browser);
    await page.addInitScript(() => {
      const look = () => {
        const isShown = document.querySelector('main[data-view]:not([aria-busy="true"]) .card') !== null;
        // the frame after the one in which it is there has painted it
        if (isShown) requestAnimationFrame(() => performance.mark('wattlane-view'));
        else requestAnimationFrame(look);
      };
      requestAnimationFrame(look);
    });
    await page.goto(address);
    const found = await page.waitForFunction(
      () => performance.getEntriesByName('wattlane-view')[0]?.startTime,
    );
    return Number(await found.jsonValue());
  } finally {
    await browser.close();
  }
}
