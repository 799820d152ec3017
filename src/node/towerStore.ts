import { equalBytes, toHex } from '../base/bytes.ts';
import { fromJson, toJson } from '../base/json.ts';
import { err, ok, type Result } from '../base/result.ts';
import { type Store, StoreError } from '../store/port.ts';
import { hintKey, type TowerBlob } from '../tower/blob.ts';
import type { TowerState } from '../tower/watch.ts';

/** What one client may keep at a watchtower. */
export interface TowerQuota {
  readonly blobs: bigint;
  /** Of blob bodies. */
  readonly bytes: bigint;
}

export type TowerRefusal =
  /** A blob is missing before it: `next` is the one to send. */
  | { readonly code: 'outOfOrder'; readonly index: bigint; readonly next: bigint }
  | { readonly code: 'quotaExceeded'; readonly of: keyof TowerQuota; readonly limit: bigint }
  /** So many blobs with one hint are no accident. */
  | { readonly code: 'hintFull'; readonly hint: string };

/** Blobs of one client under one hint; an honest one has a single blob for each transaction. */
const BLOBS_PER_HINT = 4;

interface Client {
  readonly number: number;
  /** Index of the blob to come, that is: how many were taken. */
  readonly next: bigint;
  readonly bytes: bigint;
}

/**
 * A watchtower's blobs in a {@link Store}: one value for each hint, one small one for each client. Nothing that grows is
 * rewritten. A blob is stored before it is counted, so a crash in between makes its client send it again.
 */
export class TowerStore {
  readonly #store: Store;
  readonly #quota: TowerQuota;
  #queue: Promise<unknown> = Promise.resolve();

  constructor(store: Store, quota: TowerQuota) {
    this.#store = store;
    this.#quota = quota;
  }

  /** How many blobs of the client were taken. */
  async next(client: string): Promise<bigint> {
    return (await this.#client(client))?.next ?? 0n;
  }

  /** What the client keeps. */
  async kept(client: string): Promise<TowerQuota> {
    const { next = 0n, bytes = 0n } = (await this.#client(client)) ?? {};
    return { blobs: next, bytes };
  }

  /** Stores one blob; one that was taken before is taken again without effect. */
  append(client: string, index: bigint, blob: TowerBlob): Promise<Result<null, TowerRefusal>> {
    const done = this.#queue.then(() => this.#append(client, index, blob));
    this.#queue = done.catch(() => {});
    return done;
  }

  async #append(name: string, index: bigint, blob: TowerBlob): Promise<Result<null, TowerRefusal>> {
    const client = (await this.#client(name)) ?? (await this.#newClient(name));
    const { next } = client;
    if (index < next) return ok(null);
    if (index > next) return err({ code: 'outOfOrder', index, next });
    const bytes = client.bytes + BigInt(blob.body.length);
    if (next >= this.#quota.blobs)
      return err({ code: 'quotaExceeded', of: 'blobs', limit: this.#quota.blobs });
    if (bytes > this.#quota.bytes)
      return err({ code: 'quotaExceeded', of: 'bytes', limit: this.#quota.bytes });
    const stored = await this.#put(client.number, blob);
    if (!stored.ok) return stored;
    await this.#store.setValue(clientName(name), toJson({ ...client, next: next + 1n, bytes }));
    return ok(null);
  }

  async #put(client: number, { hint, body }: TowerBlob): Promise<Result<null, TowerRefusal>> {
    if (body.length === 0) return ok(null);
    const known = await this.#entries(hint);
    const own = known.filter((each) => each.client === client);
    if (own.some((each) => equalBytes(each.body, body))) return ok(null);
    if (own.length >= BLOBS_PER_HINT) return err({ code: 'hintFull', hint: toHex(hint) });
    await this.#store.setValue(blobName(hint), [...known, { client, body }].map(entryText).join(' '));
    return ok(null);
  }

  /** Every blob with that hint. */
  async blobs(hint: Uint8Array): Promise<readonly TowerBlob[]> {
    return (await this.#entries(hint)).map(({ body }) => ({ hint, body }));
  }

  async state(): Promise<TowerState | undefined> {
    return this.#json<TowerState>('tower/state');
  }

  setState(state: TowerState): Promise<void> {
    return this.#store.setValue('tower/state', toJson(state));
  }

  async #entries(hint: Uint8Array): Promise<readonly Entry[]> {
    const text = await this.#store.value(blobName(hint));
    return text === undefined ? [] : text.split(' ').map(readEntry);
  }

  #client(name: string): Promise<Client | undefined> {
    return this.#json<Client>(clientName(name));
  }

  /** Stored before any blob: after a crash its blobs are known as its own. */
  async #newClient(name: string): Promise<Client> {
    const number = (await this.#json<number>('tower/clients')) ?? 0;
    await this.#store.setValue('tower/clients', toJson(number + 1));
    const client: Client = { number, next: 0n, bytes: 0n };
    await this.#store.setValue(clientName(name), toJson(client));
    return client;
  }

  async #json<T>(name: string): Promise<T | undefined> {
    const text = await this.#store.value(name);
    if (text === undefined) return undefined;
    const parsed = fromJson(text);
    if (!parsed.ok) throw new StoreError('corrupt', `stored value ${name} is not JSON`);
    return parsed.value as T;
  }
}

interface Entry {
  readonly client: number;
  readonly body: Uint8Array;
}

/** The client's number and the body in base64: a third more than the bytes, where hexadecimal takes twice as much. */
function entryText({ client, body }: Entry): string {
  return `${client}:${btoa(String.fromCharCode(...body))}`;
}

function readEntry(text: string): Entry {
  const [client, body = ''] = text.split(':');
  return { client: Number(client), body: Uint8Array.from(atob(body), (char) => char.charCodeAt(0)) };
}

function clientName(client: string): string {
  return `tower/client/${client}`;
}

function blobName(hint: Uint8Array): string {
  return `tower/blob/${hintKey(hint)}`;
}
