import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { freePorts } from '../../regtest/ports.ts';
import { type Retry, RpcClient, RpcError, type RpcLogin } from '../../src/chain/bitcoind/index.ts';
import { ChainError } from '../../src/chain/port.ts';

const PASSWORD = 'correct horse battery staple';
const LOGIN: RpcLogin = { user: 'me', password: PASSWORD };
const QUICK: Retry = { attempts: 4, firstMs: 1, longestMs: 2 };

interface Call {
  readonly id: number;
  readonly method: string;
  readonly authorization: string | undefined;
}

type Behaviour = (call: Call, response: ServerResponse) => void;

const open: { close(): unknown }[] = [];

afterEach(async () => {
  for (const each of open.splice(0).reverse()) await each.close();
});

/** An HTTP server on a free port that answers each call by the next behaviour, the last one for ever. */
async function serve(...behaviours: readonly Behaviour[]): Promise<{ url: string; calls: Call[] }> {
  const calls: Call[] = [];
  const server = createServer((request, response) => {
    void bodyOf(request).then((body) => {
      const { id, method } = JSON.parse(body);
      const call = { id, method, authorization: request.headers.authorization };
      const behave = behaviours[Math.min(calls.length, behaviours.length - 1)];
      calls.push(call);
      behave?.(call, response);
    });
  });
  const port = await listen(server);
  open.push({
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  });
  return { url: `http://127.0.0.1:${port}`, calls };
}

async function listen(server: Server, port = 0): Promise<number> {
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  let body = '';
  for await (const chunk of request) body += chunk;
  return body;
}

function client(url: string, options: Partial<ConstructorParameters<typeof RpcClient>[0]> = {}): RpcClient {
  const made = new RpcClient({ url, login: LOGIN, retry: QUICK, ...options });
  open.push(made);
  return made;
}

const succeed =
  (result: unknown): Behaviour =>
  ({ id }, response) =>
    response.end(JSON.stringify({ result, error: null, id }));

const rpcError =
  (status: number, code: number, message: string): Behaviour =>
  ({ id }, response) => {
    response.statusCode = status;
    response.end(JSON.stringify({ result: null, error: { code, message }, id }));
  };

const status =
  (code: number, body = ''): Behaviour =>
  (_call, response) => {
    response.statusCode = code;
    response.end(body);
  };

const hangUp: Behaviour = (_call, response) => response.destroy();

async function failureOf(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    (value) => expect.fail(`no failure, but ${JSON.stringify(value)}`),
    (error: unknown) => error,
  );
}

async function chainError(promise: Promise<unknown>): Promise<ChainError> {
  const error = await failureOf(promise);
  if (!(error instanceof ChainError)) throw error;
  return error;
}

describe('an RPC call', () => {
  test('answered: gives the result, logged in', async () => {
    const { url, calls } = await serve(succeed({ blocks: 5 }));
    expect(await client(url).call('getblockchaininfo')).toEqual({ blocks: 5 });
    expect(calls[0]?.authorization).toBe(`Basic ${btoa(`me:${PASSWORD}`)}`);
  });

  test('answered with an error: RpcError with its code, asked once', async () => {
    const { url, calls } = await serve(rpcError(500, -8, 'Block height out of range'));
    const error = await failureOf(client(url).call('getblockhash', [1e6]));
    expect(error).toBeInstanceOf(RpcError);
    expect(error).toMatchObject({ code: -8, message: 'Block height out of range', method: 'getblockhash' });
    expect(calls).toHaveLength(1);
  });

  test('answered with null: null, not a bad answer', async () => {
    const { url } = await serve(succeed(null));
    expect(await client(url).call('gettxout')).toBeNull();
  });
});

describe('a node that is not ready', () => {
  test.each([
    ['work queue full', status(503, 'Work queue depth exceeded')],
    ['warming up', rpcError(500, -28, 'Loading block index…')],
  ])('%s for two calls: asked again until it answers', async (_name, behaviour) => {
    const { url, calls } = await serve(behaviour, behaviour, succeed('ok'));
    expect(await client(url).call('uptime')).toBe('ok');
    expect(calls).toHaveLength(3);
  });

  test('warming up for good: unreachable after the last attempt', async () => {
    const { url, calls } = await serve(rpcError(500, -28, 'Verifying blocks…'));
    expect(await chainError(client(url).call('uptime'))).toMatchObject({ code: 'unreachable', retry: true });
    expect(calls).toHaveLength(QUICK.attempts);
  });

  test('nobody listens: unreachable after the last attempt', async () => {
    const [port] = await freePorts(1);
    const error = await chainError(client(`http://127.0.0.1:${port}`).call('uptime'));
    expect(error).toMatchObject({ code: 'unreachable', retry: true });
  });

  test('connection lost after the call was sent: unreachable, not sent twice', async () => {
    const { url, calls } = await serve(hangUp);
    expect(await chainError(client(url).call('generatetoaddress'))).toMatchObject({ code: 'unreachable' });
    expect(calls).toHaveLength(1);
  });

  test('no answer: unreachable when the time is over, not sent twice', async () => {
    const { url, calls } = await serve(() => undefined);
    const error = await chainError(client(url, { timeoutMs: 50 }).call('uptime'));
    expect(error).toMatchObject({ code: 'unreachable' });
    expect(calls).toHaveLength(1);
  });

  test('an answer that never ends: unreachable when the time is over', async () => {
    const { url } = await serve((_call, response) => response.write('{"result":'));
    expect(await chainError(client(url, { timeoutMs: 50 }).call('uptime'))).toMatchObject({
      code: 'unreachable',
    });
  });
});

describe('an answer that makes no sense', () => {
  test.each<[string, Behaviour]>([
    ['HTML', status(200, '<html>router login</html>')],
    ['empty', status(200, '')],
    ['JSON, not an object', status(200, '[1,2]')],
    ['without result', ({ id }, response) => response.end(JSON.stringify({ id }))],
    [
      'of another call',
      ({ id }, response) => response.end(JSON.stringify({ result: 1, error: null, id: id + 1 })),
    ],
    ['an error without code', ({ id }, response) => response.end(JSON.stringify({ error: 'no', id }))],
    ['another HTTP status', status(302)],
    ['cut JSON', status(200, '{"result": 1, "err')],
    ['not HTTP', (_call, response) => response.socket?.end('SSH-2.0-OpenSSH_9.2\r\n')],
  ])('%s: badAnswer, asked once', async (_name, behaviour) => {
    const { url, calls } = await serve(behaviour);
    expect(await chainError(client(url).call('uptime'))).toMatchObject({ code: 'badAnswer', retry: false });
    expect(calls).toHaveLength(1);
  });

  test('without end: badAnswer at the limit, the rest is not read', async () => {
    const { url } = await serve((_call, response) => {
      const chunk = 'x'.repeat(64 * 1024);
      const more = () => {
        while (!response.destroyed && response.write(chunk));
      };
      response.on('drain', more);
      more();
    });
    const error = await chainError(client(url, { maxAnswerBytes: 1024 * 1024 }).call('getblock'));
    expect(error).toMatchObject({ code: 'badAnswer' });
  });
});

describe('login', () => {
  test('wrong password: refused at once, and no error text holds it', async () => {
    const { url, calls } = await serve(status(401));
    const error = await chainError(client(url).call('uptime'));
    expect(error).toMatchObject({ code: 'refused', retry: false });
    expect(calls).toHaveLength(1);
    expect(`${error.stack} ${JSON.stringify(error)} ${error.cause}`).not.toContain(PASSWORD);
  });

  test('method not on the white list: refused', async () => {
    const { url } = await serve(status(403));
    expect(await chainError(client(url).call('stop'))).toMatchObject({ code: 'refused' });
  });

  test('a password in the address: refused, and the error text does not hold it', () => {
    expect(() => client('http://me:hunter2@127.0.0.1:8332')).toThrow(ChainError);
    expect(() => client('http://me:hunter2@127.0.0.1:8332')).not.toThrow(/hunter2/);
    expect(() => client('http://me:hunter2@[bad')).not.toThrow(/hunter2/);
  });

  test('cookie changed by a restart: read again, the call succeeds', async () => {
    const cookieFile = await cookie('__cookie__:first');
    const valid = { now: `Basic ${btoa('__cookie__:first')}` };
    const { url, calls } = await serve((call, response) =>
      (call.authorization === valid.now ? succeed('in') : status(401))(call, response),
    );
    const rpc = client(url, { login: { cookieFile } });
    expect(await rpc.call('uptime')).toBe('in');
    await writeFile(cookieFile, '__cookie__:second');
    valid.now = `Basic ${btoa('__cookie__:second')}`;
    expect(await rpc.call('uptime')).toBe('in');
    expect(calls).toHaveLength(3);
    expect(await rpc.call('uptime')).toBe('in');
    expect(calls).toHaveLength(4);
  });

  test('cookie wrong and unchanged: refused, no loop', async () => {
    const { url, calls } = await serve(status(401));
    const rpc = client(url, { login: { cookieFile: await cookie('__cookie__:stale') } });
    expect(await chainError(rpc.call('uptime'))).toMatchObject({ code: 'refused' });
    expect(calls).toHaveLength(1);
  });

  test('no cookie file: unreachable, the node does not run', async () => {
    const { url, calls } = await serve(succeed(1));
    const rpc = client(url, { login: { cookieFile: join(tmpdir(), 'wattlane-no-such-cookie') } });
    expect(await chainError(rpc.call('uptime'))).toMatchObject({ code: 'unreachable', retry: true });
    expect(calls).toHaveLength(0);
  });

  test('a file that is no cookie: refused, and no error text holds its content', async () => {
    const { url } = await serve(succeed(1));
    const rpc = client(url, { login: { cookieFile: await cookie('line one\nline two: secret') } });
    const error = await chainError(rpc.call('uptime'));
    expect(error).toMatchObject({ code: 'refused' });
    expect(error.message).not.toContain('secret');
  });
});

test('a closed client: closed', async () => {
  const { url } = await serve(succeed(1));
  const rpc = client(url);
  expect(await rpc.call('uptime')).toBe(1);
  rpc.close();
  expect(await chainError(rpc.call('uptime'))).toMatchObject({ code: 'closed', retry: false });
});

async function cookie(content: string): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'wattlane-cookie-'));
  open.push({ close: () => rm(directory, { recursive: true }) });
  const file = join(directory, '.cookie');
  await writeFile(file, content);
  return file;
}
