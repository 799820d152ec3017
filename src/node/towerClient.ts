import { fromJson, toJson } from '../base/json.ts';
import { counterpartyOf } from '../base/role.ts';
import type { ChannelRecord } from '../channel/action.ts';
import { secretsHeld } from '../channel/rounds.ts';
import type { Channel } from '../channel/state.ts';
import type { ChannelSigner } from '../channel/step.ts';
import { revocationPublicKey } from '../crypto/revocation.ts';
import type { Secp256k1 } from '../crypto/secp256k1.ts';
import { lookupSecret, shachainIndex } from '../crypto/shachain.ts';
import { type Store, StoreError } from '../store/port.ts';
import { justiceBlob, type TowerBlob } from '../tower/blob.ts';
import { buildCommitment } from '../tx/commitment.ts';
import type { Message } from '../wire/messages.ts';

/** A trader's channel, as the client sees it. */
export interface WatchedChannel {
  readonly key: string;
  readonly channel: Channel;
  readonly signer: ChannelSigner;
  send(message: Message): void;
  /** The watchtower does not take blob `next`: it is full, or closed to us. */
  refused(next: bigint): void;
}

/** Where to read on in a channel's records: `index` of them are revoked states among the first `position`. */
interface Place {
  readonly index: bigint;
  readonly position: number;
}

/** What is known of the watchtower on this connection. */
interface Link extends Place {
  /** What it has by its own word. */
  readonly next: bigint;
  /** A chunk is under way: it says when it has it. */
  readonly waiting: boolean;
}

/** Blobs that are sent before the watchtower says that it has them. */
const CHUNK = 100;
const START: Place = { index: 0n, position: 0 };

/**
 * A trader's side of the watchtower protocol (section 9): every revoked state that is in the store becomes a blob at the
 * channel's utility. It reads the records, so nothing is lost between a crash and the next connection.
 */
export class TowerClient {
  readonly #store: Store;
  readonly #secp: Secp256k1;
  readonly #links = new Map<string, Link>();
  /** Channels whose watchtower took no more on this connection. */
  readonly #refused = new Set<string>();
  readonly #queues = new Map<string, Promise<void>>();

  constructor(store: Store, secp: Secp256k1) {
    this.#store = store;
    this.#secp = secp;
  }

  /** The connection ended, and with it what was known. */
  lost(key: string): void {
    this.#links.delete(key);
    this.#refused.delete(key);
  }

  /** The watchtower says what it has. */
  status(watched: WatchedChannel, next: bigint): Promise<void> {
    return this.#enqueue(watched.key, async () => {
      if (this.#refused.has(watched.key)) return;
      const link = this.#links.get(watched.key);
      if (link !== undefined && next <= link.next && link.index > next) {
        this.#links.delete(watched.key);
        this.#refused.add(watched.key);
        return watched.refused(next);
      }
      const place = await this.#placeOf(watched.key, link ?? START, next);
      this.#links.set(watched.key, { ...place, next, waiting: false });
      await this.#sendMore(watched);
    });
  }

  /** Something was stored: sends what is new, if there is a connection. */
  stored(watched: WatchedChannel): Promise<void> {
    if (!this.#links.has(watched.key)) return Promise.resolve();
    return this.#enqueue(watched.key, () => this.#sendMore(watched));
  }

  /** Resolves when nothing is under way. */
  async idle(): Promise<void> {
    await Promise.all(this.#queues.values());
  }

  #enqueue(key: string, work: () => Promise<void>): Promise<void> {
    const done = (this.#queues.get(key) ?? Promise.resolve()).then(work);
    this.#queues.set(
      key,
      done.catch(() => {}),
    );
    return done;
  }

  /** The last place known that is not behind `next`: of this connection, of an earlier one, or the beginning. */
  async #placeOf(key: string, here: Place, next: bigint): Promise<Place> {
    if (here.index > 0n && here.index <= next) {
      if (here.index === next) await this.#store.setValue(placeName(key), toJson(place(here)));
      return here;
    }
    const stored = await this.#store.value(placeName(key));
    const earlier = stored === undefined ? START : (parse(stored) as Place);
    return earlier.index <= next ? earlier : START;
  }

  async #sendMore(watched: WatchedChannel): Promise<void> {
    for (let sent = 0; ; ) {
      const link = this.#links.get(watched.key);
      if (link === undefined || link.waiting) return;
      const texts = await this.#store.records(watched.key, link.position, CHUNK);
      if (texts.length === 0 || this.#links.get(watched.key) !== link) return;
      sent = this.#sendRecords(watched, link, texts, sent);
      if (this.#links.get(watched.key)?.position === link.position) return;
    }
  }

  #sendRecords(watched: WatchedChannel, from: Link, texts: readonly string[], before: number): number {
    let link = from;
    let sent = before;
    for (const text of texts) {
      if (link.waiting) break;
      const record = parse(text) as ChannelRecord;
      const revoked = record.type === 'revoked';
      // a later write, whose state is told of next
      if (revoked && isAhead(record, watched.channel)) break;
      const { index } = link;
      link = { ...link, position: link.position + 1, index: revoked ? index + 1n : index };
      if (!revoked || index < link.next) continue;
      sent += 1;
      const more = sent % CHUNK === 0;
      const message = this.#message(watched, record, index, more);
      if (message === undefined) {
        this.#links.delete(watched.key);
        return sent;
      }
      watched.send(message);
      link = { ...link, waiting: more };
    }
    this.#links.set(watched.key, link);
    return sent;
  }

  #message(
    { channel, signer }: WatchedChannel,
    record: Extract<ChannelRecord, { type: 'revoked' }>,
    index: bigint,
    more: boolean,
  ): Message | undefined {
    const blob = blobOf(this.#secp, channel, signer, record);
    if (blob === undefined || !('identity' in channel)) return undefined;
    return { type: 'tower_blob', channelId: channel.identity.channelId, index, ...blob, more };
  }
}

/** Whether the state was revoked after this one of the channel was stored. */
function isAhead({ n }: Extract<ChannelRecord, { type: 'revoked' }>, channel: Channel): boolean {
  return 'rounds' in channel && channel.rounds !== null && n >= secretsHeld(channel.rounds);
}

/** The blob of a revoked state; `undefined` when the channel is over and its secrets are gone. */
function blobOf(
  secp: Secp256k1,
  channel: Channel,
  { role, signer }: ChannelSigner,
  record: Extract<ChannelRecord, { type: 'revoked' }>,
): TowerBlob | undefined {
  if (role !== 'trader' || !('rounds' in channel) || channel.rounds === null || channel.role === 'utility')
    return undefined;
  const { identity, rounds } = channel;
  const secret = lookupSecret(rounds.remoteSecrets, shachainIndex(record.n));
  if (secret === undefined)
    throw new StoreError('corrupt', `no secret of the revoked commitment ${record.n}`);
  const payoutScript = identity.payout[channel.role];
  const signed = signer.signJustice(identity.contract, record, secret, payoutScript);
  const revocation = revocationPublicKey(secp, signer.keys.revocation, secp.publicKey(secret));
  const commitment = buildCommitment(identity.contract, record, counterpartyOf(channel.role), revocation);
  return justiceBlob(commitment, payoutScript, signed);
}

function place({ index, position }: Place): Place {
  return { index, position };
}

function placeName(key: string): string {
  return `towerPlace/${key}`;
}

/** What this node wrote: our own text, from our own store. */
function parse(text: string): unknown {
  const parsed = fromJson(text);
  if (!parsed.ok) throw new StoreError('corrupt', `stored value is not JSON: ${parsed.error.reason}`);
  return parsed.value;
}
