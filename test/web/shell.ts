import type { Page } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { ROLES } from '../../src/base/role.ts';
import { VIEWS } from './support/views.ts';
import { chooseRole, DESKTOP, PHONE, type Wallet, type WalletPage } from './support/wallet.ts';

const TITLES = ['Wallet', 'Channel', 'Trade', 'Chain', 'Laboratory', 'Utility'];

/** The tests of the frame around the views. */
export function shellTests(wallet: () => Wallet): void {
  describe('the frame', () => {
    let opened: WalletPage;
    let page: Page;
    beforeAll(async () => {
      opened = await wallet().newPage();
      page = opened.page;
    });
    afterAll(() => opened.close());
    beforeEach(async () => {
      await page.setViewportSize(DESKTOP);
      await opened.show('wallet', 'consumer');
    });

    it('each view by its link: shown, marked, and in the title of the window', async () => {
      const titles = await page
        .getByRole('navigation', { name: 'Views' })
        .getByRole('link')
        .allTextContents();
      expect(TITLES).toEqual(expect.arrayContaining(titles));
      for (const title of titles) {
        const link = page.getByRole('navigation', { name: 'Views' }).getByRole('link', { name: title });
        await link.click();
        await page.getByRole('heading', { level: 1, name: title }).waitFor();
        expect(await link.getAttribute('aria-current')).toBe('page');
        expect(await page.locator('nav.views [aria-current="page"]').count()).toBe(1);
        await page.waitForFunction((wanted) => document.title === wanted, `${title} · Wattlane`);
      }
    });

    it('back and forward: the views that were seen, in their order', async () => {
      await page.getByRole('link', { name: 'Trade' }).click();
      await page.getByRole('link', { name: 'Chain' }).click();
      await page.getByRole('heading', { level: 1, name: 'Chain' }).waitFor();
      await page.goBack();
      await page.getByRole('heading', { level: 1, name: 'Trade' }).waitFor();
      await page.goBack();
      await page.getByRole('heading', { level: 1, name: 'Wallet' }).waitFor();
      await page.goForward();
      await page.getByRole('heading', { level: 1, name: 'Trade' }).waitFor();
    });

    it('an address of no view: the wallet', async () => {
      await page.evaluate(() => {
        location.hash = '#/nothing/<img src=x onerror=alert(1)>';
      });
      await page.getByRole('heading', { level: 1, name: 'Wallet' }).waitFor();
    });

    it('each party chosen at the top: its own figures, on every view that is one of each party', async () => {
      for (const role of ROLES) {
        await page.getByRole('radio', { name: role }).check({ force: true });
        expect(await page.locator('main .party').count()).toBe(1);
        await page.locator(`main .party-${role}`).waitFor();
      }
    });

    it('a wide screen: the three parties side by side; a narrow one: one of them', async () => {
      await chooseRole(page, 'all');
      const places = await Promise.all(
        ROLES.map((role) => page.locator(`main .party-${role}`).boundingBox()),
      );
      const [first, second, third] = places.map((place) => place ?? { x: 0, y: -1, width: 0 });
      expect(second?.x).toBeGreaterThan((first?.x ?? 0) + (first?.width ?? 0));
      expect(third?.x).toBeGreaterThan((second?.x ?? 0) + (second?.width ?? 0));
      expect([second?.y, third?.y]).toEqual([first?.y, first?.y]);
      await page.setViewportSize({ width: 1000, height: 800 });
      await page.locator('main .party').nth(1).waitFor({ state: 'detached' });
      expect(await page.getByRole('radio', { name: 'consumer' }).isChecked()).toBe(true);
    });

    it('loaded again: the same session, the same view', async () => {
      await opened.show('channel');
      await page.reload();
      await page.locator('main[data-view="channel"]:not([aria-busy="true"]) .party').first().waitFor();
      expect(page.url()).toBe(`${wallet().stage.origin}/#/channel`);
    });

    it('a phone: no view is wider than the screen', async () => {
      for (const width of [PHONE.width, 320]) {
        await page.setViewportSize({ width, height: PHONE.height });
        for (const view of VIEWS)
          for (const role of ROLES) {
            await opened.show(view, role);
            expect([view, role, await tooWide(page)]).toEqual([view, role, []]);
          }
      }
    });

    describe('colours', () => {
      it('of the system, until one is chosen; kept when the page is loaded again', async () => {
        const paper = () => page.evaluate(() => getComputedStyle(document.documentElement).backgroundColor);
        const button = page.getByRole('button', { name: /^Colours/ });
        await page.emulateMedia({ colorScheme: 'light' });
        const light = await paper();
        await page.emulateMedia({ colorScheme: 'dark' });
        const dark = await paper();
        expect(dark).not.toBe(light);
        await button.click();
        expect(await paper()).toBe(light);
        await page.reload();
        await button.waitFor();
        expect(await paper()).toBe(light);
        await button.click();
        expect(await paper()).toBe(dark);
        await page.emulateMedia({ colorScheme: 'light' });
        expect(await paper()).toBe(dark);
        await button.click();
        expect(await paper()).toBe(light);
      });
    });

    describe('the keyboard alone', () => {
      it('the first Tab: a way past the navigation, which stays on the view', async () => {
        await opened.show('chain');
        await page.reload();
        await page.locator('main[data-view="chain"]:not([aria-busy="true"])').waitFor();
        await page.keyboard.press('Tab');
        expect(await page.evaluate(() => document.activeElement?.textContent?.trim())).toBe(
          'Skip to the content',
        );
        await page.keyboard.press('Enter');
        expect(await page.evaluate(() => document.activeElement?.id)).toBe('main');
        expect(await page.getByRole('heading', { level: 1 }).textContent()).toBe('Chain');
      });

      it.each(VIEWS)(
        'every control of %s: reached by Tab in the order of the page, and seen',
        async (view) => {
          await opened.show(view);
          const expected = await page.evaluate(tabbable);
          await page.evaluate(() => (document.activeElement as HTMLElement | null)?.blur());
          await page.locator('.skip').focus();
          const reached: string[] = [];
          for (const _ of expected) {
            const { name, seen } = await page.evaluate(focused);
            reached.push(name);
            expect(`${name} ${seen}`).toBe(`${name} seen`);
            await page.keyboard.press('Tab');
          }
          expect(reached).toEqual(expected);
        },
      );

      it('arrows in the party switch: the next party, and the one before', async () => {
        await page.locator('.role-switch input:checked').focus();
        await page.keyboard.press('ArrowRight');
        await page.locator('main .party-producer').waitFor();
        await page.keyboard.press('ArrowLeft');
        await page.locator('main .party-consumer').waitFor();
      });
    });
  });
}

/** What reaches beyond the right edge of the screen, unless it can be scrolled by itself. */
export function tooWide(page: Page): Promise<readonly string[]> {
  return page.evaluate(() => {
    const { clientWidth, scrollWidth } = document.documentElement;
    if (scrollWidth <= clientWidth) return [];
    return [...document.querySelectorAll('body *')]
      .filter((element) => element.getBoundingClientRect().right > clientWidth + 1)
      .map((element) => `${element.tagName.toLowerCase()}.${element.getAttribute('class')}`);
  });
}

/** Runs in the page: the names of all that Tab stops at, in the order of the document. */
function tabbable(): string[] {
  const all = document.querySelectorAll<HTMLElement>(
    'a[href], button, input, select, textarea, summary, [tabindex="0"]',
  );
  const groups = new Set<string>();
  const names: string[] = [];
  for (const element of all) {
    if ((element as HTMLButtonElement).disabled || !element.checkVisibility()) continue;
    if (element instanceof HTMLInputElement && element.type === 'radio') {
      const group = document.querySelector<HTMLInputElement>(`input[name="${element.name}"]:checked`);
      if ((group !== null && group !== element) || groups.has(element.name)) continue;
      groups.add(element.name);
    }
    names.push(`${element.tagName} ${element.id} ${element.textContent?.trim().slice(0, 40)}`);
  }
  return names;
}

/** Runs in the page: what has the focus, and whether a person sees that it has. */
function focused(): { readonly name: string; readonly seen: string } {
  const element = document.activeElement as HTMLElement;
  const drawn = element instanceof HTMLInputElement && element.type === 'radio';
  const shown = (drawn ? element.nextElementSibling : element) as HTMLElement;
  const { outlineStyle, outlineWidth } = getComputedStyle(shown);
  const { top, bottom, width } = shown.getBoundingClientRect();
  const isInside = width > 0 && bottom > 0 && top < innerHeight;
  const isOutlined = outlineStyle !== 'none' && Number.parseFloat(outlineWidth) >= 1;
  return {
    name: `${element.tagName} ${element.id} ${element.textContent?.trim().slice(0, 40)}`,
    seen: !isInside ? 'is outside of the window' : isOutlined ? 'seen' : 'has no outline',
  };
}
