import { BIP32Factory, type BIP32Interface } from 'bip32';
import * as tiny from 'tiny-secp256k1';
import type { Network } from '../chain/port.ts';

/** A node of the BIP32 tree. Holds its secret in the open: never leaves this folder. */
export type HdNode = BIP32Interface;

const factory = BIP32Factory(tiny);

/** The master node of a seed (BIP32). */
export function masterNode(seed: Uint8Array, network: Network): HdNode {
  return factory.fromSeed(seed, versionsOf(network));
}

/** The node of an extended key (`xpub…`, `xprv…`, `tpub…`, `tprv…`). Throws on anything else and on another network's key. */
export function nodeOfExtendedKey(text: string, network: Network): HdNode {
  return factory.fromBase58(text, versionsOf(network));
}

function versionsOf(network: Network): { wif: number; bip32: { public: number; private: number } } {
  if (network === 'mainnet') return { wif: 0x80, bip32: { public: 0x0488b21e, private: 0x0488ade4 } };
  return { wif: 0xef, bip32: { public: 0x043587cf, private: 0x04358394 } };
}
