import { utf8 } from '../../src/base/bytes.ts';
import type { Role } from '../../src/base/role.ts';
import type { BlockRef } from '../../src/chain/port.ts';
import { sha256 } from '../../src/crypto/hash.ts';
import { checkedStore } from '../../src/store/checked.ts';
import { type MemoryStore, memoryStore } from '../../src/store/memory.ts';
import type { Store } from '../../src/store/port.ts';
import { createKeychain } from '../../src/wallet/hd.ts';
import { createWalletState } from '../../src/wallet/lookahead.ts';
import { mnemonicFromEntropy, seedFromMnemonic } from '../../src/wallet/mnemonic.ts';
import { type WalletState, walletStateToJson } from '../../src/wallet/state.ts';

/** The phrase of a seat's party. */
export function mnemonicOf(seat: number, role: Role): string {
  return mnemonicFromEntropy(sha256(utf8(`threat model ${seat} ${role}`)).subarray(0, 16));
}

/** Fresh wallets, by phrase: their scripts are derived once. */
const wallets = new Map<string, WalletState>();

/** A store that holds nothing but a wallet that was never used before this block. */
export async function newStore(mnemonic: string, tip: BlockRef): Promise<MemoryStore> {
  const store = memoryStore();
  const wallet = wallets.get(mnemonic) ?? newWallet(mnemonic);
  wallets.set(mnemonic, wallet);
  await checkedStore(store).setValue('wallet', walletStateToJson({ ...wallet, tip }));
  return store;
}

function newWallet(mnemonic: string): WalletState {
  const seed = seedFromMnemonic(mnemonic);
  if (!seed.ok) throw new Error(seed.error.code);
  return createWalletState(createKeychain(seed.value, 'regtest').accounts, 'regtest');
}

/** The same store, of which a copy is kept after each write to a channel. */
export function recorded(store: MemoryStore, past: MemoryStore[]): Store {
  return {
    channels: () => store.channels(),
    channel: (key) => store.channel(key),
    commit: async (key, write) => {
      await store.commit(key, write);
      past.push(store.snapshot());
    },
    records: (key, from, limit) => store.records(key, from, limit),
    recordsAbout: (key, about) => store.recordsAbout(key, about),
    appendEvents: (events) => store.appendEvents(events),
    events: (from, limit) => store.events(from, limit),
    lastEvent: () => store.lastEvent(),
    forget: (key) => store.forget(key),
    dropEvents: (below) => store.dropEvents(below),
    value: (name) => store.value(name),
    setValue: (name, value) => store.setValue(name, value),
    close: () => store.close(),
  };
}
