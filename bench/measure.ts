import type { Secp256k1 } from '../src/crypto/secp256k1.ts';
import type { Parcel } from './parties.ts';
import type { Scenario } from './scenario.ts';
import { openStream, type Stream } from './stream.ts';
import { type Call, type Operation, recording } from './tape.ts';

/** How long to measure. */
export interface Effort {
  /** Repetitions, over which medians are taken; backends and scenarios take turns in each. */
  readonly repetitions: number;
  /** Rounds in a row before the curve's calls of as many rounds are measured. */
  readonly roundsInRow: number;
  /** How often both take turns within a repetition. */
  readonly turns: number;
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
  /** Sum of count * cost: what a round costs when everything but the curve is free. */
  readonly floorMicros: number;
  /** Mean time of a round over the floor, the median of the repetitions. */
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
  /** The curve's calls of `roundsInRow` rounds, in their order. */
  readonly calls: readonly Call[];
  readonly messages: readonly MessageFigures[];
  readonly roundMicros: number[];
  readonly repetitions: Repetition[];
}

interface Repetition {
  readonly meanMicros: number;
  readonly utilityMicros: number;
  readonly costs: ReadonlyMap<Operation, number>;
  readonly floorMicros: number;
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
  replay(calls, new Map());
  return { secp, scenario, stream, calls, messages, roundMicros: [], repetitions: [] };
}

/** What `rounds` rounds ask of the curve and send: counted on a stream of their own, so that counting costs the others nothing. */
function observe(secp: Secp256k1, scenario: Scenario, rounds: number) {
  const tape = recording(secp);
  const stream = openStream(tape.secp, scenario);
  stream.conclude(stream.prepare()());
  const calls: Call[] = [];
  let messages: MessageFigures[] = [];
  for (let i = 0; i < rounds; i++) {
    const round = stream.prepare();
    tape.calls.length = 0;
    messages = [];
    const toUtility = round((parcel) => messages.push(messageFigures(parcel)));
    calls.push(...tape.calls);
    stream.conclude(toUtility);
  }
  return { calls, messages };
}

function messageFigures({ type, from, to, bytes }: Parcel): MessageFigures {
  return { type, from, to, bytes: bytes.length };
}

function repeat(lane: Lane, { turns, roundsInRow }: Effort): void {
  const { stream, calls, roundMicros, repetitions } = lane;
  let roundTime = 0;
  let utilityTime = 0;
  const callTime = new Map<Operation, number>();
  const before = stream.number();
  for (let turn = 0; turn < turns; turn++) {
    for (let i = 0; i < roundsInRow; i++) {
      const round = stream.prepare();
      const started = performance.now();
      const toUtility = round();
      const ended = performance.now();
      stream.conclude(toUtility);
      utilityTime += performance.now() - ended;
      roundTime += ended - started;
      roundMicros.push((ended - started) * 1000);
    }
    replay(calls, callTime);
  }
  const rounds = Number(stream.number() - before);
  const micros = (time: number, count: number) => (time * 1000) / count;
  repetitions.push({
    meanMicros: micros(roundTime, rounds),
    utilityMicros: micros(utilityTime, rounds),
    costs: new Map([...callTime].map(([name, time]) => [name, micros(time, turns * countOf(calls, name))])),
    floorMicros: micros(
      [...callTime.values()].reduce((sum, time) => sum + time, 0),
      rounds,
    ),
  });
}

/** Makes the calls again, one after the other as in a round, and adds up the milliseconds that each kind takes. */
function replay(calls: readonly Call[], time: Map<Operation, number>): void {
  let before = performance.now();
  for (const { operation, replay } of calls) {
    replay();
    const after = performance.now();
    time.set(operation, (time.get(operation) ?? 0) + after - before);
    before = after;
  }
}

function countOf(calls: readonly Call[], operation: Operation): number {
  return calls.filter((call) => call.operation === operation).length;
}

function figuresOf(lane: Lane, { roundsInRow }: Effort): Figures {
  const { secp, scenario, calls, messages, roundMicros, repetitions } = lane;
  const meanMicros = median(repetitions.map((each) => each.meanMicros));
  const sorted = roundMicros.toSorted((a, b) => a - b);
  const toUtility = messages.filter(({ to, from }) => to === 'utility' || from === 'utility');
  return {
    backend: secp.name,
    scenario: scenario.name,
    round: scenario.round,
    unitsPerRound: scenario.unitsPerRound,
    measuredRounds: roundMicros.length,
    roundsPerSecond: 1e6 / meanMicros,
    unitsPerSecond: (1e6 / meanMicros) * scenario.unitsPerRound,
    meanMicros,
    p50Micros: quantile(sorted, 0.5),
    p99Micros: quantile(sorted, 0.99),
    operations: [...new Set(calls.map(({ operation }) => operation))].map((operation) => ({
      operation,
      perRound: countOf(calls, operation) / roundsInRow,
      costMicros: median(repetitions.map((each) => each.costs.get(operation) ?? 0)),
    })),
    floorMicros: median(repetitions.map((each) => each.floorMicros)),
    ratio: median(repetitions.map((each) => each.meanMicros / each.floorMicros)),
    messages,
    wireBytes: totalBytes(messages) - totalBytes(toUtility),
    stateProofBytes: totalBytes(toUtility.filter(({ type }) => type === 'state_proof')),
    utilityMicros: median(repetitions.map((each) => each.utilityMicros)),
  };
}

function totalBytes(messages: readonly MessageFigures[]): number {
  return messages.reduce((sum, { bytes }) => sum + bytes, 0);
}

function median(values: readonly number[]): number {
  return quantile(
    values.toSorted((a, b) => a - b),
    0.5,
  );
}

/** The value below which the share `q` of the sorted values lies. */
function quantile(sorted: readonly number[], q: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))] ?? 0;
}
