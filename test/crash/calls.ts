import type { Role } from '../../src/base/role.ts';
import type { Ledger } from '../../src/channel/ledger.ts';
import type { Channel } from '../../src/channel/state.ts';
import type { OpenRequest } from '../../src/node/options.ts';
import type { Balance } from '../../src/wallet/coins.ts';
import type { Kill } from './journal.ts';

/** A field of `reestablish` that is altered on its way out. */
export type Lie = 'n' | 'secretsHeld' | 'lastSecret' | 'turn';

/** How a process becomes a party. */
export interface Start {
  readonly role: Role;
  readonly mnemonic: string;
  /** Where its node keeps everything. */
  readonly dir: string;
  readonly journal: string;
  readonly life: number;
  readonly chain: {
    readonly url: string;
    readonly cookieFile: string;
    readonly zmqAddress: string | undefined;
  };
  /** Node ids of the three, hexadecimal. */
  readonly ids: { readonly [R in Role]: string };
  /** Where it listens, on 127.0.0.1; 0 takes a free one. */
  readonly port: number;
  /** Unix seconds. */
  readonly now: number;
  /** The store was copied back. */
  readonly restored: boolean;
  /** What it says wrongly in its `reestablish`. */
  readonly lie: Lie | undefined;
  /** Counts from the start on, and dies here. */
  readonly armed: boolean;
  readonly kill: Kill | undefined;
}

/** A channel as its party sees it. */
export interface ChannelView {
  readonly key: string;
  readonly channelId: string | undefined;
  readonly state: Channel;
  readonly ledger: Ledger | undefined;
  /** Outputs of what ended it that nobody took yet, satoshi; `null` while nothing did. */
  readonly untaken: bigint | null;
}

/** A party as it says itself. */
export interface View {
  readonly role: Role;
  readonly height: number;
  /** Node ids that it is connected with, hexadecimal. */
  readonly peers: readonly string[];
  readonly channels: readonly ChannelView[];
  readonly balance: Balance;
  /** What coins are set aside for, by outpoint. */
  readonly reserved: Readonly<Record<string, string>>;
  /** Whether the utility's book of meters is on its disk. */
  readonly metered: boolean;
}

/** What an application asks its node for. */
export type Order =
  | { readonly type: 'connect'; readonly nodeId: Uint8Array; readonly address: string }
  | { readonly type: 'open'; readonly request: OpenRequest }
  | {
      readonly type: 'publishTariff';
      readonly slot: number;
      readonly from: number;
      readonly until: number;
      readonly msatPerWh: bigint;
      readonly unitEnergyWh: number;
      readonly units: number;
    }
  | { readonly type: 'offer'; readonly units: number; readonly unitEnergyWh: number; readonly until: number }
  | { readonly type: 'buy'; readonly units: number }
  | { readonly type: 'readMeter'; readonly exportWh: bigint }
  | { readonly type: 'close' }
  | { readonly type: 'forceClose' }
  | { readonly type: 'requestArbitration'; readonly feeSat: bigint };

/** What the harness asks a process for; each is answered, or the process dies. */
export interface Calls {
  /** Resolves when the daemon has started, with the address on which it listens. */
  start(start: Start): { readonly address: string };
  /** Begins to count boundaries. */
  arm(kill: Kill | undefined): undefined;
  /** At this time of its clock, gives the order to its newest channel. */
  order(order: { readonly now: number; readonly order: Order }): undefined;
  newAddress(): string;
  /**
   * Resolves when it is connected with those of these parties that it dials, everything under way between it and its
   * peers arrived, and it is idle.
   */
  settle(present: readonly Role[]): { readonly activity: number };
  view(): View;
  /** Records of every channel, by key. */
  records(): Readonly<Record<string, readonly string[]>>;
  /** Ends the node in order; the process is free for another. */
  stop(): undefined;
}

export type CallName = keyof Calls;

/** What a process answers them with. */
export type Answers = {
  readonly [N in CallName]: (
    argument: Parameters<Calls[N]>[0],
  ) => ReturnType<Calls[N]> | Promise<ReturnType<Calls[N]>>;
};
