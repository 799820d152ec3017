import { toHex } from '../base/bytes.ts';

export type TrafficEvent =
  | {
      readonly type: 'sent' | 'received';
      readonly from: Uint8Array;
      readonly to: Uint8Array;
      readonly bytes: number;
    }
  | { readonly type: 'dropped' | 'duplicated' | 'reordered' };

/** Messages from one node to another. */
export interface DirectionStats {
  /** Node ids, hexadecimal. */
  readonly from: string;
  readonly to: string;
  readonly messages: number;
  readonly bytes: number;
}

export interface NetworkStats {
  /** Messages sent, whether they arrived or not, and their bytes without framing. */
  readonly messages: number;
  readonly bytes: number;
  readonly received: number;
  /** Frames that faults hit. */
  readonly dropped: number;
  readonly duplicated: number;
  readonly reordered: number;
  /** The same messages and bytes by direction, in order of the first message. */
  readonly perLink: readonly DirectionStats[];
}

/** Counts what happens on a network. */
export class Traffic {
  readonly #perLink = new Map<string, { from: string; to: string; messages: number; bytes: number }>();
  readonly #events = { sent: 0, received: 0, dropped: 0, duplicated: 0, reordered: 0 };
  #bytes = 0;

  count(event: TrafficEvent): void {
    this.#events[event.type] += 1;
    if (event.type !== 'sent') return;
    this.#bytes += event.bytes;
    const [from, to] = [toHex(event.from), toHex(event.to)];
    const direction = this.#perLink.get(from + to) ?? { from, to, messages: 0, bytes: 0 };
    direction.messages += 1;
    direction.bytes += event.bytes;
    this.#perLink.set(from + to, direction);
  }

  stats(): NetworkStats {
    const { sent, ...others } = this.#events;
    const perLink = [...this.#perLink.values()].map((direction) => ({ ...direction }));
    return { messages: sent, bytes: this.#bytes, ...others, perLink };
  }
}
