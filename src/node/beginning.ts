import { fromJson, toJson } from '../base/json.ts';
import type { BlockRef, Chain } from '../chain/port.ts';
import { lostChannel } from '../channel/lost.ts';
import { startMonitor } from '../penalty/monitor.ts';
import { type Store, StoreError } from '../store/port.ts';
import { channelIdOf } from '../tx/contract.ts';
import type { CreateWalletError, Wallet } from '../wallet/wallet.ts';
import { readBackup } from './backups.ts';
import type { NodeOptions } from './options.ts';

/** A node cannot be made of what was given: a bad phrase, another network, another seed than the stored wallet's. */
export class NodeRefused extends Error {
  override readonly name = 'NodeRefused';
  /** `refused`, or what the wallet found wrong: `otherSeed`, `otherNetwork`, a phrase's fault. */
  readonly code: 'refused' | CreateWalletError['code'];
  readonly retry = false;

  constructor(message: string, code: NodeRefused['code'] = 'refused') {
    super(message);
    this.code = code;
  }
}

/** A stored value of this program, or `otherwise`. Rejects with `StoreError` when it is not JSON. */
export async function storedValue<T>(store: Store, name: string, otherwise: T): Promise<T> {
  const text = await store.value(name);
  if (text === undefined) return otherwise;
  const parsed = fromJson(text);
  if (!parsed.ok) throw new StoreError('corrupt', `stored value ${name} is not JSON`);
  return parsed.value as T;
}

/**
 * Hash of block 0 of the chain that this store belongs to: the first that it was started on. Throws {@link NodeRefused}
 * when the chain is another one now.
 */
export async function ownChain(chain: Chain, store: Store): Promise<string> {
  const found = await chain.genesisHash();
  const own = await storedValue<string | null>(store, 'chainHash', null);
  if (own === null) await store.setValue('chainHash', toJson(found));
  if (own === null || own === found) return found;
  throw new NodeRefused(
    `this store belongs to the chain of block 0 ${own}, and the Bitcoin node is on ${found}`,
    'otherNetwork',
  );
}

/** The name under which the channel with this key index is stored. */
export function channelKey(index: number): string {
  return String(index).padStart(8, '0');
}

/**
 * The block after which the node goes on: where it stopped, or, with an empty store, the tip, the birthday or what a
 * backup says. The position is written last: a restore that was cut off is done again, with the backup.
 */
export async function beginning(
  { chain, backup, birthday, restored }: NodeOptions,
  store: Store,
  wallet: Wallet,
): Promise<BlockRef> {
  const position = await storedValue<BlockRef | null>(store, 'position', null);
  if (position !== null) {
    if (backup !== undefined)
      throw new NodeRefused('a backup restores into an empty store, and this one is in use');
    if (restored === true) await skipKeys(chain, store, await storedValue(store, 'nextChannel', 0));
    return position;
  }
  if (backup !== undefined) return restore(chain, store, wallet, backup);
  if ((await store.channels()).length > 0)
    throw new NodeRefused('a restore into this store was cut off: give the backup again');
  if (birthday === undefined) {
    const tip = await chain.tip();
    return begin(store, tip, tip.height);
  }
  await skipKeys(chain, store, 0);
  return begin(store, await blockBelow(chain, birthday), birthday);
}

/** Channels that a node opens in the time of one block: more than any does for long. */
const KEYS_PER_BLOCK = 16;

/**
 * A seed that was used before, and nothing, an old backup or an old store to say for how many channels: whoever knows the secrets
 * of a forgotten one must not meet its keys again. Key indices go on where no node of this seed can have been.
 */
async function skipKeys(chain: Chain, store: Store, next: number): Promise<void> {
  const { height } = await chain.tip();
  await store.setValue('nextChannel', toJson(Math.max(next, height * KEYS_PER_BLOCK)));
}

async function begin(store: Store, from: BlockRef, birthday: number): Promise<BlockRef> {
  await store.setValue('birthday', toJson(birthday));
  await store.setValue('position', toJson(from));
  return from;
}

async function restore(chain: Chain, store: Store, wallet: Wallet, data: Uint8Array): Promise<BlockRef> {
  const read = readBackup(data, wallet, await chain.genesisHash());
  if (!read.ok) throw new NodeRefused(`the backup cannot be read: ${read.error.code}`);
  const { birthday, nextChannel, addresses, channels } = read.value;
  const from = await blockBelow(chain, birthday);
  for (const { keyIndex, role, contract, payout, nodeIds, meters } of channels) {
    const identity = { channelId: channelIdOf(contract.funding), contract, payout, nodeIds, meters };
    await store.commit(channelKey(keyIndex), {
      state: toJson(lostChannel(role, identity, from.height)),
      monitor: toJson(startMonitor(contract.funding, from)),
    });
  }
  await skipKeys(chain, store, nextChannel);
  await wallet.markGiven(addresses);
  return begin(store, from, birthday);
}

/** The block below `height`, which cannot hold anything of ours; the tip when the chain is not that high. */
async function blockBelow(chain: Chain, height: number): Promise<BlockRef> {
  const below = Math.max(0, height - 1);
  const hash = await chain.blockHash(below);
  return hash === undefined ? chain.tip() : { height: below, hash };
}
