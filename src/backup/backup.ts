import { concat, equalBytes, utf8 } from '../base/bytes.ts';
import {
  blob,
  type Codec,
  choice,
  type Decoded,
  decode,
  encode,
  list,
  mapped,
  point,
  Refusal,
  struct,
  u8,
  u32,
} from '../base/codec.ts';
import { err, ok, type Result } from '../base/result.ts';
import { ROLES, type Role } from '../base/role.ts';
import { SEAL_OVERHEAD, seal, unseal } from '../crypto/sealed.ts';
import { channelIdOf } from '../tx/contract.ts';
import { hexHash, params, perRoleMsat, traderKeys, utilityKeys } from '../wire/messages.ts';

/**
 * A static channel backup (protocol section 7, "When data is lost"): with the seed it is enough to find each channel on
 * the chain, to reach its parties, and to claim what a commitment of theirs pays us. Nothing in it changes with states, so
 * one of any age is good for the channels that were open when it was made.
 */
export interface Backup {
  /** Hash of the chain's block 0, hexadecimal, display order. */
  readonly chainHash: string;
  /** Height from which the chain must be read: nothing of ours is below. */
  readonly birthday: number;
  /** Key index of the next channel: this one and all above were never used. */
  readonly nextChannel: number;
  /** Wallet addresses given out or paid to, by branch, as counts: BIP84 receive and change, BIP86 receive and change. */
  readonly addresses: readonly number[];
  readonly channels: readonly ChannelBackup[];
}

export type ChannelBackup = Decoded<typeof channelCodec>;

export type BackupError =
  /** Not our magic, cut off, or larger than any backup. */
  | { readonly code: 'notABackup' }
  | { readonly code: 'unknownVersion'; readonly version: number }
  | { readonly code: 'otherNetwork'; readonly chainHash: string }
  /** It does not open under this seed's key; or it was altered. */
  | { readonly code: 'otherSeed' }
  | { readonly code: 'malformed'; readonly reason: string };

const MAGIC = utf8('wattlane');
const VERSION = 1;
/** Channels that one backup holds. */
export const MAX_BACKUP_CHANNELS = 10_000;
/** Highest count of addresses on one branch: all below are derived at a restore. */
const MAX_ADDRESSES = 100_000;
/** Bytes before the sealed part: magic, version, chain hash. */
const HEADER = MAGIC.length + 1 + 32;
/** Largest backup, bytes. */
export const MAX_BACKUP_LENGTH = HEADER + SEAL_OVERHEAD + 64 + 1024 * MAX_BACKUP_CHANNELS;

const role: Codec<Role> = choice(...ROLES);
const payout = blob(34);

const contract = struct({
  params,
  keys: struct({ consumer: traderKeys, producer: traderKeys, utility: utilityKeys }),
  contributions: perRoleMsat,
  funding: struct({ txid: hexHash, vout: u32 }),
});

const channelCodec = struct({
  /** Index of this node's keys of the channel. */
  keyIndex: u32,
  role,
  /** Height at which this node signed the funding. */
  since: u32,
  contract,
  payout: struct({ consumer: payout, producer: payout, utility: payout }),
  nodeIds: struct({ consumer: point, producer: point, utility: point }),
  meters: struct({ consumer: point, producer: point }),
});

const count: Codec<number> = mapped(
  u32,
  (value) => {
    if (value > MAX_ADDRESSES) throw new Refusal(`${value} addresses`);
    return value;
  },
  (value) => value,
);

const body = struct({
  birthday: u32,
  nextChannel: u32,
  addresses: list(count, 4),
  channels: list(channelCodec, MAX_BACKUP_CHANNELS),
});

/**
 * The backup as bytes: magic `wattlane`, version (u8), chain hash (32), then the rest, sealed under `key` (32 bytes, key
 * family `backup`). The same backup gives the same bytes. Throws `InvariantError` on values outside their ranges.
 */
export function encodeBackup(backup: Backup, key: Uint8Array): Uint8Array {
  const header = concat(MAGIC, encode(u8, VERSION), encode(hexHash, backup.chainHash));
  return concat(header, seal(key, encode(body, backup)));
}

/** The backup in `data`, if it is one of this chain (block 0's hash, hexadecimal) and this key. Never throws. */
export function decodeBackup(
  data: Uint8Array,
  key: Uint8Array,
  chainHash: string,
): Result<Backup, BackupError> {
  if (
    data.length > MAX_BACKUP_LENGTH ||
    data.length < HEADER ||
    !equalBytes(data.slice(0, MAGIC.length), MAGIC)
  )
    return err({ code: 'notABackup' });
  const version = data[MAGIC.length] as number;
  if (version !== VERSION) return err({ code: 'unknownVersion', version });
  const found = decode(hexHash, data.slice(MAGIC.length + 1, HEADER));
  if (!found.ok) return found;
  if (found.value !== chainHash) return err({ code: 'otherNetwork', chainHash: found.value });
  const opened = unseal(key, data.slice(HEADER));
  if (opened === undefined) return err({ code: 'otherSeed' });
  const decoded = decode(body, opened);
  if (!decoded.ok) return decoded;
  const backup = { chainHash, ...decoded.value };
  const problem = inconsistency(backup);
  return problem === undefined ? ok(backup) : err({ code: 'malformed', reason: problem });
}

/** What the fields say against each other. */
function inconsistency({ chainHash, nextChannel, addresses, channels }: Backup): string | undefined {
  if (addresses.length !== 4) return `${addresses.length} branches`;
  const keys = new Set<number>();
  const ids = new Set<string>();
  for (const { keyIndex, contract } of channels) {
    if (contract.params.chainHash !== chainHash) return 'a channel of another chain';
    if (keyIndex >= nextChannel) return `channel ${keyIndex}, but the next is ${nextChannel}`;
    keys.add(keyIndex);
    ids.add(String(channelIdOf(contract.funding)));
  }
  if (keys.size < channels.length || ids.size < channels.length) return 'a channel twice';
  return undefined;
}
