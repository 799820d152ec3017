import { invariant } from '../src/base/invariant.ts';
import type { Secp256k1 } from '../src/crypto/secp256k1.ts';
import type { Parcel } from './parties.ts';
import type { Scenario } from './scenario.ts';
import { openStream, type Stream } from './stream.ts';
import { type Call, type Operation, recording } from './tape.ts';

/** How long to measure. */
export interface Effort {
  /** Repetitions, over which medians are taken; backends and scenarios take turns in each. */
  readonly repetitions: number;
  /** Rounds in a repetition; the curve's calls of as many rounds follow at once. */
  readonly roundsInRow: number;
  /** Rounds before anything is measured. */
  readonly warmUp: number;
}

/** One backend in one scenario. Times in microseconds. */
export interface Figures {
  readonly backend: string;
  readonly scenario: string;
  readonly round: string;
  readonly unitsPerRound: number;
  readonly measuredRounds: number;
  readonly roundsPerSecond: number;
  readonly unitsPerSecond: number;
  readonly meanMicros: number;
  readonly p50Micros: number;
  readonly p99Micros: number;
  /** The curve's operations of one round, both parties together, and what each costs here and now. */
  readonly operations: readonly OperationFigures[];
  /** The same operations made again one after the other: what a round costs when everything but the curve is free. */
  readonly floorMicros: number;
  /** Median round over the floor, the median of the repetitions. */
  readonly ratio: number;
  readonly messages: readonly MessageFigures[];
  readonly wireBytes: number;
  readonly stateProofBytes: number;
  /** The utility's time to take the state proofs of one round. */
  readonly utilityMicros: number;
}

export interface OperationFigures {
  readonly operation: Operation;
  readonly perRound: number;
  readonly costMicros: number;
}

export interface MessageFigures {
  readonly type: string;
  readonly from: string;
  readonly to: string;
  readonly bytes: number;
}

/** What is measured side by side. */
interface Lane {
  readonly secp: Secp256k1;
  readonly scenario: Scenario;
  readonly stream: Stream;
  /** The curve's calls of `roundsInRow` rounds, round by round. */
  readonly calls: readonly (readonly Call[])[];
  readonly messages: readonly MessageFigures[];
  readonly repetitions: Repetition[];
}

/** Microseconds of everything that one repetition timed. */
interface Repetition {
  readonly rounds: number[];
  readonly utility: number[];
  /** The curve's calls of a round, made again with nothing between them. */
  readonly floor: number[];
  readonly calls: Map<Operation, number[]>;
}

/** Measures each backend in each scenario, all of them in turns, so that what else the machine does meets them alike. */
export function measure(
  backends: readonly Secp256k1[],
  scenarios: readonly Scenario[],
  effort: Effort,
): readonly Figures[] {
  const lanes = backends.flatMap((secp) => scenarios.map((scenario) => openLane(secp, scenario, effort)));
  for (let i = 0; i < effort.repetitions; i++) for (const lane of lanes) repeat(lane, effort);
  return lanes.map((lane) => figuresOf(lane, effort));
}

function openLane(secp: Secp256k1, scenario: Scenario, effort: Effort): Lane {
  const { calls, messages } = observe(secp, scenario, effort.roundsInRow);
  const stream = openStream(secp, scenario);
  for (let i = 0; i < effort.warmUp; i++) stream.conclude(stream.prepare()());
  for (const round of calls) replay(round, new Map());
  return { secp, scenario, stream, calls, messages, repetitions: [] };
}

/** What `rounds` rounds ask of the curve and send: counted on a stream of their own, so that counting costs the others nothing. */
function observe(secp: Secp256k1, scenario: Scenario, rounds: number) {
  const tape = recording(secp);
  const stream = openStream(tape.secp, scenario);
  stream.conclude(stream.prepare()());
  const calls: (readonly Call[])[] = [];
  let messages: MessageFigures[] = [];
  for (let i = 0; i < rounds; i++) {
    const round = stream.prepare();
    tape.calls.splice(0);
    messages = [];
    const toUtility = round((parcel) => messages.push(messageFigures(parcel)));
    calls.push(tape.calls.splice(0));
    stream.conclude(toUtility);
  }
  return { calls, messages };
}

function messageFigures({ type, from, to, bytes }: Parcel): MessageFigures {
  return { type, from, to, bytes: bytes.length };
}

function repeat({ stream, calls, repetitions }: Lane, { roundsInRow }: Effort): void {
  const times: Repetition = { rounds: [], utility: [], floor: [], calls: new Map() };
  for (let i = 0; i < roundsInRow; i++) {
    const number = stream.number();
    const round = stream.prepare();
    const started = performance.now();
    const toUtility = round();
    const ended = performance.now();
    stream.conclude(toUtility);
    times.utility.push(1000 * (performance.now() - ended));
    times.rounds.push(1000 * (ended - started));
    invariant(stream.number() === number + 1n, 'what was timed is one round');
  }
  for (const round of calls) times.floor.push(replay(round, times.calls));
  repetitions.push(times);
}

/** Makes the calls of a round again, notes how long each takes, and gives the time of all. */
function replay(calls: readonly Call[], times: Map<Operation, number[]>): number {
  for (const { operation } of calls) if (!times.has(operation)) times.set(operation, []);
  const started = performance.now();
  let before = started;
  for (const { operation, replay } of calls) {
    replay();
    const after = performance.now();
    times.get(operation)?.push(1000 * (after - before));
    before = after;
  }
  return 1000 * (before - started);
}

function figuresOf({ secp, scenario, calls, messages, repetitions }: Lane, { roundsInRow }: Effort): Figures {
  const made = calls.flat().map(({ operation }) => operation);
  const over = (figure: (each: Repetition) => number) => median(repetitions.map(figure));
  const meanMicros = over(({ rounds }) => rounds.reduce((sum, time) => sum + time, 0) / rounds.length);
  const rounds = repetitions.flatMap((each) => each.rounds);
  const withUtility = messages.filter(({ to, from }) => to === 'utility' || from === 'utility');
  return {
    backend: secp.name,
    scenario: scenario.name,
    round: scenario.round,
    unitsPerRound: scenario.unitsPerRound,
    measuredRounds: rounds.length,
    roundsPerSecond: 1e6 / meanMicros,
    unitsPerSecond: (1e6 / meanMicros) * scenario.unitsPerRound,
    meanMicros,
    p50Micros: quantile(rounds, 0.5),
    p99Micros: quantile(rounds, 0.99),
    operations: [...new Set(made)].map((operation) => ({
      operation,
      perRound: made.filter((each) => each === operation).length / roundsInRow,
      costMicros: over((each) => median(each.calls.get(operation) ?? [])),
    })),
    floorMicros: over(({ floor }) => median(floor)),
    ratio: over((each) => median(each.rounds) / median(each.floor)),
    messages,
    wireBytes: totalBytes(messages) - totalBytes(withUtility),
    stateProofBytes: totalBytes(withUtility.filter(({ type }) => type === 'state_proof')),
    utilityMicros: over((each) => median(each.utility)),
  };
}

function totalBytes(messages: readonly MessageFigures[]): number {
  return messages.reduce((sum, { bytes }) => sum + bytes, 0);
}

function median(values: readonly number[]): number {
  return quantile(values, 0.5);
}

/** The value below which the share `q` of the values lies. */
function quantile(values: readonly number[], q: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))] ?? 0;
}
