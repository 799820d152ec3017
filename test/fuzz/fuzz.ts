import { toHex } from '../../src/base/bytes.ts';
import { dice, scheduleSeed } from '../soak/dice.ts';
import type { Decoder } from './decoder.ts';
import { mutated } from './mutate.ts';

export interface FuzzOptions {
  readonly seed: number;
  /** How long to go on, shared among the decoders. */
  readonly seconds?: number;
  /** Inputs for each decoder, in place of a time. */
  readonly inputs?: number;
  /** Milliseconds that an input of a length may take; default {@link allowedMs}. */
  readonly allowed?: (length: number) => number;
  readonly print?: (line: string) => void;
}

/** An input that a decoder did not stand. */
export interface Finding {
  readonly decoder: string;
  readonly what: string;
  /** The input, hexadecimal. */
  readonly input: string;
}

/** What one decoder did. */
export interface Result {
  readonly decoder: string;
  readonly inputs: number;
  readonly accepted: number;
  /** Longest time that one input took, milliseconds, and its length. */
  readonly slowestMs: number;
  readonly slowestLength: number;
  readonly heapBefore: number;
  readonly heapAfter: number;
  readonly findings: readonly Finding[];
}

/** So long may an input take: much more than any needs, much less than a length that is believed would. */
export const allowedMs = (length: number) => 50 + length / 20;
/** Heap that may come and go by itself, bytes. */
const HEAP_NOISE = 8 * 1024 * 1024;
const MAX_FINDINGS = 3;

/** Gives hostile bytes to every decoder, one after the other. */
export function fuzz(decoders: readonly Decoder[], options: FuzzOptions): readonly Result[] {
  const { print = () => {} } = options;
  print('decoder                inputs  accepted  slowest (bytes)      heap before -> after');
  return decoders.map((decoder, index) => {
    const result = fuzzOne(decoder, scheduleSeed(options.seed, index), {
      ...options,
      ...(options.seconds === undefined ? {} : { seconds: options.seconds / decoders.length }),
    });
    print(lineOf(result));
    for (const { what, input } of result.findings) print(`  ${what}: ${input.slice(0, 400)}`);
    return result;
  });
}

function fuzzOne(decoder: Decoder, seed: number, options: FuzzOptions): Result {
  const { seconds, inputs: most = 0, allowed = allowedMs } = options;
  const random = dice(seed);
  const findings: Finding[] = [];
  const samples = decoder.samples();
  for (const sample of samples) tryOne(decoder, sample, allowed, findings);
  const heapBefore = heap();
  const end = seconds === undefined ? undefined : performance.now() + seconds * 1000;
  let [inputs, accepted, slowestMs, slowestLength] = [0, 0, 0, 0];
  while (end === undefined ? inputs < most : performance.now() < end) {
    const input = mutated(random, samples);
    const { ms, isAccepted } = tryOne(decoder, input, allowed, findings);
    inputs += 1;
    if (isAccepted) accepted += 1;
    if (ms > slowestMs) [slowestMs, slowestLength] = [ms, input.length];
    if (findings.length >= MAX_FINDINGS) break;
  }
  const heapAfter = heap();
  if (globalThis.gc !== undefined && heapAfter - heapBefore > HEAP_NOISE)
    findings.push({ decoder: decoder.name, what: `heap grew by ${heapAfter - heapBefore} bytes`, input: '' });
  return {
    decoder: decoder.name,
    inputs,
    accepted,
    slowestMs,
    slowestLength,
    heapBefore,
    heapAfter,
    findings,
  };
}

function tryOne(
  decoder: Decoder,
  input: Uint8Array,
  allowed: (length: number) => number,
  findings: Finding[],
) {
  const before = input.slice();
  const note = (what: string) => void findings.push({ decoder: decoder.name, what, input: toHex(before) });
  const first = timed(decoder, input);
  if (first.problem !== undefined) note(first.problem);
  if (toHex(input) !== toHex(before)) note('the input was changed');
  let { ms } = first;
  // a pause of the machine is not the decoder's: the best of three counts
  for (let again = 0; again < 2 && ms > allowed(input.length); again++)
    ms = Math.min(ms, timed(decoder, input).ms);
  if (ms > allowed(input.length)) note(`${ms.toFixed(0)} ms for ${input.length} bytes`);
  return { ms, isAccepted: first.isAccepted };
}

function timed({ read }: Decoder, input: Uint8Array) {
  const start = performance.now();
  let problem: string | undefined;
  let isAccepted = false;
  try {
    const verdict = read(input);
    isAccepted = verdict !== 'refused';
    if (verdict !== 'refused' && verdict !== 'accepted') problem = verdict.problem;
  } catch (error) {
    problem = `threw ${error instanceof Error ? `${error.name}: ${error.message}` : String(error)}`;
  }
  return { ms: performance.now() - start, problem, isAccepted };
}

function heap(): number {
  globalThis.gc?.();
  return process.memoryUsage().heapUsed;
}

const MB = 1024 * 1024;

function lineOf({
  decoder,
  inputs,
  accepted,
  slowestMs,
  slowestLength,
  heapBefore,
  heapAfter,
}: Result): string {
  const slowest = `${slowestMs.toFixed(2)} ms (${slowestLength})`;
  const memory = `${(heapBefore / MB).toFixed(1)} -> ${(heapAfter / MB).toFixed(1)} MB`;
  return `${decoder.padEnd(20)} ${String(inputs).padStart(8)} ${String(accepted).padStart(9)}  ${slowest.padEnd(20)} ${memory}`;
}
