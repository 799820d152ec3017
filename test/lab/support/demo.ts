import { WebSocket } from 'ws';
import { type LabClient, labClient } from '../../../lab/client.ts';
import { type Hub, startHub } from '../../../lab/hub.ts';
import type { PerRole, Role } from '../../../src/base/role.ts';
import type { OpenSocket, RpcClient, RpcEvent } from '../../../src/client/index.ts';
import { socketsOf } from '../../../src/client/socket.ts';
import { type PageSession, pageSession } from '../../../src/page/session.ts';
import { buildProgram, type Program } from '../../../tools/program.ts';

/** The demo as `npm run demo:wallet` starts it, with a page of one line, and a client that came in as a browser does. */
export interface Demo {
  readonly hub: Hub;
  readonly session: PageSession;
  readonly cookie: string;
  readonly lab: LabClient;
  readonly nodes: PerRole<RpcClient>;
  /** The first event of a type that a party tells from the event `from` on. */
  told<T extends RpcEvent['type']>(
    role: Role,
    type: T,
    wanted?: (event: Extract<RpcEvent, { type: T }>) => boolean,
  ): Promise<Extract<RpcEvent, { type: T }>>;
  stop(): Promise<void>;
}

const PAGE = new Map([
  ['/index.html', { contentType: 'text/html', hashed: false, content: Buffer.from('<title>page</title>') }],
]);

export async function startDemo(): Promise<Demo> {
  const program: Program = await buildProgram('lab/party/main.ts');
  const problems: string[] = [];
  const hub = await startHub({
    files: PAGE,
    port: 0,
    keep: undefined,
    partyProgram: program.path,
    progress: () => {},
    log: (text) => problems.push(text),
  });
  const entered = await fetch(hub.page.newAddress(), { redirect: 'manual' });
  const cookie = (entered.headers.get('set-cookie') ?? '').split(';', 1)[0] ?? '';
  const answer = await fetch(`${hub.page.origin}/session`, { headers: { cookie } });
  const session = pageSession.parse(await answer.json());
  const lab = await labClient(session.laboratory ?? '', asPage(hub.page.origin, cookie));
  await lab.call('watch', {});
  const nodes = {
    consumer: hub.parties.consumer.client,
    producer: hub.parties.producer.client,
    utility: hub.parties.utility.client,
  };
  return {
    hub,
    session,
    cookie,
    lab,
    nodes,
    told: async (role, type, wanted = () => true) => {
      for await (const event of nodes[role].subscribe({ from: 1 }))
        if (event.type === type && wanted(event as never)) return event as never;
      throw new Error('the client was closed');
    },
    stop: async () => {
      lab.close();
      await hub.stop();
      await program.remove();
      if (problems.length > 0) throw new Error(problems.join('\n'));
    },
  };
}

/** Sockets as the page of this origin opens them, with this cookie. */
export function asPage(origin: string, cookie: string): OpenSocket {
  class PageSocket extends WebSocket {
    constructor(url: string) {
      super(url, { origin, headers: { cookie } });
    }
  }
  return socketsOf(PageSocket as unknown as Parameters<typeof socketsOf>[0]);
}
