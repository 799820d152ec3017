import { equalBytes, toHex } from '../../base/bytes.ts';
import { ANCHOR_SCRIPT } from '../../tx/outputs.ts';
import { type Tx, txid, vsize } from '../../tx/transaction.ts';

/** A transaction in plain data; what it probably is in a channel is in the title. */
export function describeTransaction(tx: Tx): { readonly title: string; readonly value: object } {
  return {
    title: `a transaction${roleOf(tx)}`,
    value: {
      txid: txid(tx),
      vbytes: vsize(tx),
      version: tx.version,
      lockTime: tx.locktime,
      inputs: tx.inputs.map(({ txid: spent, vout, sequence, witness }) => ({
        txid: spent,
        vout,
        sequence,
        witnessItems: witness.length,
      })),
      outputs: tx.outputs.map(({ value, script }) => ({
        valueSat: String(value),
        script: toHex(script),
        ...(isAnchor(script) ? { is: 'anchor' } : {}),
      })),
    },
  };
}

/** Commitments are told by their version, their anchor and the masked number in lock time and sequence (protocol section 5). */
function roleOf({ version, locktime, inputs, outputs }: Tx): string {
  const [input] = inputs;
  if (version !== 3 || input === undefined) return '';
  const numbered = locktime >>> 24 === 0x20 && input.sequence >>> 24 === 0x80;
  if (inputs.length === 1 && numbered && outputs.some(({ script }) => isAnchor(script)))
    return ', by its form a commitment: it ends a channel by the state that it was signed for';
  return ', version 3';
}

function isAnchor(script: Uint8Array): boolean {
  return equalBytes(script, ANCHOR_SCRIPT);
}
