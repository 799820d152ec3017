import { utf8 } from '../base/bytes.ts';
import { ROLES, type Role } from '../base/role.ts';
import { decodeMessage, encodeMessage, type Message } from '../wire/messages.ts';
import type { Channels, RunningChannel } from './channels.ts';
import type { Clock } from './clock.ts';
import type { Openings } from './openings.ts';
import { Patience } from './patience.ts';
import type { PeerListener, Peers } from './peers.ts';
import type { Towers } from './towers.ts';

export interface InboxOptions {
  readonly clock: Clock;
  readonly channels: Pick<Channels, 'withId' | 'withPeer'>;
  readonly peers: Pick<Peers, 'send' | 'disconnect'>;
  readonly openings: Pick<Openings, 'proposed'>;
  readonly towers: Pick<Towers, 'peer' | 'take'>;
  /** Work that nobody waits for; begins at once. */
  readonly run: (work: () => Promise<unknown>) => void;
  /** Hears of what failed and is not tried again as it was. */
  readonly fail: (error: unknown) => void;
}

/** What peers do and say, hostile until decoded, on its way to the channel that it is for. */
export class Inbox implements PeerListener {
  readonly #options: InboxOptions;
  readonly #patience: Patience;
  /** Lost connections that a channel could not store, by {@link placeOf}: it hears of them before it hears of a new one. */
  readonly #untold = new Set<string>();

  constructor(options: InboxOptions) {
    this.#options = options;
    this.#patience = new Patience(options.clock, (nodeId, reason) =>
      options.peers.disconnect(nodeId, reason),
    );
  }

  connected(nodeId: string, connection: number): void {
    this.#tell(nodeId, 'connected', (channel, role) => this.#linked(channel, role, connection));
  }

  disconnected(nodeId: string): void {
    this.#tell(nodeId, 'disconnected', (channel, role) => this.#parted(channel, role));
  }

  message(nodeId: string, bytes: Uint8Array): Promise<void> | undefined {
    const done = this.#dealWith(nodeId, bytes);
    return done === undefined ? undefined : this.#patience.wait(nodeId, done);
  }

  #dealWith(nodeId: string, bytes: Uint8Array): Promise<void> | undefined {
    const { peers, openings } = this.#options;
    const decoded = decodeMessage(bytes);
    if (!decoded.ok) {
      // BOLT 1: it is all right to be odd
      const isOdd = decoded.error.code === 'unknownMessage' && decoded.error.number % 2 === 1;
      if (isOdd) this.#patience.spend(nodeId);
      else peers.disconnect(nodeId, decoded.error.code);
      return undefined;
    }
    const message = decoded.value;
    if (message.type === 'open_channel') {
      return this.#run(async () => {
        const channel = await openings.proposed(nodeId, message);
        if (channel === undefined) this.#patience.spend(nodeId);
        else await this.#take(channel, 'consumer', message);
      });
    }
    return this.#route(nodeId, message);
  }

  #tell(
    nodeId: string,
    type: 'connected' | 'disconnected',
    tell: (channel: RunningChannel, role: Role) => Promise<void>,
  ): void {
    const { channels, towers, run } = this.#options;
    for (const { channel, role } of channels.withPeer(nodeId)) {
      run(() => tell(channel, role));
      towers.peer(channel, role, type);
    }
  }

  #route(nodeId: string, message: Exclude<Message, { type: 'open_channel' }>): Promise<void> | undefined {
    const id =
      'temporaryId' in message ? message.temporaryId : 'channelId' in message ? message.channelId : undefined;
    if (id === undefined) return undefined; // the connection's own, which the transport answers
    const { channels, peers, towers } = this.#options;
    const channel = channels.withId(id);
    const from = channel === undefined ? undefined : ROLES.find((role) => channel.peers[role] === nodeId);
    if (channel === undefined || from === undefined) {
      this.#patience.spend(nodeId);
      if (message.type === 'error' || message.type === 'warning') return undefined;
      const data = utf8('unknown channel');
      peers.send(nodeId, encodeMessage({ type: 'warning', channelId: id, data }));
      return undefined;
    }
    if (message.type !== 'tower_blob' && message.type !== 'tower_status')
      return this.#take(channel, from, message);
    return towers.take(channel, from, message);
  }

  #take({ driver, peers }: RunningChannel, from: Role, message: Message): Promise<void> {
    return this.#run(() =>
      this.#storedOrCut(peers[from], async () => {
        const event = { type: 'messageReceived', from, message } as const;
        const refusals = await driver.handle({ type: 'event', event });
        // a wish of our own application may be refused on the way
        if (refusals.some(({ update }) => update === undefined)) this.#patience.spend(peers[from] ?? '');
      }),
    );
  }

  async #linked(channel: RunningChannel, peer: Role, connection: number): Promise<void> {
    const { driver, peers } = channel;
    const parted = this.#untold.has(placeOf(channel, peer)) ? this.#parted(channel, peer) : undefined;
    await this.#storedOrCut(peers[peer], () =>
      driver.handle({ type: 'event', event: { type: 'connected', peer }, connection }),
    );
    await parted;
  }

  async #parted(channel: RunningChannel, peer: Role): Promise<void> {
    const place = placeOf(channel, peer);
    this.#untold.add(place);
    try {
      await channel.driver.handle({ type: 'event', event: { type: 'disconnected', peer } });
      this.#untold.delete(place);
    } catch (error) {
      this.#options.fail(error);
    }
  }

  /** What was not stored was not taken: after a new connection the peer says it again. */
  async #storedOrCut(nodeId: string | undefined, work: () => Promise<unknown>): Promise<void> {
    try {
      await work();
    } catch (error) {
      this.#options.peers.disconnect(nodeId ?? '', 'message not stored');
      this.#options.fail(error);
    }
  }

  /** Resolves when the work was tried, whatever came of it: then the peer may say more. */
  #run(work: () => Promise<unknown>): Promise<void> {
    return new Promise((resolve) => {
      this.#options.run(() => work().finally(resolve));
    });
  }
}

function placeOf({ driver }: RunningChannel, peer: Role): string {
  return `${driver.key} ${peer}`;
}
