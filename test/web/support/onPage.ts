import type { Locator, Page } from 'playwright-core';
import { toHex } from '../../../src/base/bytes.ts';
import { createKeychain } from '../../../src/wallet/hd.ts';
import { seedFromMnemonic } from '../../../src/wallet/mnemonic.ts';

/** Waits until it is said there. */
export function shows(locator: Locator, words: string): Promise<void> {
  return locator.filter({ hasText: words }).first().waitFor();
}

export async function text(locator: Locator): Promise<string> {
  return (await locator.textContent()) ?? '';
}

/** The node of a seed. */
export function nodeIdOf(words: readonly string[]): string {
  const seed = seedFromMnemonic(words.join(' '));
  if (!seed.ok) throw new Error(seed.error.code);
  return toHex(createKeychain(seed.value, 'regtest').channelPublicKey('nodeIdentity', 0));
}

/** What a browser tells a page when another window comes before it. */
export function turnAway(page: Page): Promise<void> {
  return page.evaluate(() => {
    const visibility = (value: string) => {
      Object.defineProperty(document, 'visibilityState', { value, configurable: true });
      document.dispatchEvent(new Event('visibilitychange'));
    };
    visibility('hidden');
    visibility('visible');
  });
}

/** What a test does to the connections of a page with its nodes. */
export interface CutLine {
  /** How many answers were lost. */
  lost(): number;
  /** Ends every connection, and each that is tried from now on. */
  cut(): void;
}

/** Cuts the connection in place of the first answer to a method. */
export async function cutLineOf(page: Page, method: string): Promise<CutLine> {
  let lost = 0;
  let isDown = false;
  const ends = new Set<() => void>();
  await page.routeWebSocket(/^ws:\/\/127\.0\.0\.1:\d+\/$/, (socket) => {
    if (isDown) {
      void socket.close();
      return;
    }
    const server = socket.connectToServer();
    const asked = new Set<unknown>();
    let isCut = false;
    const end = () => {
      isCut = true;
      ends.delete(end);
      void socket.close();
      void server.close();
    };
    ends.add(end);
    socket.onMessage((message) => {
      const { id, method: called } = JSON.parse(String(message));
      if (called === method && lost === 0) asked.add(id);
      if (!isCut) server.send(message);
    });
    server.onMessage((message) => {
      const { id } = JSON.parse(String(message));
      if (isCut) return;
      if (!asked.has(id)) {
        socket.send(message);
        return;
      }
      lost++;
      end();
    });
  });
  return {
    lost: () => lost,
    cut: () => {
      isDown = true;
      for (const end of ends) end();
    },
  };
}
