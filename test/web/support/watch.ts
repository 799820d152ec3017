import type { BrowserContext, ConsoleMessage, Page } from 'playwright-core';

/** What a page did that it should not, and where it asked. */
export interface Watch {
  /** Errors and warnings of the console, errors that nothing caught, breaches of the policy, requests beyond loopback. */
  readonly troubles: readonly string[];
  /** Addresses of every request and WebSocket. */
  readonly requests: readonly string[];
  /** Forgets what went wrong so far, and says what it was. */
  take(): readonly string[];
}

const LOOPBACK = /^(?:https?|wss?):\/\/127\.0\.0\.1:\d+(?:\/|$)/;
/** Made by the page itself, of what it has. */
const OWN = /^(?:blob:http:\/\/127\.0\.0\.1:\d+\/|data:image\/|about:blank$)/;

/** Watches every page of a context, from before its first line runs. */
export async function watch(context: BrowserContext): Promise<Watch> {
  const troubles: string[] = [];
  const requests: string[] = [];
  const asked = (url: string) => {
    requests.push(url);
    if (!LOOPBACK.test(url) && !OWN.test(url)) troubles.push(`asks beyond loopback: ${url}`);
  };
  await context.exposeBinding('wattlaneBreach', (_source, text: string) => void troubles.push(text));
  await context.addInitScript(() => {
    document.addEventListener('securitypolicyviolation', ({ violatedDirective, blockedURI }) => {
      const { wattlaneBreach } = window as unknown as { wattlaneBreach(text: string): void };
      wattlaneBreach(`breaks its policy: ${violatedDirective} ${blockedURI}`);
    });
  });
  context.on('request', (request) => asked(request.url()));
  context.on('page', (page) => watchPage(page, troubles, asked));
  return { troubles, requests, take: () => troubles.splice(0) };
}

function watchPage(page: Page, troubles: string[], asked: (url: string) => void): void {
  page.on('websocket', (socket) => asked(socket.url()));
  page.on('pageerror', (error) => troubles.push(`error: ${error.stack ?? error.message}`));
  page.on('crash', () => troubles.push('the page crashed'));
  page.on('console', (message) => {
    if (isTrouble(message))
      troubles.push(`console ${message.type()}: ${message.text()} (${message.location().url})`);
  });
}

/** Chromium's own line about a daemon that is switched off. No page can keep it from saying so; LinkNotices does, too. */
const SWITCHED_OFF = /^WebSocket connection to 'ws:\/\/127\.0\.0\.1:\d+\/' failed: .*ERR_CONNECTION_REFUSED$/;

function isTrouble(message: ConsoleMessage): boolean {
  if (SWITCHED_OFF.test(message.text())) return false;
  return ['error', 'warning', 'assert'].includes(message.type());
}
