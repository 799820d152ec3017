import { concat, fromHex, reverseBytes, uintBE } from '../../base/bytes.ts';
import { sha256, taggedHash } from '../../crypto/hash.ts';
import type { Tx, TxOutput } from '../../tx/transaction.ts';

/** Hash types of a taproot signature that cover the whole transaction. */
export type WholeHashType = 0 | 1;

/**
 * The hash that a taproot key-path signature over the whole transaction signs (BIP341), without annex.
 *
 * @param spent the output that each input spends, in input order
 * @param hashType 0 SIGHASH_DEFAULT, 1 SIGHASH_ALL
 */
export function sighashTaproot(
  tx: Tx,
  index: number,
  spent: readonly TxOutput[],
  hashType: WholeHashType = 0,
): Uint8Array {
  const prevouts = tx.inputs.map((input) => concat(fromHex(input.txid).reverse(), uintLE(input.vout, 4)));
  const message = concat(
    Uint8Array.of(0, hashType),
    uintLE(tx.version, 4),
    uintLE(tx.locktime, 4),
    sha256(concat(...prevouts)),
    sha256(concat(...spent.map((output) => uintLE(output.value, 8)))),
    sha256(concat(...spent.map((output) => prefixed(output.script)))),
    sha256(concat(...tx.inputs.map((input) => uintLE(input.sequence, 4)))),
    sha256(concat(...tx.outputs.map((output) => concat(uintLE(output.value, 8), prefixed(output.script))))),
    Uint8Array.of(0), // spend type: key path, no annex
    uintLE(index, 4),
  );
  return taggedHash('TapSighash', message);
}

function uintLE(value: bigint | number, length: number): Uint8Array {
  return reverseBytes(uintBE(value, length));
}

function prefixed(script: Uint8Array): Uint8Array {
  const length =
    script.length < 0xfd ? uintLE(script.length, 1) : concat(Uint8Array.of(0xfd), uintLE(script.length, 2));
  return concat(length, script);
}
