import type { BrowserContext } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ROLES } from '../../src/base/role.ts';
import {
  type Foreign,
  fetched,
  framed,
  openForeign,
  posted,
  socketOf,
  statusesOf,
} from './support/foreign.ts';
import type { Wallet } from './support/wallet.ts';

/** What a page of another origin gets in the very browser that has the session: nothing. */
export function securityTests(wallet: () => Wallet): void {
  describe.each(['127.0.0.1', 'localhost'] as const)('a page of another port of %s', (host) => {
    let context: BrowserContext;
    let foreign: Foreign;
    const at = (path: string) => `${wallet().stage.origin}${path}`;
    const socketAt = (path: string) => at(path).replace('http', 'ws');
    beforeAll(async () => {
      context = await wallet().newContext();
      // so that what follows is refused although the browser has the session
      const own = await context.newPage();
      await own.goto(at('/'));
      expect(await fetched(own, '/session')).toBe('200');
      foreign = await openForeign(context, host);
    });
    afterAll(async () => {
      await foreign.close();
      await context.close();
    });

    it('the session: refused by the browser, and by the server where the browser lets it ask', async () => {
      const { page } = foreign;
      expect(await fetched(page, at('/session'), { credentials: 'include' })).toBe('refused');
      const statuses = await statusesOf(page);
      expect(await fetched(page, at('/session'), { credentials: 'include', mode: 'no-cors' })).toBe(
        'refused',
      );
      await expect.poll(() => statuses).toEqual([403]);
    });

    it('as a script, a style or an image: not loaded', async () => {
      const loaded = await foreign.page.evaluate(async (url) => {
        const results: string[] = [];
        for (const tag of ['script', 'link', 'img'] as const) {
          const element = document.createElement(tag);
          const done = new Promise<string>((resolve) => {
            element.addEventListener('load', () => resolve('loaded'));
            element.addEventListener('error', () => resolve('failed'));
          });
          if (element instanceof HTMLLinkElement) {
            element.rel = 'stylesheet';
            element.href = url;
          } else element.src = url;
          document.head.append(element);
          results.push(`${tag} ${await done}`);
        }
        return results;
      }, at('/session'));
      expect(loaded).toEqual(['script failed', 'link failed', 'img failed']);
    });

    it('the laboratory’s socket: closed before a word', async () => {
      const call = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'getStage', params: {} });
      expect(await socketOf(foreign.page, socketAt('/laboratory'), call)).toBe('closed');
    });

    it.each(ROLES)(
      'the %s’s daemon: its socket closed before a word, its HTTP closed too, with the right token',
      async (role) => {
        const { socketUrl, token } = wallet().stage.parties[role];
        const hello = { jsonrpc: '2.0', id: 1, method: 'authenticate', params: { token } };
        expect(await socketOf(foreign.page, socketUrl, JSON.stringify(hello))).toBe('closed');
        const url = socketUrl.replace('ws', 'http');
        const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'getInfo', params: {} });
        const authorization = `Bearer ${token}`;
        const headers = { authorization, 'content-type': 'application/json' };
        expect(await fetched(foreign.page, url, { method: 'POST', body, headers })).toBe('refused');
        const plain = await fetched(foreign.page, url, { method: 'POST', body, mode: 'no-cors' });
        expect(['refused', 'opaque ']).toContain(plain);
      },
    );

    it('a frame with the page: empty', async () => {
      expect(await framed(foreign.page, at('/'))).toBe('nothing');
    });

    it('a form: posts nothing', async () => {
      for (const path of ['/', '/session', '/laboratory'])
        expect([path, await posted(foreign.page, at(path))]).toEqual([path, 405]);
    });

    it('a window with the page: cannot be reached from the one that opened it', async () => {
      const opening = context.waitForEvent('page');
      await foreign.page.evaluate((url) => {
        Object.assign(window, { other: open(url) });
      }, at('/'));
      const opened = await opening;
      await opened.waitForLoadState();
      expect(await opened.evaluate(() => window.opener)).toBeNull();
      const reached = await foreign.page.evaluate(() => {
        const { other } = window as unknown as { other: Window };
        try {
          return other.closed ? 'closed' : other.document.title;
        } catch {
          return 'refused';
        }
      });
      expect(['closed', 'refused']).toContain(reached);
    });
  });

  describe('the page under another name of this machine', () => {
    it('localhost instead of 127.0.0.1: neither page nor session', async () => {
      const context = await wallet().newContext();
      const page = await context.newPage();
      const name = wallet().stage.origin.replace('127.0.0.1', 'localhost');
      for (const path of ['/', '/session', '/index.html'])
        expect((await page.goto(`${name}${path}`))?.status()).toBe(403);
      await context.close();
    });
  });

  describe('the network of the browser', () => {
    it('a name or an address beyond this machine: not reached, so that a request for it would have been seen', async () => {
      const context = await wallet().newContext();
      const page = await context.newPage();
      for (const beyond of ['http://example.com/', 'http://192.0.2.1/'])
        await expect(page.goto(beyond)).rejects.toThrow('ERR_NAME_NOT_RESOLVED');
      await context.close();
    });
  });
}
