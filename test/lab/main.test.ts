import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it } from 'vitest';
import { labClient } from '../../lab/client.ts';
import { hasEnded, isRunning } from '../../regtest/processes.ts';
import { ROLES } from '../../src/base/role.ts';
import { pageSession } from '../../src/page/session.ts';
import { asPage } from './support/demo.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const ADDRESS = /http:\/\/127\.0\.0\.1:\d+\/\?token=[\w-]+/g;
const PATIENCE_MS = 60_000;

describe('npm run demo:wallet', () => {
  let demo: ChildProcess | undefined;
  afterEach(() => {
    demo?.kill('SIGKILL');
  });

  it('killed with SIGKILL: all that it started ends, and nothing of it is left on the disk', async () => {
    demo = spawn(process.execPath, ['--import', 'tsx', 'lab/main.ts'], {
      cwd: ROOT,
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    const said = saidBy(demo);
    const [first = ''] = await said.addresses(1);
    demo.stdin?.write('\n');
    const [, second = ''] = await said.addresses(2);
    expect(second).not.toBe(first);
    expect((await fetch(first, { redirect: 'manual' })).status).toBe(401);

    const { origin } = new URL(second);
    const entered = await fetch(second, { redirect: 'manual' });
    const cookie = (entered.headers.get('set-cookie') ?? '').split(';', 1)[0] ?? '';
    const answer = await fetch(`${origin}/session`, { headers: { cookie } });
    const { nodes, laboratory } = pageSession.parse(await answer.json());
    const lab = await labClient(laboratory ?? '', asPage(origin, cookie));
    const { stage } = await lab.call('getStage', {});
    lab.close();
    const directories = ROLES.map((role) => stage.parties[role].dataDir);
    const processes = childrenOf(demo.pid ?? 0);
    expect(processes.length).toBeGreaterThanOrEqual(4);
    expect(directories.every((directory) => existsSync(directory))).toBe(true);
    for (const { token } of nodes) expect(said.everything()).not.toContain(token);

    demo.kill('SIGKILL');
    const ended = await Promise.all(processes.map((pid) => hasEnded(pid, PATIENCE_MS)));
    expect(ended).toEqual(processes.map(() => true));
    await gone(directories);
  });

  it('an option that there is not: said, and nothing is started', async () => {
    demo = spawn(process.execPath, ['--import', 'tsx', 'lab/main.ts', '--passphrase', 'x'], { cwd: ROOT });
    const said = saidBy(demo);
    const code = await new Promise((resolve) => demo?.once('close', resolve));
    expect(code).toBe(2);
    expect(said.everything()).toContain("'--passphrase'");
  });
});

function saidBy(child: ChildProcess) {
  let text = '';
  const waiting = new Set<() => void>();
  const hear = (chunk: Buffer) => {
    text += chunk;
    for (const look of waiting) look();
  };
  child.stdout?.on('data', hear);
  child.stderr?.on('data', hear);
  return {
    everything: () => text,
    /** Resolves when it has printed so many addresses. */
    addresses: (count: number) =>
      new Promise<readonly string[]>((resolve, reject) => {
        const look = () => {
          const found = text.match(ADDRESS) ?? [];
          if (found.length >= count) resolve(found);
        };
        waiting.add(look);
        child.once('exit', () => reject(new Error(`it ended:\n${text}`)));
        look();
      }),
  };
}

/** Process ids of those that a process started, and of those that they did. */
function childrenOf(pid: number): readonly number[] {
  const own = readdirSync(`/proc/${pid}/task`).flatMap((task) =>
    readFileSync(`/proc/${pid}/task/${task}/children`, 'utf8').split(' ').filter(Boolean).map(Number),
  );
  return [...own, ...own.filter(isRunning).flatMap(childrenOf)];
}

async function gone(directories: readonly string[]): Promise<void> {
  const giveUp = Date.now() + PATIENCE_MS;
  while (directories.some((directory) => existsSync(directory))) {
    if (Date.now() > giveUp) throw new Error(`still there: ${directories.join(' ')}`);
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
}
