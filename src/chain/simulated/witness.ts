import { concat, equalBytes } from '../../base/bytes.ts';
import { sha256 } from '../../crypto/hash.ts';
import type { Secp256k1 } from '../../crypto/secp256k1.ts';
import {
  SIGHASH_ALL,
  SIGHASH_SINGLE_ANYONECANPAY,
  type SighashType,
  sighashV0,
  type Tx,
  type TxInput,
  type TxOutput,
} from '../../tx/transaction.ts';
import { compactFromDer, hasLowS } from './derSignature.ts';
import { isTrue, type ScriptContext } from './machine.ts';
import { isPayToAnchor, witnessProgram } from './outputType.ts';
import { runScript } from './script.ts';
import { fail, type ScriptError } from './scriptError.ts';
import { sighashTaproot } from './taproot.ts';

/** Where a witness is checked: one input of a transaction whose spent outputs are all known. */
export interface Spending {
  readonly tx: Tx;
  readonly index: number;
  /** The output that each input spends, in input order. */
  readonly spent: readonly TxOutput[];
  readonly secp: Secp256k1;
}

/**
 * Why an input does not satisfy the output that it spends, `undefined` where it does. Knows P2WPKH, P2WSH,
 * P2TR by key and P2A; every other output is refused.
 *
 * @param policy whether the relay rules (low S, minimal conditionals, empty failed signatures…) apply too
 */
export function witnessFault(spending: Spending, policy: boolean): ScriptError | undefined {
  const input = spending.tx.inputs[spending.index] as TxInput;
  const output = spending.spent[spending.index] as TxOutput;
  const program = witnessProgram(output.script);
  if (program === undefined) return 'unsupportedOutput';
  if (input.scriptSig.length > 0) return 'witnessMalleated';
  if (isPayToAnchor(output.script)) return undefined;
  if (program.version === 0 && program.bytes.length === 20)
    return keyHashFault(spending, program.bytes, policy);
  if (program.version === 0 && program.bytes.length === 32)
    return scriptHashFault(spending, program.bytes, policy);
  if (program.version === 1 && program.bytes.length === 32) return taprootFault(spending, program.bytes);
  return 'unsupportedOutput';
}

function keyHashFault(spending: Spending, hash: Uint8Array, policy: boolean): ScriptError | undefined {
  const { witness } = spending.tx.inputs[spending.index] as TxInput;
  if (witness.length !== 2) return 'witnessMismatch';
  const script = concat(Uint8Array.of(0x76, 0xa9, 20), hash, Uint8Array.of(0x88, 0xac));
  return scriptFault(spending, script, witness, policy);
}

function scriptHashFault(spending: Spending, hash: Uint8Array, policy: boolean): ScriptError | undefined {
  const { witness } = spending.tx.inputs[spending.index] as TxInput;
  const script = witness.at(-1);
  if (script === undefined) return 'witnessEmpty';
  if (!equalBytes(sha256(script), hash)) return 'witnessMismatch';
  return scriptFault(spending, script, witness.slice(0, -1), policy);
}

function scriptFault(
  spending: Spending,
  script: Uint8Array,
  stack: readonly Uint8Array[],
  policy: boolean,
): ScriptError | undefined {
  const end = runScript(script, stack, scriptContext(spending, script, policy));
  if (!end.ok) return end.error;
  const [top] = end.value;
  if (end.value.length !== 1 || top === undefined) return 'cleanStack';
  return isTrue(top) ? undefined : 'evalFalse';
}

function scriptContext(spending: Spending, script: Uint8Array, policy: boolean): ScriptContext {
  const { tx, index } = spending;
  const { sequence } = tx.inputs[index] as TxInput;
  return {
    policy,
    checkSignature: (signature, key) => checkEcdsa(spending, script, signature, key, policy),
    checkLocktime: (height) => locktimeReached(tx.locktime, height) && sequence !== FINAL_SEQUENCE,
    checkSequence: (lock) => hasBit(lock, DISABLE_FLAG) || sequenceReached(tx.version, sequence, lock),
  };
}

function checkEcdsa(
  { tx, index, spent, secp }: Spending,
  script: Uint8Array,
  signature: Uint8Array,
  key: Uint8Array,
  policy: boolean,
): boolean {
  const compact = compactFromDer(signature.subarray(0, -1));
  if (compact === undefined) return fail('sigDer');
  if (policy && !hasLowS(compact)) return fail('sigHighS');
  const type = readHashType(signature.at(-1) as number, policy);
  if (key.length !== 33 || (key[0] !== 2 && key[0] !== 3)) return fail('witnessPubkeyType');
  if (!secp.isPublicKey(key)) return false;
  const { value } = spent[index] as TxOutput;
  return secp.verify(sighashV0(tx, index, script, value, type), key, compact);
}

function readHashType(hashType: number, policy: boolean): SighashType {
  if (hashType === SIGHASH_ALL || hashType === SIGHASH_SINGLE_ANYONECANPAY) return hashType;
  const base = hashType & 0x7f;
  return fail(policy && (base < 1 || base > 3) ? 'sigHashType' : 'unsupportedHashType');
}

function taprootFault(spending: Spending, key: Uint8Array): ScriptError | undefined {
  const { tx, index, spent, secp } = spending;
  const { witness } = tx.inputs[index] as TxInput;
  const [signature] = witness;
  if (signature === undefined) return 'witnessEmpty';
  if (witness.length > 1) return 'unsupportedScriptPath';
  if (signature.length !== 64 && signature.length !== 65) return 'schnorrSize';
  const hashType = signature[64];
  if (hashType === 0) return 'schnorrHashType';
  if (hashType !== undefined && hashType !== SIGHASH_ALL) return 'unsupportedHashType';
  const hash = sighashTaproot(tx, index, spent, hashType === SIGHASH_ALL ? 1 : 0);
  return secp.verifySchnorr(hash, key, signature.slice(0, 64)) ? undefined : 'schnorrSignature';
}

const FINAL_SEQUENCE = 0xffffffff;
const LOCKTIME_THRESHOLD = 500_000_000;
/** BIP68: the sequence is no relative lock. */
const DISABLE_FLAG = 0x80000000;
/** BIP68: the relative lock counts 512 seconds, not blocks. */
const TIME_FLAG = 0x00400000;
const LOCK_MASK = TIME_FLAG | 0xffff;

function hasBit(value: number, bit: number): boolean {
  return Math.floor(value / bit) % 2 === 1;
}

/** BIP65: both heights or both times, and not later than the transaction's own. */
function locktimeReached(locktime: number, wanted: number): boolean {
  return wanted < LOCKTIME_THRESHOLD === locktime < LOCKTIME_THRESHOLD && wanted <= locktime;
}

/** BIP112. */
function sequenceReached(version: number, sequence: number, lock: number): boolean {
  if (version < 2 || hasBit(sequence, DISABLE_FLAG)) return false;
  const wanted = lock & LOCK_MASK;
  const given = sequence & LOCK_MASK;
  return wanted < TIME_FLAG === given < TIME_FLAG && wanted <= given;
}
