import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { WebSocket, WebSocketServer } from 'ws';
import { NoPage, type PageFiles, readPage } from '../../src/page/files.ts';
import { type PageServer, startPage } from '../../src/page/server.ts';
import { pageSession } from '../../src/page/session.ts';

const file = (contentType: string, text: string, hashed = false) => ({
  contentType,
  hashed,
  content: Buffer.from(text),
});
const FILES: PageFiles = new Map([
  ['/index.html', file('text/html; charset=utf-8', '<title>the page</title>')],
  ['/assets/main-12345678.js', file('text/javascript; charset=utf-8', 'start()', true)],
]);
const NODE = { role: 'consumer', url: 'ws://127.0.0.1:1234/', token: 'f'.repeat(64) } as const;

interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
}

/** As a browser would ask, or a program that sends what it likes. */
function ask(url: string, headers: Readonly<Record<string, string>> = {}, method = 'GET'): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const sent = request(url, { headers, method }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () =>
        resolve({
          status: response.statusCode ?? 0,
          headers: response.headers,
          body: Buffer.concat(chunks).toString(),
        }),
      );
    });
    sent.on('error', reject);
    sent.end();
  });
}

describe('the server of the page', () => {
  const laboratory = new WebSocketServer({ noServer: true });
  let page: PageServer;
  beforeEach(async () => {
    page = await startPage({
      files: FILES,
      port: 0,
      laboratory: (request, socket, head) =>
        laboratory.handleUpgrade(request, socket, head, (open) => open.send('welcome')),
      howToEnter: 'Ask again.',
    });
    page.serve([NODE]);
  });
  afterEach(() => page.close());

  const enter = async () => {
    const { headers } = await ask(page.newAddress());
    return { cookie: String(headers['set-cookie']).split(';', 1)[0] ?? '' };
  };
  const upgraded = (headers: Readonly<Record<string, string>>, path = '/laboratory') =>
    new Promise<string>((resolve) => {
      const socket = new WebSocket(`${page.origin.replace(/^http/, 'ws')}${path}`, { headers });
      socket.on('message', (data) => {
        resolve(String(data));
        socket.close();
      });
      socket.on('unexpected-response', (_, { statusCode }) => resolve(`${statusCode}`));
      socket.on('error', () => {});
    });

  it('a one-time address: lets one browser in, and is out of the address at once', async () => {
    const address = page.newAddress();
    const first = await ask(address);
    expect(first.status).toBe(303);
    expect(first.headers.location).toBe('/');
    const port = new URL(page.origin).port;
    expect(first.headers['set-cookie']).toEqual([
      expect.stringMatching(new RegExp(`^wattlane-${port}=[\\w-]{43}; Path=/; HttpOnly; SameSite=Strict$`)),
    ]);
    const second = await ask(address);
    expect(second.status).toBe(401);
    expect(second.headers['set-cookie']).toBeUndefined();
    expect(second.body).toContain('This address was used');
  });

  it('a browser that looks ahead with HEAD: does not use the address up', async () => {
    const address = page.newAddress();
    expect((await ask(address, {}, 'HEAD')).status).toBe(401);
    expect((await ask(address)).status).toBe(303);
  });

  it('a newer address: takes the place of the one before', async () => {
    const older = page.newAddress();
    const newer = page.newAddress();
    expect((await ask(older)).status).toBe(401);
    expect((await ask(newer)).status).toBe(303);
  });

  it('a browser with a session: is let through with an address that was used, and uses none up', async () => {
    const session = await enter();
    const fresh = page.newAddress();
    const again = await ask(fresh, session);
    expect([again.status, again.headers.location, again.headers['set-cookie']]).toEqual([
      303,
      '/',
      undefined,
    ]);
    expect((await ask(fresh)).status).toBe(303);
    expect((await ask(`${page.origin}/`, session)).body).toContain('the page');
  });

  it.each([
    ['no cookie', {}],
    ['the cookie of nobody', { cookie: 'wattlane-1=x' }],
    ['a cookie of the right name and the wrong value', { cookie: 'NAME=AAAA' }],
  ])('%s: no page, and words that say what to do', async (_, headers) => {
    const port = new URL(page.origin).port;
    const sent = Object.fromEntries(
      Object.entries(headers).map(([name, value]) => [name, value.replace('NAME', `wattlane-${port}`)]),
    );
    const answer = await ask(`${page.origin}/`, sent);
    expect(answer.status).toBe(401);
    expect(answer.body).toContain('Ask again.');
    expect((await ask(`${page.origin}/session`, sent)).status).toBe(401);
  });

  it('two cookies of one name: none counts, since one of them is not ours', async () => {
    const { cookie } = await enter();
    expect((await ask(`${page.origin}/session`, { cookie: `${cookie}; ${cookie}` })).status).toBe(401);
  });

  it('/session: says where the nodes are, to the page alone, and nobody keeps it', async () => {
    const session = await enter();
    const answer = await ask(`${page.origin}/session`, { ...session, 'sec-fetch-site': 'same-origin' });
    expect(pageSession.parse(JSON.parse(answer.body))).toEqual({
      nodes: [NODE],
      laboratory: `${page.origin.replace(/^http/, 'ws')}/laboratory`,
    });
    expect(answer.headers['cache-control']).toBe('no-store');
    expect(answer.headers['access-control-allow-origin']).toBeUndefined();
  });

  it.each([
    ['another site', { 'sec-fetch-site': 'cross-site' }],
    ['another port of this machine', { 'sec-fetch-site': 'same-site' }],
    ['an address that was typed', { 'sec-fetch-site': 'none' }],
    ['another origin', { origin: 'http://127.0.0.1:1' }],
    ['a name that someone points here', { host: 'rebound.example' }],
    ['this machine under another name', { host: 'localhost' }],
  ])('/session, asked from %s: refused, though the cookie is right', async (_, headers) => {
    const session = await enter();
    const answer = await ask(`${page.origin}/session`, {
      ...session,
      ...(headers as Record<string, string>),
    });
    expect(answer.status).toBe(403);
    expect(answer.body).not.toContain(NODE.token);
  });

  it('a request under another name: nothing at all, whatever it asks for', async () => {
    for (const path of ['/', '/index.html', '/assets/main-12345678.js', new URL(page.newAddress()).pathname])
      expect((await ask(`${page.origin}${path}`, { host: 'rebound.example' })).status).toBe(403);
  });

  it('the laboratory: open to the page of the session, shut to other origins, names and browsers', async () => {
    const { origin } = page;
    const session = await enter();
    expect(await upgraded({ ...session, origin })).toBe('welcome');
    expect(await upgraded({ origin })).toBe('401');
    expect(await upgraded(session)).toBe('403');
    expect(await upgraded({ ...session, origin: 'http://127.0.0.1:1' })).toBe('403');
    expect(await upgraded({ ...session, origin, host: 'rebound.example' })).toBe('403');
    expect(await upgraded({ ...session, origin }, '/other')).toBe('404');
  });

  it('every answer: no script but its own, no frame, no other server than the nodes', async () => {
    const session = await enter();
    const paths = ['/', '/session', '/assets/main-12345678.js', '/none', '/?token=wrong'];
    for (const path of paths) {
      const { headers } = await ask(`${page.origin}${path}`, path === '/none' ? {} : session);
      const policy = String(headers['content-security-policy']).split('; ');
      expect(policy).toContain("default-src 'none'");
      expect(policy).toContain("script-src 'self'");
      expect(policy).toContain("style-src 'self'");
      expect(policy).toContain(
        `connect-src 'self' ${page.origin.replace(/^http/, 'ws')}/laboratory ${NODE.url}`,
      );
      for (const part of ["frame-ancestors 'none'", "base-uri 'none'", "form-action 'none'"])
        expect(policy).toContain(part);
      expect(headers).toMatchObject({
        'x-content-type-options': 'nosniff',
        'referrer-policy': 'no-referrer',
        'cross-origin-opener-policy': 'same-origin',
        'cross-origin-resource-policy': 'same-origin',
      });
    }
  });

  it('files: those of the page and no others, the named by content for ever, the others asked for again', async () => {
    const asset = await ask(`${page.origin}/assets/main-12345678.js`);
    expect([asset.status, asset.body]).toEqual([200, 'start()']);
    expect(asset.headers['cache-control']).toBe('public, max-age=31536000, immutable');
    expect((await ask(`${page.origin}/index.html`)).headers['cache-control']).toBe('no-cache');
    for (const path of ['/../package.json', '/%2e%2e/package.json', '//etc/passwd', '/assets', '/session/x'])
      expect((await ask(`${page.origin}${path}`)).status).toBe(404);
    expect((await ask(`${page.origin}/`, {}, 'POST')).status).toBe(405);
  });

  it('listens on the loopback interface', () => {
    expect(new URL(page.origin).hostname).toBe('127.0.0.1');
  });

  it('a port that is taken: said, not another one taken', async () => {
    const port = Number(new URL(page.origin).port);
    await expect(startPage({ files: FILES, port, howToEnter: '' })).rejects.toMatchObject({
      code: 'EADDRINUSE',
    });
  });
});

describe('the files of a page', () => {
  let directory: string;
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'wattlane-page-'));
  });
  afterEach(() => rm(directory, { recursive: true }));

  it('a built page: every file by its path, with its type', async () => {
    await mkdir(join(directory, 'assets'));
    await writeFile(join(directory, 'index.html'), '<p>');
    await writeFile(join(directory, 'assets/main-Ab3_d-9x.css'), 'p{}');
    await writeFile(join(directory, 'secret.key'), 'not of the page');
    const files = await readPage(directory);
    expect([...files].map(([path, { contentType, hashed }]) => [path, contentType, hashed])).toEqual(
      expect.arrayContaining([
        ['/index.html', 'text/html; charset=utf-8', false],
        ['/assets/main-Ab3_d-9x.css', 'text/css; charset=utf-8', true],
      ]),
    );
    expect(files.size).toBe(2);
  });

  it('a page that was not built: says how to build it', async () => {
    await expect(readPage(join(directory, 'none'))).rejects.toThrow(NoPage);
  });
});
