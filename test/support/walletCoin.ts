import type { Sat } from '../../src/base/amount.ts';
import { concat } from '../../src/base/bytes.ts';
import { hash160 } from '../../src/crypto/hash.ts';
import { scriptSignature } from '../../src/tx/signature.ts';
import { sighashV0, type Tx, withWitness } from '../../src/tx/transaction.ts';
import { secp } from './curve.ts';

/** The P2WPKH script of a secret's key. */
export function p2wpkhOf(secret: Uint8Array): Uint8Array {
  return concat(Uint8Array.of(0, 20), hash160(secp.publicKey(secret)));
}

/** The transaction with the witness of input `index`, a P2WPKH coin of `value`. */
export function signP2wpkh(tx: Tx, index: number, value: Sat, secret: Uint8Array): Tx {
  const key = secp.publicKey(secret);
  // BIP143: the script code of P2WPKH is the P2PKH script of the same hash
  const code = concat(Uint8Array.of(0x76, 0xa9, 20), hash160(key), Uint8Array.of(0x88, 0xac));
  const signature = scriptSignature(secp.sign(sighashV0(tx, index, code, value), secret));
  return withWitness(tx, index, [signature, key]);
}
