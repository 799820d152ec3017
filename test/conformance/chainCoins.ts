import { script as bitcoinScript } from 'bitcoinjs-lib';
import { type Sat, sat } from '../../src/base/amount.ts';
import { concat, utf8 } from '../../src/base/bytes.ts';
import { sighashTaproot } from '../../src/chain/simulated/taproot.ts';
import { hash160, sha256 } from '../../src/crypto/hash.ts';
import { xOnly } from '../../src/crypto/secp256k1.ts';
import {
  type OutPoint,
  SIGHASH_ALL,
  type SighashType,
  sighashV0,
  type Tx,
  type TxOutput,
  withWitness,
} from '../../src/tx/transaction.ts';
import { secp } from '../support/curve.ts';

/** Opcodes by the names that scripts are read with. */
export const OP = {
  ZERO: 0x00,
  IF: 0x63,
  NOTIF: 0x64,
  ELSE: 0x67,
  ENDIF: 0x68,
  VERIFY: 0x69,
  DROP: 0x75,
  DUP: 0x76,
  SWAP: 0x7c,
  SIZE: 0x82,
  EQUAL: 0x87,
  EQUALVERIFY: 0x88,
  ZERO_NOT_EQUAL: 0x92,
  ADD: 0x93,
  BOOLAND: 0x9a,
  SHA256: 0xa8,
  CHECKSIG: 0xac,
  CHECKSIGVERIFY: 0xad,
  CHECKMULTISIG: 0xae,
  CLTV: 0xb1,
  CSV: 0xb2,
  TRUE: 0x51,
} as const;

export interface Key {
  readonly secret: Uint8Array;
  readonly publicKey: Uint8Array;
}

export function key(name: string): Key {
  const secret = sha256(utf8(`conformance key ${name}`));
  return { secret, publicKey: secp.publicKey(secret) };
}

/** A script of opcodes and pushes, written by hand so that no builder of the library is trusted. */
export function script(...items: readonly (number | Uint8Array)[]): Uint8Array {
  return concat(
    ...items.map((item) =>
      typeof item === 'number' ? Uint8Array.of(item) : concat(Uint8Array.of(item.length), item),
    ),
  );
}

/** The push of a number: an opcode up to 16, else its bytes. */
export function num(value: number): number | Uint8Array {
  if (value === 0) return OP.ZERO;
  if (value <= 16) return 0x50 + value;
  const bytes: number[] = [];
  for (let rest = value; rest > 0; rest >>= 8) bytes.push(rest & 0xff);
  return Uint8Array.from((bytes.at(-1) ?? 0) & 0x80 ? [...bytes, 0] : bytes);
}

/** Where a witness goes: input `index` of `tx`, which spends `spent[index]`. */
export interface Place {
  readonly tx: Tx;
  readonly index: number;
  readonly spent: readonly TxOutput[];
}

/** An output script and how its coins are spent. */
export interface Lock {
  readonly script: Uint8Array;
  readonly witness: (place: Place) => readonly Uint8Array[];
}

/** Signs for one key: a DER signature with its hash type byte. */
export type Sign = (key: Key, type?: SighashType) => Uint8Array;

export function p2wsh(witnessScript: Uint8Array, stack: (sign: Sign) => readonly Uint8Array[]): Lock {
  return {
    script: script(OP.ZERO, sha256(witnessScript)),
    witness: (place) => [
      ...stack((signer, type) => ecdsa(place, witnessScript, signer, type)),
      witnessScript,
    ],
  };
}

export function p2wpkh(owner: Key): Lock {
  const code = script(OP.DUP, 0xa9, hash160(owner.publicKey), OP.EQUALVERIFY, OP.CHECKSIG);
  return {
    script: script(OP.ZERO, hash160(owner.publicKey)),
    witness: (place) => [ecdsa(place, code, owner), owner.publicKey],
  };
}

/** By its key, which is the output key itself: no tweak, no script tree. */
export function p2tr(owner: Key): Lock {
  return {
    script: script(OP.TRUE, xOnly(owner.publicKey)),
    witness: ({ tx, index, spent }) => [secp.signSchnorr(sighashTaproot(tx, index, spent), owner.secret)],
  };
}

/** Pay-to-anchor: no witness at all. */
export const ANCHOR: Lock = { script: Uint8Array.of(0x51, 0x02, 0x4e, 0x73), witness: () => [] };

export function ecdsa(
  { tx, index, spent }: Place,
  code: Uint8Array,
  signer: Key,
  type: SighashType = SIGHASH_ALL,
): Uint8Array {
  const { value } = at(spent, index);
  return der(secp.sign(sighashV0(tx, index, code, value, type), signer.secret), type);
}

export function der(compact: Uint8Array, type: SighashType = SIGHASH_ALL): Uint8Array {
  return Uint8Array.from(bitcoinScript.signature.encode(compact, type));
}

/** An output that can be spent. */
export interface Coin extends OutPoint {
  readonly value: Sat;
  readonly lock: Lock;
}

export interface SpendOptions {
  /** Default 2. */
  readonly version?: number;
  readonly locktime?: number;
  /** Of every input; default replaceable. */
  readonly sequence?: number;
}

/** What a payment is worth: a lock and an amount. */
export type Payment = readonly [lock: Lock, value: bigint];

/** A signed transaction: what is left of the coins is fee. */
export function spend(coins: readonly Coin[], payments: readonly Payment[], options: SpendOptions = {}): Tx {
  const unsigned: Tx = {
    version: options.version ?? 2,
    inputs: coins.map(({ txid, vout }) => ({
      txid,
      vout,
      sequence: options.sequence ?? 0xfffffffd,
      scriptSig: new Uint8Array(0),
      witness: [],
    })),
    outputs: payments.map(([lock, value]) => ({ value: sat(value), script: lock.script })),
    locktime: options.locktime ?? 0,
  };
  const spent = coins.map((coin) => ({ value: coin.value, script: coin.lock.script }));
  return coins.reduce(
    (tx, coin, index) => withWitness(tx, index, coin.lock.witness({ tx, index, spent })),
    unsigned,
  );
}

export function at<T>(list: readonly T[], index: number): T {
  const item = list[index];
  if (item === undefined) throw new RangeError(`nothing at ${index}`);
  return item;
}
