import { mkdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Page } from 'playwright-core';
import { buyForfeited, buySettled, nextEvent, openTradingChannel, told } from '../test/web/support/acts.ts';
import { VIEWS } from '../test/web/support/views.ts';
import { DESKTOP, openWallet, PHONE, type Wallet } from '../test/web/support/wallet.ts';
import type { ViewName } from '../web/src/shell/route.ts';

/*
 * npm run screenshots [-- DIRECTORY]: every view, in light and dark, on a desktop and on a phone, as the demo shows it in the
 * middle of a trade. Default: docs/images.
 */

const DEFAULT_DIR = fileURLToPath(new URL('../docs/images', import.meta.url));
/** So that a checkout stays small. */
const MOST_BYTES = 60_000;
/** Of WebP; the best that is small enough is taken. */
const QUALITIES = [0.9, 0.8, 0.7, 0.6, 0.5, 0.4];
const SCREENS = [
  { name: 'desktop', viewport: DESKTOP },
  { name: 'phone', viewport: PHONE },
] as const;
const SETTLED_UNITS = 60;
const STREAMING_UNITS = 4000;
/** So many units are settled while a chart fills. */
const CHART_UNITS = 600;

/** A channel with a history: units that came and were paid, one that did not, and many under way. */
async function play({ stage }: Wallet): Promise<void> {
  await stage.lab('setWorld', { speed: 1200 });
  const channel = await openTradingChannel(stage);
  const { consumer } = stage.clients;
  const { address } = await consumer.call('newAddress', { label: 'savings' });
  await stage.clients.producer.call('sendCoins', {
    address,
    amountSat: '42000',
    label: 'for the ladder',
  });
  await buySettled(stage, channel, SETTLED_UNITS);
  await buyForfeited(stage, channel);
  await stage.lab('setWorld', { speed: 240 });
  await consumer.call('buy', { channel, units: STREAMING_UNITS });
}

/** A picture of what the window shows, as WebP, in the best quality that is small enough. Encoded by the browser itself. */
async function small(encoder: Page, png: Buffer): Promise<Buffer> {
  const data = `data:image/png;base64,${png.toString('base64')}`;
  const encoded = await encoder.evaluate(
    async ({ data, qualities, most }) => {
      const image = new Image();
      image.src = data;
      await image.decode();
      const canvas = document.createElement('canvas');
      canvas.width = image.naturalWidth;
      canvas.height = image.naturalHeight;
      canvas.getContext('2d')?.drawImage(image, 0, 0);
      let url = '';
      for (const quality of qualities) {
        url = canvas.toDataURL('image/webp', quality);
        if ((url.length * 3) / 4 < most) break;
      }
      return url.slice(url.indexOf(',') + 1);
    },
    { data, qualities: QUALITIES, most: MOST_BYTES },
  );
  return Buffer.from(encoded, 'base64');
}

/** Until a view shows what it has to show. */
async function settleDown({ stage }: Wallet, page: Page, view: ViewName): Promise<void> {
  if (view === 'chain') await page.locator('.graph-box').first().waitFor();
  if (view !== 'trade') return;
  await page.getByLabel('Window').selectOption({ label: '1 min' });
  let left = CHART_UNITS;
  const { consumer } = stage.clients;
  await told(consumer, 'unitSettled', { from: await nextEvent(consumer), wanted: () => --left === 0 });
  await page.evaluate(() => {
    const head = document.querySelector('.top')?.getBoundingClientRect().height ?? 0;
    const chart = document.querySelector('.uplot')?.closest('.card');
    scrollTo(0, (chart?.getBoundingClientRect().top ?? 0) - head - 12);
  });
}

async function main(dir: string): Promise<void> {
  await mkdir(dir, { recursive: true });
  const wallet = await openWallet();
  try {
    await play(wallet);
    const encoder = await (await wallet.browser.newContext()).newPage();
    for (const { name, viewport } of SCREENS)
      for (const colorScheme of ['light', 'dark'] as const) {
        const opened = await wallet.newPage({ viewport, colorScheme });
        for (const view of VIEWS) {
          await opened.show(view, 'consumer');
          await opened.page.evaluate(() => scrollTo(0, 0));
          await settleDown(wallet, opened.page, view);
          const file = join(dir, `${view}-${name}-${colorScheme}.webp`);
          await writeFile(file, await small(encoder, await opened.page.screenshot()));
          process.stdout.write(`${file} ${(await stat(file)).size} bytes\n`);
        }
        await opened.close();
      }
  } finally {
    await wallet.close();
  }
}

await main(process.argv[2] ?? DEFAULT_DIR);
