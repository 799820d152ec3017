import type { Prng } from '../base/prng.ts';
import type { Faults } from './faults.ts';
import type { Schedule } from './schedule.ts';
import type { TrafficEvent } from './traffic.ts';

/** What the links of one simulated network share. */
export interface Medium {
  readonly schedule: Schedule;
  readonly random: Prng;
  readonly faults: () => Faults;
  /** How long a frame may be missing before the keep-alive breaks its link. */
  readonly keepAliveMs: number;
  readonly count: (event: TrafficEvent) => void;
}

/** `sequence` stands for the nonce of BOLT 8: the receiver takes exactly the next one. */
export interface Frame {
  readonly sequence: number;
  readonly body: FrameBody;
}

type FrameBody =
  | { readonly type: 'message'; readonly message: Uint8Array }
  | { readonly type: 'closing'; readonly reason: string };

/** One direction of a link, where the faults are. */
export class Wire {
  readonly #medium: Medium;
  readonly #deliver: (frame: Frame) => void;
  readonly #onMissing: () => void;
  #sequence = 0;
  #lastArrival = 0;
  #held: Frame | undefined;

  /** `onMissing` is called for a frame that will not arrive, or not in its turn. */
  constructor(medium: Medium, deliver: (frame: Frame) => void, onMissing: () => void) {
    this.#medium = medium;
    this.#deliver = deliver;
    this.#onMissing = onMissing;
  }

  send(body: FrameBody): void {
    const { random, count } = this.#medium;
    const faults = this.#medium.faults();
    const frame = { sequence: this.#sequence++, body };
    if (random.chance(faults.drop)) {
      count({ type: 'dropped' });
      this.#onMissing();
      return;
    }
    if (this.#held === undefined && random.chance(faults.reorder)) {
      count({ type: 'reordered' });
      this.#held = frame;
      this.#onMissing();
      return;
    }
    this.#transmit(frame, faults);
    if (random.chance(faults.duplicate)) {
      count({ type: 'duplicated' });
      this.#transmit(frame, faults);
    }
    if (this.#held === undefined) return;
    this.#transmit(this.#held, faults);
    this.#held = undefined;
  }

  #transmit(frame: Frame, { delayMs }: Faults): void {
    const { schedule, random } = this.#medium;
    this.#lastArrival = Math.max(this.#lastArrival, schedule.now + random.between(...delayMs));
    schedule.at(this.#lastArrival, () => this.#deliver(frame));
  }
}
