import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { BrowserContext, Page } from 'playwright-core';

/** A page of somebody else on this machine, in the browser that has the wallet's session. */
export interface Foreign {
  readonly page: Page;
  close(): Promise<void>;
}

/** Serves a page of another port, under a name of this machine, and opens it. */
export async function openForeign(
  context: BrowserContext,
  host: '127.0.0.1' | 'localhost',
): Promise<Foreign> {
  const server = createServer((_request, response) => {
    response.setHeader('content-type', 'text/html').end('<!doctype html><title>foreign</title><p>a page');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const page = await context.newPage();
  await page.goto(`http://${host}:${(server.address() as AddressInfo).port}/`);
  return {
    page,
    close: async () => {
      await page.close();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** What a request of a page comes to: its status where the browser tells it, `opaque` where it does not, `refused`. */
export function fetched(page: Page, url: string, init: RequestInit = {}): Promise<string> {
  return page.evaluate(
    async ([target, options]) => {
      try {
        const answer = await fetch(target, options);
        return answer.type === 'opaque' ? `opaque ${await answer.text()}` : `${answer.status}`;
      } catch {
        return 'refused';
      }
    },
    [url, init] as const,
  );
}

/** What servers answer to the page from now on, also where the browser keeps it from the page. */
export async function statusesOf(page: Page): Promise<readonly number[]> {
  const statuses: number[] = [];
  const session = await page.context().newCDPSession(page);
  session.on('Network.responseReceivedExtraInfo', ({ statusCode }) => statuses.push(statusCode));
  await session.send('Network.enable');
  return statuses;
}

/** Whether a WebSocket opens from a page, and what it hears after it said `first`. */
export function socketOf(page: Page, url: string, first?: string): Promise<string> {
  return page.evaluate(
    ([target, text]) =>
      new Promise<string>((resolve) => {
        const socket = new WebSocket(target);
        socket.onclose = () => resolve('closed');
        socket.onmessage = ({ data }) => resolve(`heard ${data}`);
        socket.onopen = () => (text === undefined ? resolve('opened') : socket.send(text));
      }),
    [url, first] as const,
  );
}

/** The status of what a form of the page gets; the page is what the form led to, then what it was before. */
export async function posted(page: Page, url: string): Promise<number> {
  const before = page.url();
  const answered = page.waitForResponse(url);
  await page.evaluate((target) => {
    const form = document.createElement('form');
    form.method = 'post';
    form.action = target;
    document.body.append(form);
    form.submit();
  }, url);
  const answer = await answered;
  await answer.finished();
  await page.goto(before);
  return answer.status();
}

/** What a frame of a page with this address shows: its text, or `nothing`. */
export async function framed(page: Page, url: string): Promise<string> {
  await page.evaluate(
    (target) =>
      new Promise<void>((resolve) => {
        const frame = document.createElement('iframe');
        frame.onload = () => resolve();
        frame.src = target;
        document.body.append(frame);
      }),
    url,
  );
  const [, frame] = page.frames();
  if (frame === undefined || !frame.url().startsWith(url)) return 'nothing';
  return frame.evaluate(() => document.documentElement.outerHTML);
}
