import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ROLES, type Role } from '../../src/base/role.ts';
import { tokenPath } from '../../src/daemon/rpc/tokens.ts';
import { openSeed, seedPath } from '../../src/daemon/seed/seed.ts';
import { fetched } from './support/foreign.ts';
import { listenersOf } from './support/listening.ts';
import { VIEWS } from './support/views.ts';
import type { Wallet, WalletPage } from './support/wallet.ts';

/** Text that runs where it is taken for markup. */
const MARKUP = [
  `<img src="/x" onerror="wattlaneBreach('ran')">`,
  `"><svg onload="wattlaneBreach('ran')">`,
  `'><script>wattlaneBreach('ran')</script>`,
  `<a href="javascript:wattlaneBreach('ran')">`,
];

/** What the page keeps, where, and what others put into it. */
export function secretTests(wallet: () => Wallet): void {
  describe('a one-time address', () => {
    it('opened: its token is in no address, history or referrer; opened again: of no use to anyone', async () => {
      const { stage, browser } = wallet();
      const address = stage.page.newAddress();
      const token = new URL(address).searchParams.get('token') ?? '';
      expect(token.length).toBeGreaterThan(20);
      const context = await browser.newContext();
      const page = await context.newPage();
      await page.goto(address);
      await page.locator('main[data-view="wallet"]').waitFor();
      expect(page.url()).toBe(`${stage.origin}/`);
      const seen = await page.evaluate(() =>
        JSON.stringify([location.href, document.referrer, performance.getEntries(), history.state]),
      );
      expect(seen).not.toContain(token);
      const { entries } = await (await context.newCDPSession(page)).send('Page.getNavigationHistory');
      expect(entries.filter(({ url }) => url.includes(token))).toEqual([]);
      const other = await browser.newContext();
      const late = await other.newPage();
      expect((await late.goto(address))?.status()).toBe(401);
      expect(await late.getByRole('heading').textContent()).toContain('This address was used');
      expect(await other.cookies()).toEqual([]);
      expect(await fetched(late, '/session')).toBe('401');
      await Promise.all([context.close(), other.close()]);
    });
  });

  describe('the session', () => {
    it('its cookie: for this browser until it ends, for no script, for no other site', async () => {
      const context = await wallet().newContext();
      const [cookie, ...more] = await context.cookies();
      expect(more).toEqual([]);
      expect(cookie).toMatchObject({ httpOnly: true, sameSite: 'Strict', path: '/', expires: -1 });
      await context.close();
    });
  });

  describe('text of others', () => {
    let opened: WalletPage;
    beforeAll(async () => {
      opened = await wallet().newPage();
    });
    afterAll(() => opened.close());

    it.each(MARKUP)('%s as a label of address and payment, on every view: shown as text', async (text) => {
      const { clients, regtest } = wallet().stage;
      const { address } = await clients.consumer.call('newAddress', { label: text });
      const { txid } = await regtest.fund(address, 20_000n);
      await clients.consumer.call('setLabel', { target: { txid }, label: text });
      for (const view of VIEWS) await opened.show(view, 'consumer');
      await opened.show('wallet', 'consumer');
      await opened.page.getByText(text).first().waitFor();
      expect(await opened.page.locator('main script, main [onerror], main [onload]').count()).toBe(0);
    });

    it.each(MARKUP)('%s as the label of a payment request: shown as text', async (text) => {
      await opened.show('wallet', 'consumer');
      const { address } = await wallet().stage.clients.producer.call('newAddress', {});
      const request = `bitcoin:${address}?amount=0.0001&label=${encodeURIComponent(text)}&message=${encodeURIComponent(text)}`;
      await opened.page.getByRole('textbox', { name: 'Recipient' }).fill(request);
      await opened.page.getByRole('textbox', { name: 'Recipient' }).blur();
      expect(await opened.page.locator('main script, main [onerror], main [onload]').count()).toBe(0);
    });
  });
}

/** What is left behind when everything was used: to be run last. */
export function traceTests(wallet: () => Wallet): void {
  describe('after everything', () => {
    it('storage that scripts can read: no secret, and the choice of colours at most', async () => {
      const opened = await wallet().newPage();
      for (const view of VIEWS) await opened.show(view, 'consumer');
      const kept = await opened.page.evaluate(async () => ({
        local: { ...localStorage },
        session: { ...sessionStorage },
        databases: await indexedDB.databases(),
        caches: await caches.keys(),
        cookies: document.cookie,
        workers: (await navigator.serviceWorker.getRegistrations()).length,
      }));
      const nothing = { local: {}, session: {}, databases: [], caches: [], cookies: '', workers: 0 };
      expect(kept).toEqual(nothing);
      await opened.close();
    });

    it('the page as it stands, on every view: no token and no word of a seed', async () => {
      const secrets = await secretsOf(wallet());
      const opened = await wallet().newPage();
      for (const view of VIEWS)
        for (const role of ROLES) {
          await opened.show(view, role);
          const content = await opened.page.content();
          expect([
            view,
            role,
            secrets.filter(({ text }) => content.includes(text)).map(({ what }) => what),
          ]).toEqual([view, role, []]);
        }
      await opened.close();
    });

    it('logs of the hub, the daemons and the Bitcoin node: no token, no seed, no passphrase, no session', async () => {
      const passphrase = { what: 'the passphrase', text: wallet().stage.state().passphrase };
      const secrets = [...(await secretsOf(wallet())), passphrase];
      const logs = await logsOf(wallet());
      expect(logs.map(({ name }) => name)).toEqual(
        expect.arrayContaining([
          'hub',
          'consumer/wattlaned.log',
          'producer/wattlaned.log',
          'utility/wattlaned.log',
        ]),
      );
      const found = logs.flatMap(({ name, text }) =>
        secrets.filter((secret) => text.includes(secret.text)).map(({ what }) => `${what} in ${name}`),
      );
      expect(found).toEqual([]);
    });

    it.runIf(process.platform === 'linux')('every port of every process: on the loopback interface', () => {
      const { parties, regtest } = wallet().stage;
      const pids = [process.pid, regtest.pid, ...ROLES.map((role) => parties[role].pid)];
      const listeners = listenersOf(pids);
      for (const pid of pids) expect(listeners.map((each) => each.pid)).toContain(pid);
      expect(listeners.filter(({ isLoopback }) => !isLoopback)).toEqual([]);
    });
  });
}

interface Secret {
  readonly what: string;
  readonly text: string;
}

/** What nobody may read anywhere: the real values. */
async function secretsOf({ stage, session }: Wallet): Promise<readonly Secret[]> {
  const found: Secret[] = session.map(({ value }) => ({ what: 'the session', text: value }));
  for (const role of ROLES) {
    const { dataDir } = stage.parties[role];
    for (const right of ['read', 'trade', 'admin'] as const) {
      const text = (await readFile(tokenPath(dataDir, right), 'utf8')).trim();
      found.push({ what: `the ${role}’s ${right} token`, text });
    }
    for (const text of await wordsOf(stage.parties[role].dataDir, stage.state().passphrase))
      found.push({ what: `words of the ${role}’s seed`, text });
  }
  return found;
}

/** Any three words of a seed that follow each other: no sentence has them by chance. */
async function wordsOf(dataDir: string, passphrase: string): Promise<readonly string[]> {
  const phrase = await openSeed(seedPath(dataDir), passphrase);
  if (!phrase.ok) throw new Error(phrase.error.code);
  const words = phrase.value.split(' ');
  return words.slice(2).map((_, index) => words.slice(index, index + 3).join(' '));
}

interface Log {
  readonly name: string;
  readonly text: string;
}

async function logsOf({ stage }: Wallet): Promise<readonly Log[]> {
  const files = async (role: Role) => {
    const { dataDir } = stage.parties[role];
    const names = (await readdir(dataDir, { recursive: true })).filter((name) => name.endsWith('.log'));
    return Promise.all(
      names.map(async (name) => ({
        name: `${role}/${name}`,
        text: await readFile(join(dataDir, name), 'utf8'),
      })),
    );
  };
  const node = join(stage.regtest.dataDir, 'regtest/debug.log');
  return [
    { name: 'hub', text: stage.said.join('\n') },
    { name: 'bitcoind', text: await readFile(node, 'utf8') },
    ...(await Promise.all(ROLES.map(files))).flat(),
  ];
}
