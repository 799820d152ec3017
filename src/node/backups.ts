import { type Backup, type ChannelBackup, decodeBackup, encodeBackup } from '../backup/backup.ts';
import { identityOf } from '../channel/agreement.ts';
import type { Channel, Identity } from '../channel/state.ts';
import type { Monitor } from '../penalty/monitor.ts';
import { branchCounts } from '../wallet/lookahead.ts';
import type { Wallet } from '../wallet/wallet.ts';

/** Gets every new backup; awaited before the signatures of the channel that is new in it leave. */
export type OnBackup = (backup: Uint8Array) => void | Promise<void>;

/** What of a channel goes into a backup. */
export interface BackupSource {
  readonly key: string;
  readonly channel: Channel;
  readonly monitor: Monitor | null;
}

export interface BackupFacts {
  readonly wallet: Wallet;
  readonly chainHash: string;
  /** Height from which this node's coins and channels are found. */
  readonly birthday: number;
  /** Key index above every one that was ever used, also for channels that are forgotten. */
  readonly nextChannel: () => number;
  readonly onBackup: OnBackup | undefined;
  readonly sources: () => Iterable<BackupSource>;
}

/** The static channel backup of a node: now, and handed over whenever a channel is about to be funded. */
export class BackupDesk {
  readonly #facts: BackupFacts;
  #queue: Promise<void> = Promise.resolve();

  constructor(facts: BackupFacts) {
    this.#facts = facts;
  }

  /** The backup of all channels that are funded or about to be. */
  now(): Uint8Array {
    const { wallet, chainHash, birthday, nextChannel, sources } = this.#facts;
    const all = [...sources()];
    const next = all.reduce((top, { key }) => Math.max(top, Number(key) + 1), nextChannel());
    const backup: Backup = {
      chainHash,
      birthday,
      nextChannel: next,
      addresses: branchCounts(wallet.state()),
      channels: all.flatMap((source) => channelBackup(source, birthday)),
    };
    return encodeBackup(backup, backupKey(wallet));
  }

  /** Hands a new backup over; one after the other, so that the last one is the newest. Rejects as the receiver does. */
  handOver(): Promise<void> {
    const { onBackup } = this.#facts;
    if (onBackup === undefined) return Promise.resolve();
    const done = this.#queue.then(() => onBackup(this.now()));
    this.#queue = done.catch(() => {});
    return done;
  }
}

/** The backup in `data`, sealed by this wallet's seed. */
export function readBackup(data: Uint8Array, wallet: Wallet, chainHash: string) {
  return decodeBackup(data, backupKey(wallet), chainHash);
}

function backupKey({ keys }: Wallet): Uint8Array {
  return keys.channelSecret('backup', 0);
}

function channelBackup({ key, channel, monitor }: BackupSource, birthday: number): readonly ChannelBackup[] {
  const identity = fundedIdentity(channel);
  if (identity === undefined) return [];
  const { contract, payout, nodeIds, meters } = identity;
  const since =
    channel.type === 'awaitingFunding' ? channel.since : (monitor?.confirmedAt ?? monitor?.tip.height);
  const { role } = channel;
  return [{ keyIndex: Number(key), role, since: since ?? birthday, contract, payout, nodeIds, meters }];
}

function fundedIdentity(channel: Channel): Identity | undefined {
  if (channel.type === 'signingFunding') return identityOf(channel.agreement);
  return 'identity' in channel && channel.type !== 'closed' ? channel.identity : undefined;
}
