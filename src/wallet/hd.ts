import { concat, toHex } from '../base/bytes.ts';
import { invariant } from '../base/invariant.ts';
import type { Network } from '../chain/port.ts';
import { hash160 } from '../crypto/hash.ts';
import { xOnly } from '../crypto/secp256k1.ts';
import { tinySecp256k1 } from '../crypto/tiny.ts';
import { type HdNode, masterNode, nodeOfExtendedKey } from './bip32.ts';
import { taprootOutputKey, taprootSecret } from './taproot.ts';

/** How coins are locked: P2WPKH keys of BIP84, or P2TR keys without scripts of BIP86. */
export type Scheme = 'bip84' | 'bip86';
/** Addresses given to payers, or the wallet's own change. */
export type Branch = 'receive' | 'change';

export const SCHEMES: readonly Scheme[] = ['bip84', 'bip86'];
export const BRANCHES: readonly Branch[] = ['receive', 'change'];

/** Which of the wallet's coin keys: `m/84'/coin'/0'/branch/index` or `m/86'/…`. */
export interface CoinPath {
  readonly scheme: Scheme;
  readonly branch: Branch;
  readonly index: number;
}

/** The public half of one scheme's account: enough to watch, not to spend. */
export interface Account {
  readonly scheme: Scheme;
  /** First four bytes of the master key's hash160, hexadecimal. */
  readonly fingerprint: string;
  /** Extended public key of `m/84'/coin'/0'` or `m/86'/coin'/0'` (`xpub…`, `tpub…` off mainnet). */
  readonly xpub: string;
}

/** Channel key families (protocol section 3), `m/1017'/coin'/family'/0/index`. */
export const KEY_FAMILIES = {
  funding: 0,
  revocationBasepoint: 1,
  paymentBasepoint: 3,
  delayedPaymentBasepoint: 4,
  perCommitmentSeed: 5,
  nodeIdentity: 6,
  deliverySeed: 32,
  meter: 33,
  backup: 34,
} as const;
export type KeyFamily = keyof typeof KEY_FAMILIES;

/** Signs for one coin key; the secret stays inside. */
export interface CoinSigner {
  /** 33 bytes; for BIP86 the internal key, before the tweak. */
  readonly publicKey: Uint8Array;
  /** Compact ECDSA, 64 bytes, low S, RFC 6979. */
  sign(hash: Uint8Array): Uint8Array;
  /** BIP340 by the taproot output key, without auxiliary randomness. */
  signTaproot(hash: Uint8Array): Uint8Array;
}

/**
 * All keys of one seed on one network. Secrets live in closures only: printing or serializing a keychain
 * shows none of them.
 */
export interface Keychain {
  readonly network: Network;
  /** First four bytes of the master key's hash160, hexadecimal. */
  readonly fingerprint: string;
  readonly accounts: readonly Account[];
  coinSigner(path: CoinPath): CoinSigner;
  /** 32-byte secret of a channel key family. */
  channelSecret(family: KeyFamily, index: number): Uint8Array;
  /** 33-byte public key of a channel key family. */
  channelPublicKey(family: KeyFamily, index: number): Uint8Array;
}

/** The keychain of a BIP32 seed (16 to 64 bytes, usually a BIP39 seed). */
export function createKeychain(seed: Uint8Array, network: Network): Keychain {
  invariant(seed.length >= 16 && seed.length <= 64, 'a seed has 16 to 64 bytes');
  const master = masterNode(seed, network);
  const fingerprint = toHex(master.fingerprint);
  const branches = new Map<string, HdNode>();
  const branchNode = (path: string): HdNode => {
    const node = branches.get(path) ?? master.derivePath(path);
    branches.set(path, node);
    return node;
  };
  const channelNode = (family: KeyFamily, index: number): HdNode =>
    branchNode(`m/1017'/${coinType(network)}'/${KEY_FAMILIES[family]}'/0`).derive(index);
  return {
    network,
    fingerprint,
    accounts: SCHEMES.map((scheme) => ({
      scheme,
      fingerprint,
      xpub: master
        .derivePath(`m/${accountPath(scheme, network)}`)
        .neutered()
        .toBase58(),
    })),
    coinSigner: ({ scheme, branch, index }) =>
      signerOf(branchNode(`m/${accountPath(scheme, network)}/${branchNumber(branch)}`).derive(index)),
    channelSecret: (family, index) => Uint8Array.from(secretOf(channelNode(family, index))),
    channelPublicKey: (family, index) => Uint8Array.from(channelNode(family, index).publicKey),
  };
}

function signerOf(node: HdNode): CoinSigner {
  return {
    publicKey: Uint8Array.from(node.publicKey),
    sign: (hash) => tinySecp256k1.sign(hash, secretOf(node)),
    signTaproot: (hash) => tinySecp256k1.signSchnorr(hash, taprootSecret(secretOf(node))),
  };
}

function secretOf(node: HdNode): Uint8Array {
  invariant(node.privateKey !== undefined, 'public node where a private one was derived');
  return node.privateKey;
}

/** Derives public keys of one branch of an account, without secrets. Throws on a key that is not an extended public key of the network. */
export function branchKeys(
  account: Account,
  branch: Branch,
  network: Network,
): (index: number) => Uint8Array {
  const node = nodeOfExtendedKey(account.xpub, network).derive(branchNumber(branch));
  return (index) => Uint8Array.from(node.derive(index).publicKey);
}

/** The output script that a coin key is paid with: `OP_0 hash160(key)` (BIP84) or `OP_1 output key` (BIP86). */
export function coinScript(scheme: Scheme, publicKey: Uint8Array): Uint8Array {
  if (scheme === 'bip84') return concat(Uint8Array.of(0x00, 20), hash160(publicKey));
  return concat(Uint8Array.of(0x51, 32), taprootOutputKey(xOnly(publicKey)));
}

/** `84'/coin'/0'` or `86'/coin'/0'`, without the leading `m/`. */
export function accountPath(scheme: Scheme, network: Network): string {
  return `${scheme === 'bip84' ? 84 : 86}'/${coinType(network)}'/0'`;
}

/** The whole path of a coin key, as PSBTs write it. */
export function derivationPath({ scheme, branch, index }: CoinPath, network: Network): string {
  return `m/${accountPath(scheme, network)}/${branchNumber(branch)}/${index}`;
}

/** The coin key that a path names, `undefined` for every path that is none of the wallet's coins. */
export function coinPathOf(path: string, network: Network): CoinPath | undefined {
  const match = /^m\/(8[46])'\/(\d+)'\/0'\/([01])\/(\d{1,10})$/.exec(path);
  if (match === null || Number(match[2]) !== coinType(network)) return undefined;
  const index = Number(match[4]);
  if (index >= 2 ** 31) return undefined;
  return {
    scheme: match[1] === '84' ? 'bip84' : 'bip86',
    branch: match[3] === '0' ? 'receive' : 'change',
    index,
  };
}

/** Position of a branch in paths: 0 receive, 1 change. */
export function branchNumber(branch: Branch): 0 | 1 {
  return branch === 'receive' ? 0 : 1;
}

/** SLIP-44: 0 on mainnet, 1 on every test network. */
function coinType(network: Network): 0 | 1 {
  return network === 'mainnet' ? 0 : 1;
}
