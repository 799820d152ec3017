import type { Role, Trader } from '../../src/base/role.ts';

/** How a party's process becomes its daemon. */
export interface PartyStart {
  readonly role: Role;
  readonly dataDir: string;
  readonly chain: {
    readonly url: string;
    readonly cookieFile: string;
    readonly zmqAddress: string | undefined;
  };
  /** Ports on 127.0.0.1; 0 takes a free one. */
  readonly ports: { readonly peers: number; readonly rpc: number };
  /** The page that may call it. */
  readonly origin: string;
  /** The store is new and the seed is not: look for its coins from block 0, and for its channels in its backup. */
  readonly restore: boolean;
}

/** Where a daemon is reached. */
export interface PartyPlace {
  readonly address: string;
  readonly rpcUrl: string;
  /** Whether the channels of a backup were restored. */
  readonly backup: boolean;
}

/** A state whose commitment a cheat could publish; amounts in millisatoshi. */
export interface KeptState {
  readonly channel: string;
  readonly n: bigint;
  readonly consumerMsat: bigint;
  readonly producerMsat: bigint;
  readonly utilityMsat: bigint;
  readonly inFlightMsat: bigint;
  readonly newest: boolean;
}

/** What the hub asks the process of a party for. */
export interface PartyCalls {
  /** Opens the seed of a data directory; makes one, of these words or of new ones, where there is none. */
  unlock(seed: {
    readonly dataDir: string;
    readonly passphrase: string;
    readonly words?: string;
  }): Promise<{ readonly nodeId: string }>;
  /** Resolves when the daemon of the unlocked seed answers. */
  start(start: PartyStart): Promise<PartyPlace>;
  listKept(): readonly KeptState[];
  /** The commitment of a state, complete, hexadecimal; `null` where it was not kept. */
  commitment(kept: { readonly trader: Trader; readonly channel: string; readonly n: bigint }): string | null;
  /** Stops in order; then the process ends. */
  stop(): Promise<void>;
}
