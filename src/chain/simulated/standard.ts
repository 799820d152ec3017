import { encodeTx, type Tx, type TxOutput, weight } from '../../tx/transaction.ts';
import type { Coin, Fault } from './consensus.ts';
import {
  isDataCarrier,
  isPayToAnchor,
  isStandardOutput,
  isUnspendable,
  witnessProgram,
} from './outputType.ts';

const MAX_STANDARD_WEIGHT = 400_000;
/** Shorter serializations could pass for inner nodes of a Merkle tree. */
const MIN_STRIPPED_BYTES = 65;
/** Satoshi per 1,000 bytes that decide what is dust (`-dustrelayfee`). */
const DUST_RATE = 3000n;

/** Whether the shape of a transaction keeps it from being relayed (Bitcoin Core's `IsStandardTx`, no dust at all). */
export function standardFault(tx: Tx): Fault {
  if (tx.version < 1 || tx.version > 3) return 'version';
  if (weight(tx) > MAX_STANDARD_WEIGHT) return 'tx-size';
  if (tx.inputs.some((input) => input.scriptSig.length > 1650)) return 'scriptsig-size';
  if (tx.outputs.some((output) => !isStandardOutput(output.script))) return 'scriptpubkey';
  if (tx.outputs.filter((output) => isDataCarrier(output.script)).length > 1) return 'multi-op-return';
  if (strippedBytes(tx) < MIN_STRIPPED_BYTES) return 'tx-size-small';
  if (tx.outputs.some((output) => output.value < dustLimit(output.script))) return 'dust';
  return undefined;
}

/** Smallest value, satoshi, that an output with this script may have: what spending it would cost at 3 sat/vB. */
export function dustLimit(script: Uint8Array): bigint {
  if (isUnspendable(script)) return 0n;
  const output = 8 + 1 + script.length;
  const input = witnessProgram(script) === undefined ? 148 : 67;
  return (BigInt(output + input) * DUST_RATE) / 1000n;
}

/** Whether a witness is larger than what is relayed, or given to an anchor (Bitcoin Core's `IsWitnessStandard`). */
export function witnessStandardFault(tx: Tx, coins: readonly Coin[]): Fault {
  const oversized = tx.inputs.some(({ witness }, index) => {
    const { script } = (coins[index] as Coin).output as TxOutput;
    if (isPayToAnchor(script)) return witness.length > 0;
    if (script[0] !== 0 || script.length !== 34 || witness.length === 0) return false;
    const stack = witness.slice(0, -1);
    return (
      (witness.at(-1)?.length ?? 0) > 3600 || stack.length > 100 || stack.some((item) => item.length > 80)
    );
  });
  return oversized ? 'bad-witness-nonstandard' : undefined;
}

function strippedBytes(tx: Tx): number {
  return encodeTx({ ...tx, inputs: tx.inputs.map((input) => ({ ...input, witness: [] })) }).length;
}
