import { readFile } from 'node:fs/promises';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { rpcClient } from '../../../src/client/client.ts';
import { nodeSockets } from '../../../src/client/nodeSocket.ts';
import { urlPath } from '../../../src/daemon/rpc/index.ts';
import { tokenPath } from '../../../src/daemon/rpc/tokens.ts';
import { type DaemonLab, daemonLab } from '../../support/daemons.ts';
import { wire } from './wire.ts';

let lab: DaemonLab;
beforeEach(async () => {
  lab = await daemonLab();
});
afterEach(() => lab.stop());

it('a daemon says in its data directory where it is called, and stops when it is told to', async () => {
  const daemon = await lab.start('consumer');
  const { dataDir } = daemon.config;
  const url = (await readFile(urlPath(dataDir), 'utf8')).trim();
  expect(daemon.rpcUrl).toBe(url.replace('ws:', 'http:').replace(/\/$/, ''));
  const token = (await readFile(tokenPath(dataDir, 'admin'), 'utf8')).trim();
  const client = await rpcClient({ url, token, open: nodeSockets });
  expect((await client.call('getInfo', {})).addresses).toEqual([daemon.address]);
  const health = await fetch(`${daemon.rpcUrl}/healthz`);
  expect([health.status, await health.json()]).toEqual([200, { ok: true, reasons: [] }]);
  expect(await (await fetch(`${daemon.rpcUrl}/metrics`)).text()).toMatch(
    /wattlane_rpc_calls_total\{method="getInfo",result="ok"\} 1/,
  );
  expect(await client.call('stop', {})).toEqual({});
  expect((await daemon.ended).error).toBeUndefined();
  client.close();
  await expect(readFile(urlPath(dataDir))).rejects.toMatchObject({ code: 'ENOENT' });
  expect(lab.lines.join('')).not.toContain(token);
});

it('a page that the settings allow calls by WebSocket; a page at any other origin gets no connection', async () => {
  const page = 'http://127.0.0.1:8787';
  const daemon = await lab.start('consumer', { flags: { '--rpc-allowed-origins': page } });
  const url = daemon.rpcUrl.replace('http:', 'ws:');
  const token = (await readFile(tokenPath(daemon.config.dataDir, 'read'), 'utf8')).trim();
  const socket = await wire(url, { origin: page });
  socket.send({ jsonrpc: '2.0', id: 1, method: 'authenticate', params: { token } });
  expect(await socket.next()).toMatchObject({ result: { right: 'read' } });
  socket.socket.close();
  const others = ['http://127.0.0.1:8788', 'https://127.0.0.1:8787', 'http://localhost:8787', 'null'];
  for (const origin of [...others, 'http://127.0.0.1:8787.example.org', `${page}/`])
    await expect(wire(url, { origin, authorization: `Bearer ${token}` }), origin).rejects.toThrow('403');
});
