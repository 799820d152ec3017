import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'vite';
import { type LabClient, labClient } from '../../../lab/client.ts';
import { type Hub, startHub } from '../../../lab/hub.ts';
import type { LabMethodName, LabParams, LabResult } from '../../../lab/schema.ts';
import type { PerRole } from '../../../src/base/role.ts';
import type { RpcClient } from '../../../src/client/index.ts';
import { readPage } from '../../../src/page/files.ts';
import { LABORATORY_PATH } from '../../../src/page/server.ts';
import { buildProgram } from '../../../tools/program.ts';
import { asPage } from '../../lab/support/demo.ts';

/** What a test has of the demo that its page shows: the real parties, and the Bitcoin node. */
export interface Stage extends Pick<Hub, 'parties' | 'regtest' | 'page'> {
  /** `http://127.0.0.1:PORT`. */
  readonly origin: string;
  /** Clients of the three daemons, with the right to administer; they connect again by themselves. */
  readonly clients: PerRole<RpcClient>;
  /** What everything is and does, as the laboratory shows it. */
  state(): ReturnType<Hub['stage']>;
  /** Asks the laboratory, as the page does. */
  lab<M extends LabMethodName>(method: M, params: LabParams<M>): Promise<LabResult<M>>;
  /** All that the hub said to its terminal. */
  readonly said: readonly string[];
  close(): Promise<void>;
}

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));

/** Builds page and parties as they are now, and starts the demo: a regtest node, three daemons, sun and page. */
export async function startStage(): Promise<Stage> {
  const outDir = await mkdtemp(join(tmpdir(), 'wattlane-web-'));
  const [program] = await Promise.all([buildProgram('lab/party/main.ts'), buildPage(outDir)]);
  const said: string[] = [];
  const say = (text: string) => void said.push(text);
  const hub = await startHub({
    files: await readPage(outDir),
    port: 0,
    keep: undefined,
    partyProgram: program.path,
    progress: say,
    log: say,
  });
  const { consumer, producer, utility } = hub.parties;
  const laboratory = await laboratoryOf(hub);
  return {
    page: hub.page,
    parties: hub.parties,
    regtest: hub.regtest,
    origin: hub.page.origin,
    clients: { consumer: consumer.client, producer: producer.client, utility: utility.client },
    state: () => hub.stage(),
    lab: laboratory.call,
    said,
    close: async () => {
      laboratory.close();
      await hub.stop();
      await Promise.all([program.remove(), rm(outDir, { recursive: true })]);
    },
  };
}

async function buildPage(outDir: string): Promise<void> {
  const root = join(ROOT, 'web');
  await build({ root, configFile: join(root, 'vite.config.ts'), logLevel: 'error', build: { outDir } });
}

/** A session of its own, by a one-time address, and the laboratory's socket with it. */
async function laboratoryOf({ page }: Hub): Promise<LabClient> {
  const entered = await fetch(page.newAddress(), { redirect: 'manual' });
  const [cookie = ''] = (entered.headers.get('set-cookie') ?? '').split(';');
  const url = `${page.origin.replace('http', 'ws')}${LABORATORY_PATH}`;
  return labClient(url, asPage(page.origin, cookie));
}
