import { ROLES, type Role } from '../../src/base/role.ts';
import type { Answers, Spent, StreamPlan } from './protocol.ts';

/** A stretch of a stream: what the consumer saw, and what each process had spent before and after it. */
export interface Stretch {
  readonly units: number;
  readonly bought: Answers['buy'];
  readonly before: { readonly [R in Role]: Spent };
  readonly after: { readonly [R in Role]: Spent };
}

/** What one party spends on a unit. Times in microseconds. */
export interface PartyFigures {
  readonly role: Role;
  readonly cpuMicros: number;
  /** The curve's part of it: the same calls made again on their own. */
  readonly curveMicros: number;
  readonly cpuOverCurve: number;
  readonly syncs: number;
  readonly syncsPerRound: number;
  /** `fsync` and `fdatasync` that the kernel saw, of a run of its own under strace; `null` without strace. */
  readonly tracedSyncsPerRound: number | null;
  /** Bytes that the process gave to the disk: by the kernel's count. */
  readonly diskBytes: number;
  /** Bytes of the texts that the store was given. */
  readonly storeBytes: number;
  /** One sync of as many bytes as this party's, on its own. */
  readonly syncMicros: number;
}

/** One stream. */
export interface StreamFigures {
  readonly name: string;
  readonly inFlight: number;
  readonly watchtower: boolean;
  readonly units: number;
  readonly rounds: number;
  readonly unitsPerRound: number;
  readonly unitsPerSecond: number;
  /** From its order to its settlement, as the consumer's application hears of them, milliseconds. */
  readonly p50Millis: number;
  readonly p99Millis: number;
  /** All curve operations and all syncs of a unit, of all three parties, one after the other. */
  readonly floorMicros: number;
  /** Time of a unit over that floor; below 1 where the parties work at the same time. */
  readonly timeOverFloor: number;
  readonly parties: readonly PartyFigures[];
  readonly first: StretchFigures;
  readonly last: StretchFigures;
}

/** The first or the last units of a stream, per unit, all three parties together. */
export interface StretchFigures {
  readonly units: number;
  readonly p50Millis: number;
  readonly cpuMicros: number;
  readonly syncs: number;
  readonly storeBytes: number;
}

/** What was measured beside the stream. */
export interface Floors {
  readonly syncMicros: { readonly [R in Role]: number };
  readonly tracedSyncsPerRound: { readonly [R in Role]: number } | null;
}

export function streamFigures(
  plan: StreamPlan,
  stretches: readonly Stretch[],
  { syncMicros, tracedSyncsPerRound }: Floors,
): StreamFigures {
  const [first, last] = [stretches[0], stretches.at(-1)];
  if (first === undefined || last === undefined) throw new RangeError('a stream has a stretch');
  const whole: Stretch = {
    units: stretches.reduce((sum, each) => sum + each.units, 0),
    bought: {
      seconds: stretches.reduce((sum, each) => sum + each.bought.seconds, 0),
      latencies: stretches.flatMap((each) => each.bought.latencies),
    },
    before: first.before,
    after: last.after,
  };
  const { units, bought } = whole;
  const rounds = whole.after.consumer.rounds - whole.before.consumer.rounds;
  const parties = ROLES.map((role): PartyFigures => {
    const cpuMicros = perUnit(whole, role, 'cpuMicros');
    const curveMicros = perUnit(whole, role, 'curveMicros');
    const syncs = perUnit(whole, role, 'syncs');
    return {
      role,
      cpuMicros,
      curveMicros,
      cpuOverCurve: cpuMicros / curveMicros,
      syncs,
      syncsPerRound: (syncs * units) / rounds,
      tracedSyncsPerRound: tracedSyncsPerRound?.[role] ?? null,
      diskBytes: perUnit(whole, role, 'diskBytes'),
      storeBytes: perUnit(whole, role, 'storeBytes'),
      syncMicros: syncMicros[role],
    };
  });
  const floorMicros = parties.reduce(
    (sum, { curveMicros, syncs, syncMicros }) => sum + curveMicros + syncs * syncMicros,
    0,
  );
  return {
    name: plan.name,
    inFlight: plan.inFlight,
    watchtower: plan.watchtower,
    units,
    rounds,
    unitsPerRound: units / rounds,
    unitsPerSecond: units / bought.seconds,
    p50Millis: quantile(bought.latencies, 0.5),
    p99Millis: quantile(bought.latencies, 0.99),
    floorMicros,
    timeOverFloor: (1e6 * bought.seconds) / units / floorMicros,
    parties,
    first: stretchFigures(first),
    last: stretchFigures(last),
  };
}

/** Bytes of one sync of a party, for the floor. */
export function bytesPerSync({ before, after }: Stretch, role: Role): number {
  const syncs = after[role].syncs - before[role].syncs;
  return Math.round((after[role].diskBytes - before[role].diskBytes) / Math.max(1, syncs));
}

function stretchFigures(stretch: Stretch): StretchFigures {
  const all = (what: 'cpuMicros' | 'syncs' | 'storeBytes') =>
    ROLES.reduce((sum, role) => sum + perUnit(stretch, role, what), 0);
  return {
    units: stretch.units,
    p50Millis: quantile(stretch.bought.latencies, 0.5),
    cpuMicros: all('cpuMicros'),
    syncs: all('syncs'),
    storeBytes: all('storeBytes'),
  };
}

function perUnit({ units, before, after }: Stretch, role: Role, what: Exclude<keyof Spent, 'calls'>): number {
  return (after[role][what] - before[role][what]) / units;
}

function quantile(values: readonly number[], q: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))] ?? Number.NaN;
}
