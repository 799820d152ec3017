import { toHex, utf8 } from '../base/bytes.ts';
import { fromJson, JsonTexts, toJson } from '../base/json.ts';
import type { Channel } from '../channel/state.ts';
import { sha256 } from '../crypto/hash.ts';
import { type NewRecord, type Store, type StoredChannel, StoreError } from '../store/port.ts';

/**
 * States as they are stored: what stays the same while units come and go (who takes part, and tariffs with up to a
 * thousand locks) is a record of its own, and the state's text names it. Each part is written once, by the name of its
 * content.
 */
export class StateTexts {
  readonly #texts = new JsonTexts();
  readonly #names = new WeakMap<object, string>();
  readonly #stored = new Set<string>();

  /** The state's text, and records to store with it. {@link stored} tells that they were. */
  write(channel: Channel): { readonly text: string; readonly records: readonly NewRecord[] } {
    const records: NewRecord[] = [];
    const state = mapParts(channel, (part) => {
      if (typeof part !== 'object' || part === null) return part;
      const known = this.#names.get(part);
      if (known !== undefined && this.#stored.has(known)) return { part: known };
      const text = toJson({ type: 'part', part });
      const name = nameOf(text);
      this.#names.set(part, name);
      if (!this.#stored.has(name)) records.push({ about: aboutPart(name), text });
      return { part: name };
    });
    return { text: this.#texts.write(state), records };
  }

  /** The parts of this state are in the store. */
  stored(channel: Channel): void {
    mapParts(channel, (part) => {
      const name = typeof part === 'object' && part !== null ? this.#names.get(part) : undefined;
      if (name !== undefined) this.#stored.add(name);
      return part;
    });
  }
}

/** The state of a stored channel. Rejects with `StoreError` `corrupt` when it or a part of it makes no sense. */
export async function readState(
  store: Pick<Store, 'recordsAbout'>,
  { key, state }: StoredChannel,
): Promise<Channel> {
  const value = parse(state);
  const parts = new Map<string, unknown>();
  const wanted = new Set<string>();
  mapParts(value, (part) => {
    if (isReference(part)) wanted.add(part.part);
    return part;
  });
  for (const name of wanted) {
    const [text] = await store.recordsAbout(key, aboutPart(name));
    if (text === undefined) throw new StoreError('corrupt', `channel ${key}: part ${name} is missing`);
    parts.set(name, (parse(text) as { readonly part?: unknown }).part);
  }
  return mapParts(value, (part) => (isReference(part) ? parts.get(part.part) : part)) as Channel;
}

/** The state with each of its lasting parts, as far as it has them, replaced. */
function mapParts(state: object, map: (part: unknown) => unknown): object {
  const { identity, market, utility } = state as { identity?: object; market?: object; utility?: object };
  return {
    ...mapTariffs(state, map),
    ...(identity === undefined ? {} : { identity: map(identity) }),
    ...(market === undefined ? {} : { market: mapTariffs(market, map) }),
    ...(utility === undefined || utility === null ? {} : { utility: mapTariffs(utility, map) }),
  };
}

function mapTariffs(holder: object, map: (part: unknown) => unknown): object {
  const { tariffs } = holder as { tariffs?: unknown };
  return Array.isArray(tariffs) ? { ...holder, tariffs: tariffs.map(map) } : holder;
}

function isReference(part: unknown): part is { readonly part: string } {
  return typeof part === 'object' && part !== null && 'part' in part && typeof part.part === 'string';
}

/** What a part's record is filed under. */
function aboutPart(name: string): string {
  return `part/${name}`;
}

function nameOf(text: string): string {
  return toHex(sha256(utf8(text)).slice(0, 16));
}

function parse(text: string): object {
  const parsed = fromJson(text);
  if (!parsed.ok) throw new StoreError('corrupt', `stored state is not JSON: ${parsed.error.reason}`);
  if (typeof parsed.value !== 'object' || parsed.value === null)
    throw new StoreError('corrupt', 'stored state is no state');
  return parsed.value;
}
