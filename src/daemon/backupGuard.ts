import { readFile } from 'node:fs/promises';
import { decodeBackup } from '../backup/backup.ts';
import { invariant } from '../base/invariant.ts';
import type { Network } from '../chain/port.ts';
import { channelKey, storedValue } from '../node/beginning.ts';
import { isOpening } from '../node/parties.ts';
import { readState } from '../node/stateText.ts';
import { checkedStore } from '../store/checked.ts';
import type { Store } from '../store/port.ts';
import { createKeychain } from '../wallet/hd.ts';
import { seedFromMnemonic } from '../wallet/mnemonic.ts';
import type { Config } from './config/schema.ts';
import { StartRefused } from './refused.ts';

export interface GuardedStart {
  readonly config: Pick<Config, 'backupFile' | 'restoreBackup'>;
  readonly store: Store;
  readonly mnemonic: string;
  readonly network: Network;
}

/**
 * A node writes its backup over the one that is there. Throws {@link StartRefused} where that one knows of channels that the
 * store does not: `storeMissing`, `storeTooOld`; and where it is no backup of this seed, `badFile`.
 */
export async function guardBackup({ config, store, mnemonic, network }: GuardedStart): Promise<void> {
  const { backupFile, restoreBackup } = config;
  if (restoreBackup !== undefined) return;
  const data = await bytesOf(backupFile);
  if (data === undefined) return;
  const checked = checkedStore(store);
  const chainHash = await storedValue<string | null>(checked, 'chainHash', null);
  if (chainHash === null || (await checked.value('position')) === undefined)
    throw new StartRefused(
      'storeMissing',
      `${backupFile} is a backup of channels, but the store is new: put the store back, or start with --restore-backup ${backupFile}; if that backup is of no use, move it away`,
    );
  const seed = seedFromMnemonic(mnemonic);
  invariant(seed.ok, 'the phrase of a seed file was checked');
  const key = createKeychain(seed.value, network).channelSecret('backup', 0);
  const backup = decodeBackup(data, key, chainHash);
  if (!backup.ok)
    throw new StartRefused(
      'badFile',
      `${backupFile} is no backup of this node (${backup.error.code}), and it would be written over: move it away, or name another file with --backup-file`,
    );
  const next = await storedValue(checked, 'nextChannel', 0);
  let newer = 0;
  for (const { keyIndex } of backup.value.channels)
    if (keyIndex >= next || (await isBeforeSigning(checked, keyIndex))) newer += 1;
  if (newer > 0)
    throw new StartRefused(
      'storeTooOld',
      `${backupFile} has ${newer} channels that came after this store was copied: put a newer store back, or move this one away and start with --restore-backup ${backupFile}; those channels are lost to this node if you move the backup away instead`,
    );
}

/** Whether the store has the channel as one whose funding is not signed: none such was ever in a backup. */
async function isBeforeSigning(store: Store, keyIndex: number): Promise<boolean> {
  const stored = await store.channel(channelKey(keyIndex));
  if (stored === undefined) return false;
  const state = await readState(store, stored);
  return isOpening(state) && state.type !== 'signingFunding';
}

async function bytesOf(path: string): Promise<Uint8Array | undefined> {
  try {
    return Uint8Array.from(await readFile(path));
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    throw new StartRefused('badFile', `${path} cannot be read: ${code}`);
  }
}
