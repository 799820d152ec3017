import { MAX_MONEY, type Sat } from '../base/amount.ts';
import { compareBytes, fromHex, reverseBytes, toHex } from '../base/bytes.ts';
import { remembered } from '../base/remembered.ts';
import { err, ok, type Result } from '../base/result.ts';
import { hash256 } from '../crypto/hash.ts';

/** A transaction id: 64 hexadecimal characters in display order (the reverse of the hash). */
export type Txid = string;

export interface OutPoint {
  readonly txid: Txid;
  readonly vout: number;
}

export interface TxInput extends OutPoint {
  readonly sequence: number;
  readonly scriptSig: Uint8Array;
  readonly witness: readonly Uint8Array[];
}

export interface TxOutput {
  readonly value: Sat;
  readonly script: Uint8Array;
}

/** A Bitcoin transaction as a plain value. */
export interface Tx {
  readonly version: number;
  readonly inputs: readonly TxInput[];
  readonly outputs: readonly TxOutput[];
  readonly locktime: number;
}

export interface MalformedTx {
  readonly code: 'malformedTx';
  readonly reason: string;
}

const EMPTY = new Uint8Array(0);

/** An input without signatures. `sequence` defaults to `0xfffffffd` (replaceable, locktime in force). */
export function unsignedInput(outpoint: OutPoint, sequence = 0xfffffffd): TxInput {
  return { txid: outpoint.txid, vout: outpoint.vout, sequence, scriptSig: EMPTY, witness: [] };
}

export function outpointKey({ txid, vout }: OutPoint): string {
  return `${txid}:${vout}`;
}

/** The same transaction with `witness` on input `index`. */
export function withWitness(tx: Tx, index: number, witness: readonly Uint8Array[]): Tx {
  return { ...tx, inputs: tx.inputs.map((input, i) => (i === index ? { ...input, witness } : input)) };
}

/** Network serialization (BIP144); without witnesses when no input has one. */
export function encodeTx(tx: Tx): Uint8Array {
  return serialize(
    tx,
    tx.inputs.some((input) => input.witness.length > 0),
  );
}

/** The transaction id: hash of the serialization without witnesses, in display order. */
export function txid(tx: Tx): Txid {
  return toHex(hash256(serialize(tx, false)).reverse());
}

/** Weight in weight units (BIP141): three times the stripped size plus the full size. */
export function weight(tx: Tx): number {
  return 3 * serialize(tx, false).length + encodeTx(tx).length;
}

/** Virtual size in vB: the weight over four, rounded up. */
export function vsize(tx: Tx): number {
  return Math.ceil(weight(tx) / 4);
}

function serialize(tx: Tx, withWitnesses: boolean): Uint8Array {
  const writer = new Writer();
  writer.u32(tx.version);
  if (withWitnesses) writer.bytes(Uint8Array.of(0, 1));
  writer.varint(tx.inputs.length);
  for (const input of tx.inputs) {
    writer.outpoint(input);
    writer.chunk(input.scriptSig);
    writer.u32(input.sequence);
  }
  writer.varint(tx.outputs.length);
  for (const output of tx.outputs) writer.output(output);
  if (withWitnesses)
    for (const input of tx.inputs) {
      writer.varint(input.witness.length);
      for (const item of input.witness) writer.chunk(item);
    }
  writer.u32(tx.locktime);
  return writer.done();
}

/**
 * The hash that a signature on a segwit v0 input signs (BIP143).
 *
 * @param script the script code: the witness script of a P2WSH output
 * @param value the amount of the output that the input spends
 */
export function sighashV0(
  tx: Tx,
  index: number,
  script: Uint8Array,
  value: Sat,
  type: SighashType = SIGHASH_ALL,
): Uint8Array {
  const input = tx.inputs[index];
  if (input === undefined) throw new RangeError(`no input ${index}`);
  const { prevouts, sequences } = type === SIGHASH_ALL ? inputHashes(tx.inputs) : NO_OTHER_INPUTS;
  const preimage = new Writer(157 + script.length);
  preimage.u32(tx.version);
  preimage.bytes(prevouts);
  preimage.bytes(sequences);
  preimage.outpoint(input);
  preimage.chunk(script);
  preimage.u64(value);
  preimage.u32(input.sequence);
  preimage.bytes(type === SIGHASH_ALL ? outputsHash(tx.outputs) : pairedOutputHash(tx.outputs[index]));
  preimage.u32(tx.locktime);
  preimage.u32(type);
  return hash256(preimage.done());
}

function outputsHash(outputs: readonly TxOutput[]): Uint8Array {
  const writer = new Writer(outputs.reduce((sum, output) => sum + 9 + output.script.length, 0));
  for (const output of outputs) writer.output(output);
  return hash256(writer.done());
}

/** BIP143: zeros where the input has no output at its index. */
function pairedOutputHash(output: TxOutput | undefined): Uint8Array {
  return output === undefined ? NO_HASH : outputsHash([output]);
}

const NO_HASH = new Uint8Array(32);
const NO_OTHER_INPUTS = { prevouts: NO_HASH, sequences: NO_HASH };

/** The two hashes of BIP143 that all signatures on the same inputs share. */
const inputHashes = remembered((inputs: readonly TxInput[]) => {
  const prevouts = new Writer(36 * inputs.length);
  const sequences = new Writer(4 * inputs.length);
  for (const input of inputs) {
    prevouts.outpoint(input);
    sequences.u32(input.sequence);
  }
  return { prevouts: hash256(prevouts.done()), sequences: hash256(sequences.done()) };
});

/** What a signature covers: everything, or one input with the output at its index, beside which anybody can put more. */
export const SIGHASH_ALL = 1;
export const SIGHASH_SINGLE_ANYONECANPAY = 0x83;
export type SighashType = typeof SIGHASH_ALL | typeof SIGHASH_SINGLE_ANYONECANPAY;

/** A transaction from its network serialization. Never throws; trailing bytes are refused. */
export function decodeTx(bytes: Uint8Array): Result<Tx, MalformedTx> {
  return decodeWith(bytes, readTx);
}

/** A counted list of transactions, as a block carries it after its header. Never throws; trailing bytes are refused. */
export function decodeTxs(bytes: Uint8Array): Result<readonly Tx[], MalformedTx> {
  return decodeWith(bytes, (reader) => reader.list(reader.varint(), 60, () => readTx(reader)));
}

function decodeWith<T>(bytes: Uint8Array, read: (reader: Reader) => T): Result<T, MalformedTx> {
  const reader = new Reader(bytes);
  try {
    const value = read(reader);
    if (reader.left !== 0) return malformed(`${reader.left} bytes left over`);
    return ok(value);
  } catch (error) {
    if (error instanceof Malformed) return malformed(error.message);
    throw error;
  }
}

function malformed(reason: string): { ok: false; error: MalformedTx } {
  return err({ code: 'malformedTx', reason });
}

function readTx(reader: Reader): Tx {
  const version = reader.u32();
  let inputCount = reader.varint();
  let witnesses = false;
  if (inputCount === 0) {
    if (reader.u8() !== 1) throw new Malformed('no inputs');
    witnesses = true;
    inputCount = reader.varint();
  }
  const stripped = reader.list(inputCount, 41, () => ({
    txid: toHex(reverseBytes(reader.bytes(32))),
    vout: reader.u32(),
    scriptSig: reader.chunk(),
    sequence: reader.u32(),
  }));
  const outputs = reader.list(reader.varint(), 9, () => {
    const value = reader.u64();
    if (value > MAX_MONEY) throw new Malformed(`output of ${value} sat`);
    return { value: value as Sat, script: reader.chunk() };
  });
  const inputs = stripped.map((input) => ({
    ...input,
    witness: witnesses ? reader.list(reader.varint(), 1, () => reader.chunk()) : [],
  }));
  if (witnesses && inputs.every((input) => input.witness.length === 0))
    throw new Malformed('superfluous witness flag');
  return { version, inputs, outputs, locktime: reader.u32() };
}

/** The order of BOLT 3 outputs: value, then script. */
export function compareOutputs(a: TxOutput, b: TxOutput): number {
  if (a.value !== b.value) return a.value < b.value ? -1 : 1;
  return compareBytes(a.script, b.script);
}

class Malformed extends Error {}

/** Collects bytes in one array, which grows when they are more than expected. */
class Writer {
  #bytes: Uint8Array;
  #length = 0;

  constructor(expected = 256) {
    this.#bytes = new Uint8Array(expected);
  }
  bytes(value: Uint8Array): void {
    this.#reserve(value.length);
    this.#bytes.set(value, this.#length);
    this.#length += value.length;
  }
  u8(value: number): void {
    this.#reserve(1);
    this.#bytes[this.#length++] = value;
  }
  u32(value: number): void {
    this.#little(value, 4);
  }
  u64(value: bigint): void {
    this.u32(Number(value & 0xffffffffn));
    this.u32(Number(value >> 32n));
  }
  varint(value: number): void {
    if (value >= 0xfd) this.u8(value <= 0xffff ? 0xfd : 0xfe);
    this.#little(value, value < 0xfd ? 1 : value <= 0xffff ? 2 : 4);
  }
  chunk(value: Uint8Array): void {
    this.varint(value.length);
    this.bytes(value);
  }
  output(output: TxOutput): void {
    this.u64(output.value);
    this.chunk(output.script);
  }
  outpoint({ txid, vout }: OutPoint): void {
    this.bytes(fromHex(txid).reverse());
    this.u32(vout);
  }
  done(): Uint8Array {
    return this.#length === this.#bytes.length ? this.#bytes : this.#bytes.slice(0, this.#length);
  }
  #little(value: number, length: number): void {
    this.#reserve(length);
    for (let i = 0; i < length; i++) this.#bytes[this.#length++] = value >>> (8 * i);
  }
  #reserve(more: number): void {
    const needed = this.#length + more;
    if (needed <= this.#bytes.length) return;
    const grown = new Uint8Array(Math.max(needed, 2 * this.#bytes.length));
    grown.set(this.#bytes);
    this.#bytes = grown;
  }
}

class Reader {
  readonly #data: Uint8Array;
  #offset = 0;

  constructor(data: Uint8Array) {
    // A Buffer's slice shares memory with the Buffer: only a plain array's is a copy
    this.#data = new Uint8Array(data.buffer, data.byteOffset, data.length);
  }
  get left(): number {
    return this.#data.length - this.#offset;
  }
  bytes(length: number): Uint8Array {
    if (length > this.left) throw new Malformed(`ends ${length - this.left} bytes too early`);
    this.#offset += length;
    return this.#data.slice(this.#offset - length, this.#offset);
  }
  u8(): number {
    return this.bytes(1)[0] as number;
  }
  u32(): number {
    return Number(this.#little(4));
  }
  u64(): bigint {
    return this.#little(8);
  }
  varint(): number {
    const first = this.u8();
    if (first < 0xfd) return first;
    const length = first === 0xfd ? 2 : first === 0xfe ? 4 : 8;
    const value = this.#little(length);
    if (value < (length === 2 ? 0xfdn : 1n << BigInt(4 * length)))
      throw new Malformed('count not in its shortest form');
    if (value > 0x7fffffffn) throw new Malformed(`count of ${value}`);
    return Number(value);
  }
  chunk(): Uint8Array {
    return this.bytes(this.varint());
  }
  list<T>(count: number, leastSize: number, read: () => T): T[] {
    if (count * leastSize > this.left) throw new Malformed(`count of ${count} in ${this.left} bytes`);
    return Array.from({ length: count }, read);
  }
  #little(length: number): bigint {
    const bytes = this.bytes(length);
    let value = 0n;
    for (let i = length - 1; i >= 0; i--) value = (value << 8n) | BigInt(bytes[i] as number);
    return value;
  }
}
