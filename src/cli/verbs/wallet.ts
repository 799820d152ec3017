import { request } from 'node:http';
import { extname, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { ROLES, type Role } from '../../base/role.ts';
import { NoPage, type PageFiles, readPage } from '../../page/files.ts';
import { type PageNode, type PageServer, startPage } from '../../page/server.ts';
import { connectDaemon } from '../connection.ts';
import { endpointOf } from '../endpoint.ts';
import { CliError, usageError } from '../exit.ts';
import type { Io } from '../io.ts';
import { parsed } from '../parse/argument.ts';
import { parseCount } from '../parse/quantity.ts';
import type { Session, Verb } from '../session.ts';
import { dataDirOf, settingOf } from '../settings.ts';

interface Options {
  readonly port: number;
}

/** A node that the page shows. */
interface Place {
  readonly role: Role;
  readonly dataDir: string;
}

const USUAL_PORT = 9737;

/** `wallet`: the page in a browser, over daemons that run. */
export const walletVerb: Verb = (program, cli) => {
  const command = program
    .command('wallet')
    .description('serve the wallet’s page over running daemons, to a browser of this machine, until Ctrl-C')
    .argument('[directories...]', 'data directories, or ROLE=DIRECTORY; default the one of --data-dir')
    .option('--port <port>', 'of the page, on 127.0.0.1', parsed('--port', parseCount), USUAL_PORT);
  cli.action(command, async (session: Session, directories: readonly string[], options: Options) => {
    const { io, flags, output } = session;
    const named = directories.length === 0 ? [dataDirOf(flags, io)] : directories;
    const places = await Promise.all(named.map(placeOf));
    if (new Set(places.map(({ role }) => role)).size < places.length)
      throw usageError(
        'the page shows one node of each role: name at most one consumer, producer and utility',
      );
    const files = await builtPage();
    const nodes = await Promise.all(places.map((place) => nodeAt(place, session)));
    const page = await served(files, options.port);
    try {
      for (const [index, node] of nodes.entries()) await mustTake(node, page.origin, places[index]?.dataDir);
      page.serve(nodes);
      const tell = () =>
        output.result({ address: page.newAddress() }, ({ address }) => [
          `Open in a browser, once: ${address}`,
        ]);
      tell();
      output.progress(
        io.stdin.isTTY === true ? 'Enter prints another address, Ctrl-C ends it' : 'Ctrl-C ends it',
      );
      await untilInterrupted(io, tell);
    } finally {
      await page.close();
    }
  });
};

async function placeOf(named: string): Promise<Place> {
  const given = ROLES.find((role) => named.startsWith(`${role}=`));
  if (given !== undefined) return { role: given, dataDir: resolve(named.slice(given.length + 1)) };
  const dataDir = resolve(named);
  const setting = await settingOf(dataDir, 'role');
  const role = ROLES.find((each) => each === setting);
  if (role !== undefined) return { role, dataDir };
  throw new CliError('notFound', 'noRole', `${dataDir} does not say which role its node has`, [
    `Say it: wattlane wallet consumer=${named}, or producer= or utility=.`,
  ]);
}

async function nodeAt({ role, dataDir }: Place, { io, flags }: Session): Promise<PageNode> {
  const { json, color } = flags;
  const own = { json, color, dataDir };
  const daemon = await connectDaemon(own, io);
  await daemon.call('getInfo', {});
  await daemon.close();
  const { url, token } = await endpointOf(own, io);
  return { role, url: url.endsWith('/') ? url : `${url}/`, token };
}

/** The page calls the daemon itself, which takes calls of the pages that its settings name and of no others. */
async function mustTake({ role, url }: PageNode, origin: string, dataDir = ''): Promise<void> {
  const status = await new Promise<number>((resolve, reject) => {
    const asked = request(url.replace(/^ws/, 'http'), { method: 'OPTIONS', headers: { origin } });
    asked.on('response', (response) => {
      response.resume();
      resolve(response.statusCode ?? 0);
    });
    asked.on('error', reject);
    asked.end();
  });
  if (status !== 403) return;
  throw new CliError('refused', 'originRefused', `the ${role}’s daemon takes no calls from ${origin}`, [
    `Start it so that it does: wattlane --data-dir ${dataDir} stop`,
    `then: wattlaned --data-dir ${dataDir} --rpc-allowed-origins ${origin}`,
    `or write "rpcAllowedOrigins": "${origin}" into its wattlaned.json.`,
  ]);
}

async function builtPage(): Promise<PageFiles> {
  const place = extname(import.meta.url) === '.js' ? '../../../web' : '../../../dist/web';
  try {
    return await readPage(fileURLToPath(new URL(place, import.meta.url)));
  } catch (error) {
    if (error instanceof NoPage) throw new CliError('notFound', 'noPage', error.message);
    throw error;
  }
}

async function served(files: PageFiles, port: number): Promise<PageServer> {
  const howToEnter = 'Press Enter in the terminal where the wallet runs: it prints a new address.';
  try {
    return await startPage({ files, port, howToEnter });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === undefined) throw error;
    throw new CliError('failed', 'portTaken', `port ${port} of 127.0.0.1 cannot be had: ${code}`, [
      'Choose another one with --port, and allow its origin in the daemons’ settings.',
    ]);
  }
}

/** Each line that is typed asks for another address. */
async function untilInterrupted({ stdin, interrupted }: Io, tell: () => void): Promise<void> {
  const lines = stdin.isTTY === true ? createInterface({ input: stdin }) : undefined;
  lines?.on('line', tell);
  await new Promise<void>((resolve) => {
    if (interrupted.aborted) resolve();
    else interrupted.addEventListener('abort', () => resolve(), { once: true });
  });
  lines?.close();
}
