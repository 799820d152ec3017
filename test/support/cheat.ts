import { equalBytes } from '../../src/base/bytes.ts';
import { ROLES, type Role, type Trader } from '../../src/base/role.ts';
import type { Ledger } from '../../src/channel/ledger.ts';
import type { TraderSigner } from '../../src/channel/signer.ts';
import type { Channel } from '../../src/channel/state.ts';
import { traderSigner } from '../../src/channel/step.ts';
import { signerFor } from '../../src/node/signers.ts';
import { readState } from '../../src/node/stateText.ts';
import { checkedStore } from '../../src/store/checked.ts';
import type { MemoryStore } from '../../src/store/memory.ts';
import type { Contract } from '../../src/tx/contract.ts';
import type { Tx } from '../../src/tx/transaction.ts';
import { createKeychain, type Keychain } from '../../src/wallet/hd.ts';
import { mnemonicFromEntropy, seedFromMnemonic } from '../../src/wallet/mnemonic.ts';
import { secp } from './curve.ts';
import type { World } from './world.ts';

/** The phrase of a node of `startWorld`: what a cheater, or the thief of its seed, has. */
export function mnemonicOf(role: Role): string {
  return mnemonicFromEntropy(new Uint8Array(16).fill(ROLES.indexOf(role) + 1));
}

export function keychainOf(role: Role): Keychain {
  const seed = seedFromMnemonic(mnemonicOf(role));
  if (!seed.ok) throw new Error(seed.error.code);
  return createKeychain(seed.value, 'regtest');
}

/** A trader's signer of the channel of that contract. */
export function signerOf(trader: Trader, contract: Contract): TraderSigner {
  const keys = keychainOf(trader);
  for (let index = 0; index < 20; index++) {
    const signer = traderSigner({ signer: signerFor(secp, keys, trader, index) });
    if (equalBytes(signer.keys.funding, contract.keys[trader].funding)) return signer;
  }
  throw new Error(`no channel of ${trader} has these keys`);
}

/** The newest channel in a store, or in a `snapshot()` of it, as it is on disk. */
export async function stateIn(store: MemoryStore): Promise<Channel> {
  const checked = checkedStore(store);
  const stored = (await checked.channels()).at(-1);
  if (stored === undefined) throw new Error('no channel in this store');
  return readState(checked, stored);
}

/**
 * The commitment that `trader` held in `old`, a state of its channel or a snapshot of its store: complete, and as good
 * as on the day on which it was signed. `world` tells which contract it belongs to when the state does not.
 */
export async function signedCommitment(
  world: World,
  trader: Trader,
  old: Channel | MemoryStore,
): Promise<Tx> {
  const state = 'channels' in old ? await stateIn(old) : old;
  const contract = 'identity' in state ? state.identity.contract : world.channel(trader).contract;
  const held =
    'rounds' in state && state.rounds !== null ? state.rounds.held : 'held' in state ? state.held : null;
  if (contract === undefined || held === null) throw new Error(`no commitment in ${state.type}`);
  return completed(trader, contract, held.ledger, held.remoteSignature);
}

/** The commitment of `trader` to `ledger`, which the other trader signed at some time, say in a proposal that it took back. */
export function completed(
  trader: Trader,
  contract: Contract,
  ledger: Ledger,
  remoteSignature: Uint8Array,
): Tx {
  return signerOf(trader, contract).completeCommitment(contract, ledger, remoteSignature);
}
