import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { buildPage } from '../../lab/build.ts';
import { freePorts } from '../../regtest/ports.ts';
import { rpcClient } from '../../src/client/client.ts';
import { nodeSockets } from '../../src/client/nodeSocket.ts';
import { pageSession } from '../../src/page/session.ts';
import { type DaemonLab, daemonLab, idOf } from '../support/daemons.ts';
import { runCli } from './support/runCli.ts';

describe('wattlane wallet', () => {
  beforeAll(async () => {
    await buildPage();
  });

  let lab: DaemonLab;
  afterEach(() => lab.stop());

  it('a running daemon: the page, and where the daemon is, for the browser that came, until Ctrl-C', async () => {
    lab = await daemonLab();
    const [port = 0] = await freePorts(1);
    const origin = `http://127.0.0.1:${port}`;
    const daemon = await lab.start('producer', { flags: { '--rpc-allowed-origins': origin } });
    await writeFile(join(daemon.config.dataDir, 'wattlaned.json'), '{ "role": "producer" }');
    const ctrlC = new AbortController();
    let printed: (text: string) => void = () => {};
    const first = new Promise<string>((resolve) => {
      printed = resolve;
    });
    const args = ['--json', 'wallet', daemon.config.dataDir, '--port', `${port}`];
    const command = runCli(args, { interrupted: ctrlC.signal, onStdout: printed });
    const { address } = JSON.parse(await first) as { readonly address: string };

    const entered = await fetch(address, { redirect: 'manual' });
    const cookie = (entered.headers.get('set-cookie') ?? '').split(';', 1)[0] ?? '';
    expect(await (await fetch(`${origin}/`, { headers: { cookie } })).text()).toContain('<html');
    const answer = await fetch(`${origin}/session`, { headers: { cookie } });
    const { nodes, laboratory } = pageSession.parse(await answer.json());
    const [node] = nodes;
    const client = await rpcClient({ url: node?.url ?? '', token: node?.token ?? '', open: nodeSockets });
    const { nodeId } = await client.call('getInfo', {});
    expect([node?.role, nodeId, laboratory]).toEqual(['producer', idOf(daemon), null]);
    client.close();

    ctrlC.abort();
    expect((await command).code).toBe(0);
    await expect(fetch(origin)).rejects.toThrow();
  });

  it('a daemon that takes no calls from the page: says so, and how it would', async () => {
    lab = await daemonLab();
    const daemon = await lab.start('utility');
    const [port = 0] = await freePorts(1);
    const place = `utility=${daemon.config.dataDir}`;
    const { code, stderr } = await runCli(['wallet', place, '--port', `${port}`]);
    expect(code).toBe(4);
    expect(stderr).toContain(`takes no calls from http://127.0.0.1:${port}`);
    expect(stderr).toContain(`--rpc-allowed-origins http://127.0.0.1:${port}`);
  });

  it('no daemon, no role, two of one role: refused by name', async () => {
    lab = await daemonLab();
    const { dataDir } = (await lab.start('consumer')).config;
    expect((await runCli(['wallet', dataDir])).stderr).toContain(`wattlane wallet consumer=${dataDir}`);
    const twice = await runCli(['wallet', `consumer=${dataDir}`, `consumer=${dataDir}`]);
    expect([twice.code, twice.stderr]).toEqual([2, expect.stringContaining('one node of each role')]);
    expect((await runCli(['wallet', `consumer=${dataDir}/none`])).code).toBe(3);
  });
});
