import type { Browser, BrowserContext, Page } from 'playwright-core';
import type { Role } from '../../../src/base/role.ts';
import type { ViewName } from '../../../web/src/shell/route.ts';
import { launchChromium } from './chromium.ts';
import { type Stage, startStage } from './stage.ts';
import { type Watch, watch } from './watch.ts';

type Cookies = Awaited<ReturnType<BrowserContext['cookies']>>;

export interface PageOptions {
  /** Default 1280 x 800. */
  readonly viewport?: { readonly width: number; readonly height: number };
  readonly colorScheme?: 'light' | 'dark';
  /** Default `wallet`. */
  readonly view?: ViewName;
  readonly role?: Role | 'all';
}

export const DESKTOP = { width: 1280, height: 800 };
export const PHONE = { width: 390, height: 844 };

/** A page of the wallet in a browser profile of its own, with the session of the first. */
export interface WalletPage {
  readonly page: Page;
  readonly watch: Watch;
  /** Goes to a view, of a party. Resolves when it is shown. */
  show(view: ViewName, role?: Role | 'all'): Promise<void>;
  close(): Promise<void>;
}

/** The demo of a test: its parties, and a browser that shows them. */
export interface Wallet {
  readonly stage: Stage;
  readonly browser: Browser;
  /** The cookies of the session. */
  readonly session: Cookies;
  /** A browser profile of its own that has the session, and nobody watches. */
  newContext(): Promise<BrowserContext>;
  /** Opens the page. Resolves when its nodes have answered. */
  newPage(options?: PageOptions): Promise<WalletPage>;
  /** What went wrong in any page since the last time, each with where. A test that is right leaves nothing. */
  takeTroubles(): readonly string[];
  close(): Promise<void>;
}

/** Starts everything. */
export async function openWallet(): Promise<Wallet> {
  const [stage, browser] = await Promise.all([startStage(), launchChromium()]);
  const watches = new Set<Watch>();
  const session = await sessionOf(browser, stage);
  return {
    stage,
    browser,
    session,
    newContext: async () => {
      const context = await browser.newContext();
      await context.addCookies([...session]);
      return context;
    },
    newPage: async ({ viewport = DESKTOP, colorScheme = 'light', view = 'wallet', role } = {}) => {
      const context = await browser.newContext({
        viewport,
        colorScheme,
        reducedMotion: 'reduce',
        acceptDownloads: true,
      });
      await context.addCookies([...session]);
      const watched = await watch(context);
      watches.add(watched);
      const page = await context.newPage();
      await page.goto(`${stage.origin}/#/${view}`);
      const opened = walletPage(page, watched);
      await opened.show(view, role);
      return opened;
    },
    takeTroubles: () => [...watches].flatMap((each) => each.take()),
    close: async () => {
      await browser.close();
      await stage.close();
    },
  };
}

/** Opens the printed address, as a person does, for the cookie of the session. */
async function sessionOf(browser: Browser, stage: Stage): Promise<Cookies> {
  const context = await browser.newContext();
  const page = await context.newPage();
  await page.goto(stage.page.newAddress());
  const cookies = await context.cookies();
  await context.close();
  return cookies;
}

function walletPage(page: Page, watched: Watch): WalletPage {
  return {
    page,
    watch: watched,
    show: async (view, role) => {
      await page.evaluate((hash) => {
        location.hash = hash;
      }, `#/${view}`);
      if (role !== undefined) await chooseRole(page, role);
      await page.locator(`main[data-view="${view}"]:not([aria-busy="true"]) .party`).first().waitFor();
    },
    close: () => page.context().close(),
  };
}

/** Chooses a party at the top of the page. */
export async function chooseRole(page: Page, role: Role | 'all'): Promise<void> {
  await page.locator(`.role-switch input[value="${role}"]`).check({ force: true });
}
