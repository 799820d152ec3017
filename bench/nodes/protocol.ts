import type { Role } from '../../src/base/role.ts';
import type { Operation } from '../tape.ts';

/** How a stream is measured. */
export interface StreamPlan {
  readonly name: string;
  /** Deliveries that may be in flight at once; 1: one unit per round. */
  readonly inFlight: number;
  readonly units: number;
  /** Units before anything is measured. */
  readonly warmUp: number;
  /** Whether the traders have their utility watch each revoked state (policy `watchtower`). */
  readonly watchtower: boolean;
}

/** What a process is started with. */
export interface PartySettings {
  readonly role: Role;
  readonly dataDir: string;
  readonly rpcUrl: string;
  readonly cookieFile: string;
  readonly watchtower: boolean;
}

/** What one process counted over a stretch of the stream. */
export interface Spent {
  /** Processor time of the whole process, microseconds. */
  readonly cpuMicros: number;
  /** Writes that shared a sync count once. */
  readonly syncs: number;
  /** Bytes that the process gave to the disk, by the kernel's count. */
  readonly diskBytes: number;
  /** Characters of the texts that the store was given. */
  readonly storeBytes: number;
  /** Microseconds that the same calls of the curve take on their own. */
  readonly curveMicros: number;
  readonly calls: { readonly [O in Operation]?: number };
  /** The channel's commitment number; 0 at the utility. */
  readonly rounds: number;
}

/** Requests of the parent. */
export type Request =
  | { readonly type: 'fundAddress' }
  | { readonly type: 'connect'; readonly nodeId: string; readonly address: string }
  | {
      readonly type: 'open';
      readonly producer: string;
      readonly utility: string;
      readonly inFlight: number;
      readonly settlementHeight: number;
    }
  | { readonly type: 'ready' }
  /** Prices, offers, and meters what is ordered, as the role has to. */
  | { readonly type: 'trade'; readonly units: number }
  /** At the consumer: buys `units` and waits until they are settled. Answers with the latency of each, milliseconds. */
  | { readonly type: 'buy'; readonly units: number }
  | { readonly type: 'synced' }
  | { readonly type: 'spent' }
  /** How long a sync of `bytes` takes in this directory, microseconds, the median. */
  | { readonly type: 'syncFloor'; readonly bytes: number }
  | { readonly type: 'stop' };

export type Answers = {
  fundAddress: string;
  connect: null;
  open: null;
  ready: null;
  trade: null;
  buy: { readonly seconds: number; readonly latencies: readonly number[] };
  synced: null;
  spent: Spent;
  syncFloor: number;
  stop: null;
};

/** What a process of a party is asked for. */
export interface PartyCalls {
  begin(settings: PartySettings): Promise<Hello>;
  ask(request: Request): Promise<Answers[Request['type']]>;
}

/** What a process says first. */
export interface Hello {
  readonly nodeId: string;
  readonly address: string;
}
