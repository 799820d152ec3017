import { chmod, stat, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openTokens, tokenPath } from '../../../src/daemon/rpc/tokens.ts';
import { includesRight } from '../../../src/rpc/method.ts';
import { METHOD_NAMES, METHODS } from '../../../src/rpc/methods.ts';
import { simulatedTestChain } from '../../support/world.ts';
import { type ServedWorld, serveWorld } from './support.ts';
import { callHttp, http, rpcHeaders, wire } from './wire.ts';

const ORIGIN = 'https://wallet.example';
const LIMITS = {
  messageBytes: 20_000,
  unauthenticatedBytes: 1_000,
  unauthenticatedTotalBytes: 4_000,
  unauthenticatedMs: 1_500,
  callsInFlight: 4,
};

describe('who may call', () => {
  let served: ServedWorld;
  let url: string;
  beforeAll(async () => {
    served = await serveWorld(simulatedTestChain(), {
      limits: LIMITS,
      allowedOrigins: [ORIGIN],
      pages: { '/healthz': async () => ({ status: 200, contentType: 'text/plain', text: 'ok' }) },
    });
    url = served.url('consumer', 'http');
  });
  afterAll(() => served.stop());

  const PING = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'getInfo' });

  it.each(METHOD_NAMES)(
    '%s: refused without a token, with a wrong one and with one of a lesser right',
    async (name) => {
      const { right } = METHODS[name];
      for (const token of [undefined, 'f'.repeat(64), '', await served.token('producer', 'admin')])
        expect(await callHttp(url, token, name)).toMatchObject({
          error: { data: { name: 'unauthenticated' } },
        });
      for (const held of ['read', 'trade', 'admin'] as const) {
        const answer = await callHttp(url, await served.token('consumer', held), name, { surprise: 1 });
        const expected =
          right === 'none' || includesRight(held, right)
            ? { name: 'invalidParams' }
            : { name: 'forbidden', right };
        expect(answer).toMatchObject({ error: { data: expected } });
      }
    },
  );

  it('no token: 401 and how to show one; nothing of the request is read', async () => {
    const answer = await http(url, { headers: rpcHeaders(), body: PING });
    expect([answer.status, answer.headers['www-authenticate']]).toEqual([401, 'Bearer']);
  });

  it('a token in the URL is no token', async () => {
    const token = await served.token('consumer', 'admin');
    const path = `/?token=${token}&access_token=${token}`;
    expect((await http(url, { path, headers: rpcHeaders(), body: PING })).status).toBe(401);
  });

  it('every answer forbids to sniff and to keep it', async () => {
    const token = await served.token('consumer', 'read');
    for (const answer of [
      await http(url, { headers: rpcHeaders(token), body: PING }),
      await http(url, { method: 'GET' }),
      await http(url, { method: 'GET', path: '/healthz' }),
      await http(url, { method: 'GET', path: '/etc/passwd' }),
    ])
      expect(answer.headers).toMatchObject({
        'cache-control': 'no-store',
        'x-content-type-options': 'nosniff',
      });
  });

  it.each([
    ['GET', '/', {}, 405],
    ['PUT', '/', {}, 405],
    ['POST', '/healthz', {}, 405],
    ['GET', '/../../etc/passwd', {}, 404],
    ['GET', '/constructor', {}, 404],
    ['GET', '/__proto__', {}, 404],
    ['POST', '/', { 'content-type': 'text/plain' }, 415],
    ['POST', '/', { 'content-type': 'application/json', 'content-encoding': 'gzip' }, 415],
    ['GET', '/healthz', {}, 200],
  ] as const)('%s %s %j: %i', async (method, path, headers, status) => {
    expect((await http(url, { method, path, headers })).status).toBe(status);
  });

  it.each([
    'evil.example',
    'evil.example:80',
    'localhost.evil.example',
    '127.0.0.1.evil.example',
    'evil@127.0.0.1',
    '[::1',
  ])(
    'a Host of %j, to which a foreign name may resolve: 403 on every path, and no WebSocket',
    async (host) => {
      const token = await served.token('consumer', 'admin');
      const headers = { ...rpcHeaders(token), host };
      expect((await http(url, { headers, body: PING })).status).toBe(403);
      expect((await http(url, { method: 'GET', path: '/healthz', headers: { host } })).status).toBe(403);
      await expect(wire(served.url('consumer'), { host })).rejects.toThrow('403');
    },
  );

  it.each(['https://evil.example', 'null', 'http://localhost:3000', `${ORIGIN}.evil.example`, 'file://'])(
    'an origin of %s, even with a good token: 403, and no WebSocket',
    async (origin) => {
      const token = await served.token('consumer', 'admin');
      expect((await http(url, { headers: { ...rpcHeaders(token), origin }, body: PING })).status).toBe(403);
      expect((await http(url, { method: 'OPTIONS', headers: { origin } })).status).toBe(403);
      const headers = { origin, authorization: `Bearer ${token}` };
      await expect(wire(served.url('consumer'), headers)).rejects.toThrow('403');
    },
  );

  it('an origin that was allowed: the browser is told so, for that origin alone', async () => {
    const preflight = await http(url, { method: 'OPTIONS', headers: { origin: ORIGIN } });
    expect([preflight.status, preflight.headers['access-control-allow-origin']]).toEqual([204, ORIGIN]);
    expect(preflight.headers['access-control-allow-credentials']).toBeUndefined();
    const socket = await wire(served.url('consumer'), { origin: ORIGIN });
    socket.send({
      jsonrpc: '2.0',
      id: 1,
      method: 'authenticate',
      params: { token: await served.token('consumer', 'read') },
    });
    expect(await socket.next()).toMatchObject({ result: { right: 'read' } });
    socket.socket.close();
  });

  it('a WebSocket with a wrong token in its header: 401; with a good one: its right', async () => {
    const socket = (token: string) => wire(served.url('consumer'), { authorization: `Bearer ${token}` });
    await expect(socket('0'.repeat(64))).rejects.toThrow('401');
    const good = await socket(await served.token('consumer', 'trade'));
    good.send({ jsonrpc: '2.0', id: 1, method: 'stop' });
    expect(await good.next()).toMatchObject({ error: { data: { name: 'forbidden', right: 'admin' } } });
    good.socket.close();
  });

  it.each([
    ['a wrong token', { jsonrpc: '2.0', id: 1, method: 'authenticate', params: { token: 'x' } }],
    ['another method', { jsonrpc: '2.0', id: 1, method: 'getInfo' }],
    ['no method of ours', { jsonrpc: '2.0', id: 1, method: 'constructor' }],
  ])('the first call of a WebSocket is %s: told so, then closed', async (_, call) => {
    const socket = await wire(served.url('consumer'));
    socket.send(call);
    expect(await socket.next()).toMatchObject({ id: 1, error: { data: { name: 'unauthenticated' } } });
    expect(await socket.closed).toBe(1008);
  });

  it('a WebSocket that shows no token in time is closed; one that sends much before it is, too', async () => {
    expect(await (await wire(served.url('consumer'))).closed).toBe(1008);
    const talker = await wire(served.url('consumer'));
    talker.send(' '.repeat(LIMITS.unauthenticatedBytes + 1));
    expect(await talker.closed).toBe(1009);
  });

  it('a WebSocket without a token whose message never ends: cut off, long before it could fill the memory', async () => {
    const talker = await wire(served.url('consumer'));
    for (let part = 0; part < 10; part++) talker.socket.send(' '.repeat(900), { fin: false });
    expect(await talker.closed).toBe(1006);
    const holder = await wire(served.url('consumer'));
    const token = await served.token('consumer', 'read');
    holder.send(JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'authenticate', params: { token } }));
    expect(await holder.next()).toMatchObject({ result: { right: 'read' } });
    holder.send(
      JSON.stringify({ jsonrpc: '2.0', id: 2, method: 'decode', params: { data: 'f'.repeat(8_000) } }),
    );
    expect(await holder.next()).toMatchObject({ id: 2, error: {} });
    holder.socket.close();
  });

  it('a body that is too long: 413, announced or not; a message that is too long: closed', async () => {
    const token = await served.token('consumer', 'admin');
    const body = JSON.stringify({
      jsonrpc: '2.0',
      id: 1,
      method: 'decode',
      params: { data: 'f'.repeat(30_000) },
    });
    expect((await http(url, { headers: rpcHeaders(token), body })).status).toBe(413);
    const chunked = { ...rpcHeaders(token), 'transfer-encoding': 'chunked' };
    expect((await http(url, { headers: chunked, body })).status).toBe(413);
    const socket = await wire(served.url('consumer'), { authorization: `Bearer ${token}` });
    socket.send(body);
    expect(await socket.closed).toBe(1009);
    const binary = await wire(served.url('consumer'), { authorization: `Bearer ${token}` });
    binary.socket.send(Uint8Array.of(1, 2, 3));
    expect(await binary.closed).toBe(1003);
  });

  it.each([
    ['not JSON', '{', 'parseError'],
    ['not UTF-8', Uint8Array.of(0x22, 0xff, 0x22), 'parseError'],
    ['nothing', '', 'parseError'],
    ['deep JSON', `${'['.repeat(5000)}${']'.repeat(5000)}`, 'parseError'],
    [
      'deep parameters',
      `{"jsonrpc":"2.0","id":1,"method":"getInfo","params":${'{"a":'.repeat(30)}1${'}'.repeat(30)}}`,
      'parseError',
    ],
    ['a number', '7', 'invalidRequest'],
    ['an empty batch', '[]', 'invalidRequest'],
    ['a long batch', `[${Array(51).fill(PING).join(',')}]`, 'invalidRequest'],
    ['another version', '{"jsonrpc":"1.0","id":1,"method":"getInfo"}', 'invalidRequest'],
    ['more than a request', '{"jsonrpc":"2.0","id":1,"method":"getInfo","extra":1}', 'invalidRequest'],
    ['parameters by position', '{"jsonrpc":"2.0","id":1,"method":"getInfo","params":[]}', 'invalidRequest'],
    ['no method of ours', '{"jsonrpc":"2.0","id":1,"method":"toString"}', 'methodNotFound'],
    [
      'a parameter of the prototype',
      '{"jsonrpc":"2.0","id":1,"method":"getInfo","params":{"__proto__":{"a":1},"constructor":1}}',
      'invalidParams',
    ],
  ] as const)('%s: %3$s', async (_, body, name) => {
    const token = await served.token('consumer', 'read');
    const answer = await http(url, { headers: rpcHeaders(token), body });
    expect(answer.status).toBe(200);
    expect(JSON.parse(answer.text)).toMatchObject({ jsonrpc: '2.0', error: { data: { name } } });
    expect(answer.text).not.toMatch(/node_modules|\.ts|at [A-Z]/);
  });

  it('a batch is answered in its order, without what is a notification; of notifications alone there is no answer', async () => {
    const token = await served.token('consumer', 'read');
    const call = (id?: unknown, method = 'exportLabels') => ({
      jsonrpc: '2.0',
      method,
      ...(id === undefined ? {} : { id }),
    });
    const send = (value: unknown) => http(url, { headers: rpcHeaders(token), body: JSON.stringify(value) });
    const mixed = JSON.parse((await send([call('a'), call(), call(2, 'nothing'), 1, call(null)])).text);
    expect(mixed).toMatchObject([
      { id: 'a', result: { labels: '' } },
      { id: 2, error: { code: -32601 } },
      { id: null, error: { code: -32600 } },
      { id: null, result: { labels: '' } },
    ]);
    const silent = await send([call(), call(undefined, 'nothing')]);
    expect([silent.status, silent.text]).toEqual([204, '']);
  });

  it('a flood of calls on one connection: those above the limit are refused by name, and later ones are answered', async () => {
    const token = await served.token('consumer', 'read');
    const socket = await wire(served.url('consumer'), { authorization: `Bearer ${token}` });
    const most = 200;
    for (let id = 0; id < most; id++) socket.send({ jsonrpc: '2.0', id, method: 'getInfo' });
    const answers = [];
    for (let i = 0; i < most; i++) answers.push(await socket.next());
    const refused = answers.filter(({ error }) => error !== undefined);
    for (const { error } of refused)
      expect(error).toMatchObject({ data: { name: 'tooManyRequests', most: LIMITS.callsInFlight } });
    expect(refused.length).toBeGreaterThan(0);
    expect(refused.length).toBeLessThan(most);
    socket.send({ jsonrpc: '2.0', id: most, method: 'getInfo' });
    expect(await socket.next()).toMatchObject({ id: most, result: {} });
    socket.socket.close();
  });

  it('more connections than the limit are not taken; the others go on', async () => {
    const few = await serveWorld(simulatedTestChain(), { limits: { connections: 3 } });
    const token = await few.token('consumer', 'read');
    const open = [];
    for (let i = 0; i < 2; i++)
      open.push(await wire(few.url('consumer'), { authorization: `Bearer ${token}` }));
    await expect(wire(few.url('consumer'), { authorization: `Bearer ${token}` })).rejects.toThrow();
    expect((await few.clients.consumer.call('getInfo', {})).network).toBe('regtest');
    for (const { socket } of open) socket.close();
    await few.stop();
  });

  it('a stopped server answers nothing more, and closes every connection', async () => {
    const ended = await serveWorld(simulatedTestChain());
    const token = await ended.token('consumer', 'read');
    const socket = await wire(ended.url('consumer'), { authorization: `Bearer ${token}` });
    await ended.server('consumer').close();
    expect(await socket.closed).toBe(1001);
    await expect(wire(ended.url('consumer'))).rejects.toThrow();
    await ended.stop();
  });
});

describe('token files', () => {
  it('made once, for the owner alone, each another; refused when others can read one, or it holds something else', async () => {
    const served = await serveWorld(simulatedTestChain());
    const tokens = await Promise.all(
      (['read', 'trade', 'admin'] as const).map((right) => served.token('consumer', right)),
    );
    expect(new Set(tokens).size).toBe(3);
    for (const token of tokens) expect(token).toMatch(/^[0-9a-f]{64}$/);
    const dir = dirname(served.tokenFile('consumer', 'read'));
    for (const right of ['read', 'trade', 'admin'] as const)
      expect((await stat(tokenPath(dir, right))).mode & 0o777).toBe(0o600);
    const again = await openTokens(dir);
    expect(tokens.map((token) => again.rightOf(token))).toEqual(['read', 'trade', 'admin']);
    await chmod(tokenPath(dir, 'read'), 0o644);
    await expect(openTokens(dir)).rejects.toMatchObject({ code: 'badFile' });
    await chmod(tokenPath(dir, 'read'), 0o600);
    await writeFile(tokenPath(dir, 'read'), 'guess me');
    await expect(openTokens(dir)).rejects.toMatchObject({ code: 'badFile' });
    await served.stop();
  });
});
