import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import type { AxeResults } from 'axe-core';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { VIEWS } from './support/views.ts';
import { DESKTOP, PHONE, type Wallet, type WalletPage } from './support/wallet.ts';

const AXE = createRequire(import.meta.url).resolve('axe-core/axe.min.js');
const SCREENS = [
  { name: 'desktop', size: DESKTOP, role: 'all' },
  { name: 'phone', size: PHONE, role: 'consumer' },
] as const;

/** What axe-core finds wrong: rule, how bad, and where. */
export async function axeViolations(page: Page): Promise<readonly string[]> {
  const { violations } = await page.evaluate(async () => {
    const { axe } = window as unknown as { axe: { run(): Promise<AxeResults> } };
    return axe.run();
  });
  return violations.flatMap(({ id, impact, nodes }) =>
    nodes.map(({ target, failureSummary }) => `${impact} ${id}: ${target.join(' ')} (${failureSummary})`),
  );
}

/** Brings axe-core into a page, past its policy: as the developer tools do. */
export async function bringAxe(page: Page): Promise<void> {
  await page.evaluate(await readFile(AXE, 'utf8'));
}

/** Every view, in light and dark, on a desktop and a phone. */
export function accessibilityTests(wallet: () => Wallet): void {
  describe('with axe-core', () => {
    let opened: WalletPage;
    beforeAll(async () => {
      opened = await wallet().newPage();
      await bringAxe(opened.page);
    });
    afterAll(() => opened.close());

    it.each(VIEWS)('%s, light and dark, on a desktop and a phone: no violation', async (view) => {
      const { page } = opened;
      const found: string[] = [];
      for (const { name, size, role } of SCREENS) {
        await page.setViewportSize(size);
        await opened.show(view, role);
        for (const colorScheme of ['light', 'dark'] as const) {
          await page.emulateMedia({ colorScheme });
          found.push(...(await axeViolations(page)).map((line) => `${name}, ${colorScheme}: ${line}`));
        }
      }
      expect(found).toEqual([]);
    });
  });
}
