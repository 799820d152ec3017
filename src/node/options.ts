import type { Msat, Sat } from '../base/amount.ts';
import type { PerRole, Role } from '../base/role.ts';
import type { Chain } from '../chain/port.ts';
import type { Proposal } from '../channel/state.ts';
import type { Secp256k1 } from '../crypto/secp256k1.ts';
import { RESOLVED_DEPTH } from '../penalty/monitor.ts';
import type { Store } from '../store/port.ts';
import type { Transport, TransportIdentity } from '../transport/port.ts';
import type { ChannelParams } from '../tx/contract.ts';
import type { OnBackup } from './backups.ts';
import type { Clock } from './clock.ts';

/** What a node is made of. Everything at its edges is a port; only the seed and the chain have no default. */
export interface NodeOptions {
  /** BIP39 phrase, 12 or 24 words. Never logged, never in an error. */
  readonly mnemonic: string;
  readonly chain: Chain;
  /**
   * Connections with other nodes, under this node's own id (33 bytes), which follows from the seed. The secret key stays
   * in the node: an adapter that needs it uses `identity.ecdh`.
   */
  readonly transport: (nodeId: Uint8Array, identity: TransportIdentity) => Transport;
  /** Default: in memory, gone with the process. */
  readonly store?: Store;
  readonly clock?: Clock;
  /** Default: the native addon where it loads, else WebAssembly. */
  readonly secp?: Secp256k1;
  /** Bytes nobody can guess; default from the operating system. */
  readonly entropy?: (length: number) => Uint8Array;
  readonly policy?: Partial<Policy>;
  /** What this node is in every channel that is opened from now on; others are refused. Without it, any role. */
  readonly role?: Role;
  /** Height from which a phrase alone is looked for, when the store is empty. Default the chain's tip. */
  readonly birthday?: number;
  /**
   * Gets the static channel backup at the start, if there are channels, and whenever a channel is about to be funded:
   * awaited before this node's signatures leave. One that fails ends the opening. Keep the last, anywhere: it is sealed.
   */
  readonly onBackup?: OnBackup;
  /** A backup to restore from, with the phrase that it was made under; the store must be empty. */
  readonly backup?: Uint8Array;
  /**
   * The store was copied back from somewhere and may be old: no commitment of ours is broadcast until the peer or the
   * utility has shown that its state is the newest. Remembered in the store; say it on the first start only.
   */
  readonly restored?: true;
  /**
   * What failed outside of any call, for example a store that cannot write: the node goes on where it can. Default:
   * thrown from the next tick, so that it is not missed.
   */
  readonly onError?: (error: unknown) => void;
}

/** What a node decides by itself. */
export interface Policy {
  /** Why a proposed channel is refused, or `null` to take it. Default: takes those that ask nothing of our coins. */
  readonly reviewOpening: (proposal: Proposal, role: 'producer' | 'utility') => string | null;
  /**
   * As a utility: why a trader (by its node id) may not have this meter in its channel, or `null`. Asked of both traders
   * before this node signs. Default `null`; a meter that another node named before is refused in any case.
   */
  readonly reviewMeter: (meter: Uint8Array, nodeId: Uint8Array) => string | null;
  /** The export capacity that the utility certifies for a meter, Wh per hour. Default 100 kWh. */
  readonly certifiedCapacityWhPerHour: (meter: Uint8Array) => bigint;
  /** Seconds that a peer's clock may differ from ours. Default 60. */
  readonly clockTolerance: number;
  /** Blocks in which a claim shall confirm. Default 6. */
  readonly claimTarget: number;
  /** Blocks on top of everything before a channel is forgotten. Default 100. */
  readonly resolvedDepth: number;
  /**
   * What a trader's own commitment can be lifted to with the coins set aside when the channel opens, satoshi per
   * 1,000 virtual bytes (protocol section 5); 0 sets none aside. Default 10,000.
   */
  readonly anchorReserveFeeRate: bigint;
  /** How many times our own fee estimate the fee of an arbitrated end may be, at the utility. Default 10. */
  readonly arbitrationFeeFactor: bigint;
  /** As a trader: have each channel's utility keep blobs of revoked states, and answer a breach for us. Default true. */
  readonly watchtower: boolean;
  /** As a utility: keep the traders' blobs, and answer breaches. Default true. */
  readonly keepsBlobs: boolean;
  /** The newest events that stay in the store at least; older ones are forgotten. Default 100,000. */
  readonly keptEvents: number;
}

export const DEFAULT_POLICY: Policy = {
  reviewOpening: ({ contributions }, role) =>
    contributions[role] === 0n ? null : 'no coins for this channel',
  reviewMeter: () => null,
  certifiedCapacityWhPerHour: () => 100_000n,
  clockTolerance: 60,
  claimTarget: 6,
  resolvedDepth: RESOLVED_DEPTH,
  anchorReserveFeeRate: 10_000n,
  arbitrationFeeFactor: 10n,
  watchtower: true,
  keepsBlobs: true,
  keptEvents: 100_000,
};

/** What the consumer asks both others for. */
export interface OpenRequest {
  /** Node ids, 33 bytes. */
  readonly producer: Uint8Array;
  readonly utility: Uint8Array;
  readonly contributions: PerRole<Sat | bigint>;
  /** Absolute height at which the channel must be settled. */
  readonly settlementHeight: number;
  /** Everything else has a default, see {@link defaultParams}. */
  readonly params?: Partial<Omit<ChannelParams, 'chainHash' | 'settlementHeight'>>;
  /** Of the funding transaction, satoshi per 1,000 virtual bytes; default what the chain asks for 6 blocks. */
  readonly feeRate?: bigint;
}

/** The parameters of a channel whose opener has no special wish: for regtest and small amounts. */
export function defaultParams(chainHash: string, settlementHeight: number): ChannelParams {
  return {
    chainHash,
    arbitration: { type: 'afterHeight', height: settlementHeight },
    settlementHeight,
    toSelfDelay: { consumer: 24, producer: 24 },
    dustLimitSat: 330n as Sat,
    reserveMsat: { consumer: 1_000_000n as Msat, producer: 1_000_000n as Msat },
    maxInFlight: 1,
    bondPolicy: { type: 'stake' },
    gridFeePpm: 20_000,
    deliveryWindow: 12,
    resolutionMargin: 8,
    utilityMaxExposureMsat: 100_000_000_000n as Msat,
    minimumDepth: 1,
    contestWindow: 6,
  };
}
