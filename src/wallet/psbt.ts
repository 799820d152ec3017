import { Psbt } from 'bitcoinjs-lib';
import type { Sat } from '../base/amount.ts';
import { isSat } from '../base/amount.ts';
import { equalBytes, fromHex, reverseBytes, toHex } from '../base/bytes.ts';
import { InvariantError, invariant } from '../base/invariant.ts';
import { err, ok, type Result } from '../base/result.ts';
import { xOnly } from '../crypto/secp256k1.ts';
import {
  decodeTx,
  encodeTx,
  type OutPoint,
  type Tx,
  type Txid,
  type TxOutput,
  txid,
} from '../tx/transaction.ts';
import type { Scheme } from './hd.ts';

/** What is wrong with a PSBT, or with what it asks for. Inputs count from 0. */
export type PsbtError =
  | { readonly code: 'malformedPsbt'; readonly reason: string }
  /** The previous transaction that an input carries is not the one it spends, or contradicts its witness UTXO. */
  | { readonly code: 'previousTxMismatch'; readonly input: number }
  /** A P2WPKH input to be signed lacks its previous transaction, the proof of its amount. */
  | { readonly code: 'amountUnproven'; readonly input: number }
  | { readonly code: 'amountUnknown'; readonly input: number }
  | { readonly code: 'outputsExceedInputs'; readonly inputsSat: bigint; readonly outputsSat: bigint }
  | { readonly code: 'unsafeSighash'; readonly input: number; readonly sighashType: number }
  | { readonly code: 'notSigned'; readonly inputs: readonly number[] }
  | { readonly code: 'badSignature'; readonly input: number }
  | { readonly code: 'differentTransactions' };

/** Where a key comes from: what lets a signer find it again. */
export interface KeyOrigin {
  readonly scheme: Scheme;
  /** First four bytes of the master key's hash160, hexadecimal. */
  readonly fingerprint: string;
  /** From the master key: `m/84'/1'/0'/0/5`. */
  readonly path: string;
  /** 33 bytes; for BIP86 the internal key. */
  readonly publicKey: Uint8Array;
}

export interface PsbtInput {
  /** The whole transaction whose output is spent: proof of its amount and script. */
  readonly previousTx: Tx;
  readonly vout: number;
  /** Default `0xfffffffd`: replaceable, locktime in force. */
  readonly sequence?: number;
  readonly origin?: KeyOrigin;
}

export interface PsbtOutput extends TxOutput {
  readonly origin?: KeyOrigin;
}

/**
 * A new PSBT (BIP174, version 0) with the inputs and outputs of any number of parties, as its bytes. Each
 * input gets its previous transaction and, where segwit, its witness UTXO.
 */
export function createPsbt(
  inputs: readonly PsbtInput[],
  outputs: readonly PsbtOutput[],
  { version = 2, locktime = 0 }: { readonly version?: number; readonly locktime?: number } = {},
): Uint8Array {
  const psbt = new Psbt();
  psbt.setVersion(version);
  psbt.setLocktime(locktime);
  addParts(psbt, inputs, outputs);
  return saved(psbt);
}

/** The PSBT with more inputs and outputs at their ends; not after the first signature. */
export function extendPsbt(
  bytes: Uint8Array,
  inputs: readonly PsbtInput[],
  outputs: readonly PsbtOutput[],
): Result<Uint8Array, PsbtError> {
  const opened = openPsbt(bytes);
  if (!opened.ok) return opened;
  const { psbt } = opened.value;
  return guarded(() => {
    addParts(psbt, inputs, outputs);
    return saved(psbt);
  });
}

function addParts(psbt: Psbt, inputs: readonly PsbtInput[], outputs: readonly PsbtOutput[]): void {
  for (const { previousTx, vout, sequence = 0xfffffffd, origin } of inputs) {
    const spent = previousTx.outputs[vout];
    invariant(spent !== undefined, `previous transaction has no output ${vout}`);
    psbt.addInput({
      hash: reverseBytes(fromHex(txid(previousTx))),
      index: vout,
      sequence,
      nonWitnessUtxo: encodeTx(previousTx),
      ...(isWitnessProgram(spent.script) ? { witnessUtxo: spent } : {}),
    });
    if (origin !== undefined) psbt.data.updateInput(psbt.inputCount - 1, originFields(origin));
  }
  for (const { value, script, origin } of outputs) {
    psbt.addOutput({ value, script });
    if (origin !== undefined) psbt.data.updateOutput(psbt.data.outputs.length - 1, originFields(origin));
  }
}

/** The PSBT with the origins of the keys that the caller knows by their scripts: what a signer of these keys looks for. */
export function addOrigins(
  bytes: Uint8Array,
  originOf: (script: Uint8Array) => KeyOrigin | undefined,
): Result<Uint8Array, PsbtError> {
  const opened = openPsbt(bytes);
  if (!opened.ok) return opened;
  const { psbt, tx, prevouts } = opened.value;
  return guarded(() => {
    for (const [index, prevout] of prevouts.entries()) {
      const fields = newFields(prevout && originOf(prevout.script), psbt.data.inputs[index]);
      if (fields !== undefined) psbt.data.updateInput(index, fields);
    }
    for (const [index, { script }] of tx.outputs.entries()) {
      const fields = newFields(originOf(script), psbt.data.outputs[index]);
      if (fields !== undefined) psbt.data.updateOutput(index, fields);
    }
    return saved(psbt);
  });
}

/** What is to be added for an origin: nothing if it is there already. */
function newFields(origin: KeyOrigin | undefined, present: OriginFields = {}) {
  if (origin === undefined) return undefined;
  const isPresent = originsOf(present).some(
    ({ fingerprint, path }) => fingerprint === origin.fingerprint && path === origin.path,
  );
  if (isPresent) return undefined;
  const { tapInternalKey, ...derivations } = originFields(origin);
  return tapInternalKey === undefined || present.tapInternalKey !== undefined
    ? derivations
    : { ...derivations, tapInternalKey };
}

/** The fields of an input or output that tell where its key comes from. */
interface OriginFields {
  readonly bip32Derivation?: readonly Derivation[];
  readonly tapBip32Derivation?: readonly Derivation[];
  readonly tapInternalKey?: Uint8Array;
}

interface Derivation {
  readonly masterFingerprint: Uint8Array;
  readonly path: string;
}

function originFields({ scheme, fingerprint, path, publicKey }: KeyOrigin): PsbtOriginUpdate {
  const masterFingerprint = fromHex(fingerprint);
  if (scheme === 'bip84') return { bip32Derivation: [{ masterFingerprint, path, pubkey: publicKey }] };
  const tapInternalKey = xOnly(publicKey);
  return {
    tapInternalKey,
    tapBip32Derivation: [{ masterFingerprint, path, pubkey: tapInternalKey, leafHashes: [] }],
  };
}

/** The same as the library wants them. */
type PsbtOriginUpdate = Pick<
  Psbt['data']['outputs'][number],
  'bip32Derivation' | 'tapBip32Derivation' | 'tapInternalKey'
>;

/** One PSBT with all that several copies of it hold; of two values for one field the first copy's counts. */
export function combinePsbts(
  first: Uint8Array,
  ...others: readonly Uint8Array[]
): Result<Uint8Array, PsbtError> {
  const opened = openPsbt(first);
  if (!opened.ok) return opened;
  const { psbt, tx } = opened.value;
  for (const bytes of others) {
    const other = openPsbt(bytes);
    if (!other.ok) return other;
    if (txid(other.value.tx) !== txid(tx)) return err({ code: 'differentTransactions' });
    const combined = guarded(() => psbt.combine(other.value.psbt));
    if (!combined.ok) return combined;
  }
  return ok(saved(psbt));
}

/** A PSBT as plain data. */
export interface PsbtSummary {
  /** Of the transaction; final when all inputs are segwit. */
  readonly txid: Txid;
  readonly version: number;
  readonly locktime: number;
  readonly inputs: readonly PsbtInputSummary[];
  readonly outputs: readonly (TxOutput & { readonly origins: readonly PsbtOrigin[] })[];
  /** `null` while the amount of an input is unknown. */
  readonly fee: Sat | null;
}

export interface PsbtInputSummary extends OutPoint {
  readonly sequence: number;
  /** What it spends; `null` when the PSBT does not say. */
  readonly spends: TxOutput | null;
  /** Whether the previous transaction proves what it spends. */
  readonly proven: boolean;
  readonly signatures: number;
  readonly final: boolean;
  readonly origins: readonly PsbtOrigin[];
}

export type PsbtOrigin = Pick<KeyOrigin, 'fingerprint' | 'path'>;

/** What a PSBT says, from bytes that anyone may have made. Never throws. */
export function inspectPsbt(bytes: Uint8Array): Result<PsbtSummary, PsbtError> {
  const opened = openPsbt(bytes);
  if (!opened.ok) return opened;
  const { psbt, tx, prevouts } = opened.value;
  const outputsSat = tx.outputs.reduce((sum, { value }) => sum + value, 0n);
  const inputsSat = prevouts.reduce((sum, prevout) => sum + (prevout?.value ?? 0n), 0n);
  const allKnown = prevouts.every((prevout) => prevout !== undefined);
  if (allKnown && outputsSat > inputsSat) return err({ code: 'outputsExceedInputs', inputsSat, outputsSat });
  return ok({
    txid: txid(tx),
    version: tx.version,
    locktime: tx.locktime,
    inputs: tx.inputs.map(({ txid, vout, sequence }, index) => {
      const fields = psbt.data.inputs[index] ?? {};
      return {
        txid,
        vout,
        sequence,
        spends: prevouts[index] ?? null,
        proven: fields.nonWitnessUtxo !== undefined,
        signatures: (fields.partialSig?.length ?? 0) + (fields.tapKeySig === undefined ? 0 : 1),
        final: fields.finalScriptWitness !== undefined || fields.finalScriptSig !== undefined,
        origins: originsOf(fields),
      };
    }),
    outputs: tx.outputs.map((output, index) => ({
      ...output,
      origins: originsOf(psbt.data.outputs[index] ?? {}),
    })),
    fee: allKnown ? ((inputsSat - outputsSat) as Sat) : null,
  });
}

function originsOf(fields: OriginFields): readonly PsbtOrigin[] {
  return [...(fields.bip32Derivation ?? []), ...(fields.tapBip32Derivation ?? [])].map(
    ({ masterFingerprint, path }) => ({ fingerprint: toHex(masterFingerprint), path }),
  );
}

/** A PSBT that was read and whose parts agree with each other. */
export interface OpenPsbt {
  readonly psbt: Psbt;
  /** The transaction without signatures. */
  readonly tx: Tx;
  /** What each input spends, where the PSBT says so. */
  readonly prevouts: readonly (TxOutput | undefined)[];
}

/** Reads a PSBT: its transaction, and what its inputs spend, checked against the previous transactions. Never throws. */
export function openPsbt(bytes: Uint8Array): Result<OpenPsbt, PsbtError> {
  const read = guarded(() => {
    const psbt = Psbt.fromBuffer(bytes);
    return { psbt, unsigned: Uint8Array.from(psbt.data.globalMap.unsignedTx.toBuffer()) };
  });
  if (!read.ok) return read;
  const { psbt, unsigned } = read.value;
  const tx = decodeTx(unsigned);
  if (!tx.ok) return err({ code: 'malformedPsbt', reason: tx.error.reason });
  const prevouts: (TxOutput | undefined)[] = [];
  for (const index of tx.value.inputs.keys()) {
    const prevout = prevoutOf(psbt, tx.value, index);
    if (!prevout.ok) return prevout;
    prevouts.push(prevout.value);
  }
  return ok({ psbt, tx: tx.value, prevouts });
}

function prevoutOf(psbt: Psbt, tx: Tx, index: number): Result<TxOutput | undefined, PsbtError> {
  const { nonWitnessUtxo, witnessUtxo } = psbt.data.inputs[index] ?? {};
  const claimed = witnessUtxo && { value: witnessUtxo.value, script: Uint8Array.from(witnessUtxo.script) };
  if (claimed !== undefined && !isSat(claimed.value))
    return err({ code: 'malformedPsbt', reason: `input ${index} spends ${claimed.value} sat` });
  if (nonWitnessUtxo === undefined) return ok(claimed as TxOutput | undefined);
  const previous = decodeTx(Uint8Array.from(nonWitnessUtxo));
  if (!previous.ok)
    return err({
      code: 'malformedPsbt',
      reason: `previous transaction of input ${index}: ${previous.error.reason}`,
    });
  const spent = tx.inputs[index] as OutPoint;
  const proven = previous.value.outputs[spent.vout];
  if (proven === undefined || txid(previous.value) !== spent.txid)
    return err({ code: 'previousTxMismatch', input: index });
  if (claimed !== undefined && (claimed.value !== proven.value || !equalBytes(claimed.script, proven.script)))
    return err({ code: 'previousTxMismatch', input: index });
  return ok(proven);
}

/** The bytes of a PSBT in base64. Never throws. */
export function psbtFromBase64(text: string): Result<Uint8Array, PsbtError> {
  return guarded(() => saved(Psbt.fromBase64(text.trim())));
}

/** Throws `InvariantError` for bytes that are no PSBT. */
export function psbtToBase64(bytes: Uint8Array): string {
  const opened = openPsbt(bytes);
  invariant(opened.ok, 'not a PSBT');
  return opened.value.psbt.toBase64();
}

export function saved(psbt: Psbt): Uint8Array {
  return Uint8Array.from(psbt.toBuffer());
}

/** The library throws for whatever it does not like in a PSBT, without a class of its own. */
export function guarded<T>(work: () => T): Result<T, PsbtError> {
  try {
    return ok(work());
  } catch (error) {
    if (error instanceof InvariantError) throw error;
    return err({ code: 'malformedPsbt', reason: error instanceof Error ? error.message : String(error) });
  }
}

function isWitnessProgram(script: Uint8Array): boolean {
  const [version, length] = script;
  if (version === undefined || length === undefined) return false;
  return (version === 0 || (version >= 0x51 && version <= 0x60)) && script.length === length + 2;
}
