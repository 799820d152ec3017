import { type Prng, prng } from '../../src/base/prng.ts';
import { ROLES, type Role } from '../../src/base/role.ts';
import { buildProgram } from '../../tools/program.ts';
import { buildShim, type Shim } from '../powerloss/shim.ts';
import {
  againCases,
  boundariesOf,
  boundaryCases,
  type Case,
  caseOf,
  idleCases,
  labelsOf,
  missed,
  nameOf,
  powerCases,
  togetherCases,
} from './cases.ts';
import { Lane } from './lane.ts';
import { judge } from './oracle.ts';
import { type Outcome, run } from './run.ts';
import { SCENARIOS, type Scenario } from './scenarios.ts';
import { SCRATCH } from './scratch.ts';
import { NO_KILLS } from './stage.ts';

export interface MatrixOptions {
  readonly scenario?: string;
  /** This one run and no other, by its name. */
  readonly at?: string;
  readonly party?: Role;
  /** So many of the kills at boundaries and at rest; default all. */
  readonly sample?: number;
  /** So many second kills during a recovery; `'all'` of all first kills that run. */
  readonly again: number | 'all';
  /** So many kills of two at once. */
  readonly two: number | 'all';
  /** So many kills with which the power goes. */
  readonly power: number | 'all';
  /** No run begins later than so many minutes after the first; default none is left out. */
  readonly minutes?: number;
  /** Decides what samples hold. */
  readonly seed: number;
  /** Runs at a time, each on a bitcoind of its own. */
  readonly lanes: number;
  readonly print: (line: string) => void;
}

/** What a matrix came to. */
export interface Report {
  readonly tallies: readonly Tally[];
  /** Runs in which something was wrong, and what. */
  readonly failures: readonly string[];
  readonly runs: number;
  readonly deaths: number;
  /** Runs with all balances of the rehearsal, to the millisatoshi and the satoshi. */
  readonly same: number;
  /** Runs that ended on the chain in another way, with everyone whole. */
  readonly whole: number;
  /** Runs that were repeated because a boundary did not come. */
  readonly repeated: number;
  /** Runs that there was no time for. */
  readonly leftOut: number;
  /** Boundaries of a label that came fewer times than in the rehearsal, however often the run was repeated. */
  readonly fewer: readonly string[];
  /** Labels that no rehearsal has. */
  readonly newLabels: readonly string[];
}

/** Of one party in one scenario. */
export interface Tally {
  readonly scenario: string;
  readonly party: Role;
  readonly labels: number;
  readonly boundaries: number;
  readonly kills: { readonly [K in Case['kind']]: number };
}

/** So often a run is repeated whose boundary did not come: what ran at the same time was ordered otherwise. */
const MOST_REPEATS = 4;

/** Rehearses every scenario, kills at every boundary, and judges every run. */
export async function matrix(options: MatrixOptions): Promise<Report> {
  const program = await buildProgram('test/crash/party.ts', { scratch: SCRATCH });
  const lanes = Array.from({ length: options.lanes }, () => new Lane(program.path));
  const shim = options.power === 0 && options.at === undefined ? undefined : await buildShim();
  try {
    return await new Matrix(options, lanes, shim).run();
  } finally {
    await shim?.remove();
    await Promise.all(lanes.map((lane) => lane.stop()));
    await program.remove();
  }
}

class Matrix {
  readonly #options: MatrixOptions;
  readonly #lanes: readonly Lane[];
  readonly #shim: Shim | undefined;
  readonly #rehearsals = new Map<Scenario, Outcome>();
  readonly #kills = new Map<string, number>();
  readonly #failures: string[] = [];
  readonly #newLabels = new Set<string>();
  readonly #fewer: string[] = [];
  readonly #random;
  #runs = 0;
  #deaths = 0;
  #same = 0;
  #whole = 0;
  #repeated = 0;
  #seeds = 0;
  #leftOut = 0;
  readonly #until: number;

  constructor(options: MatrixOptions, lanes: readonly Lane[], shim: Shim | undefined) {
    this.#shim = shim;
    this.#options = options;
    this.#lanes = lanes;
    this.#random = prng(options.seed);
    this.#until = Date.now() + (options.minutes ?? Number.POSITIVE_INFINITY) * 60_000;
  }

  async run(): Promise<Report> {
    const { sample, again, two, power } = this.#options;
    await this.#each(this.#scenarios, (scenario, lane) => this.#rehearse(scenario, lane));
    const first = this.#firstCases();
    const chosen = sample === undefined ? first : this.#choose(first, sample);
    const recoveries: Case[] = [];
    await this.#each(chosen, async (each, lane) => {
      const outcome = await this.#try(each, lane);
      if (outcome !== undefined) recoveries.push(...againCases(each, outcome));
    });
    const killed = chosen.filter(({ kind }) => kind === 'boundary');
    const pairs = killed.flatMap(togetherCases);
    const dark = this.#shim === undefined ? [] : killed.flatMap((each, index) => powerCases(each, index));
    const more = [
      ...this.#choose(recoveries, again),
      ...this.#choose(pairs, two),
      ...this.#choose(dark, power),
    ];
    await this.#each(more, (each, lane) => this.#try(each, lane));
    return this.#report();
  }

  get #scenarios(): readonly Scenario[] {
    const { scenario, at } = this.#options;
    if (at !== undefined) return [caseOf(at).scenario];
    return SCENARIOS.filter(({ name }) => scenario === undefined || name === scenario);
  }

  #parties({ cheater }: Scenario): readonly Role[] {
    const { party } = this.#options;
    return ROLES.filter((role) => role !== cheater && (party === undefined || role === party));
  }

  #firstCases(): readonly Case[] {
    const { at } = this.#options;
    if (at !== undefined) return [caseOf(at)];
    return this.#rehearsed().flatMap(([scenario, rehearsal]) =>
      this.#parties(scenario).flatMap((role) => [
        ...boundaryCases(scenario, rehearsal, role),
        ...idleCases(scenario, role),
      ]),
    );
  }

  /** In the order of the scenarios, whichever was ready first. */
  #rehearsed(): readonly (readonly [Scenario, Outcome])[] {
    return this.#scenarios.flatMap((scenario) => {
      const outcome = this.#rehearsals.get(scenario);
      return outcome === undefined ? [] : [[scenario, outcome] as const];
    });
  }

  async #rehearse(scenario: Scenario, lane: Lane): Promise<void> {
    const outcome = await run(scenario, { lane, plan: NO_KILLS, seed: ++this.#seeds });
    this.#rehearsals.set(scenario, outcome);
    for (const violation of judge(outcome, outcome).violations)
      this.#fail(`${scenario.name}, rehearsal: ${violation}`);
  }

  /** One run, again if what it is for did not happen. */
  async #try(each: Case, lane: Lane): Promise<Outcome | undefined> {
    try {
      for (let repeats = 0; ; repeats++) {
        const outcome = await run(each.scenario, {
          lane,
          plan: each.plan,
          seed: ++this.#seeds,
          shim: this.#shim,
        });
        const left = missed(each, outcome);
        if (left.length === 0 || repeats === MOST_REPEATS) {
          for (const { what, isKnown } of left)
            if (isKnown) this.#fewer.push(`${each.scenario.name}, ${what}`);
            else this.#fail(`${nameOf(each)}: never came to ${what}`);
          this.#judged(each, outcome);
          return outcome;
        }
        this.#repeated += 1;
      }
    } catch (error) {
      this.#fail(`${nameOf(each)}: ${error instanceof Error ? error.message : String(error)}`);
      return undefined;
    }
  }

  #judged(each: Case, outcome: Outcome): void {
    const rehearsal = this.#rehearsals.get(each.scenario);
    if (rehearsal === undefined) throw new Error('every scenario is rehearsed first');
    const { isSame, violations } = judge(rehearsal, outcome);
    this.#runs += 1;
    if (isSame) this.#same += 1;
    else this.#whole += 1;
    for (const violation of violations) this.#fail(`${nameOf(each)}: ${violation}`);
    for (const role of ROLES) {
      this.#deaths += outcome.deaths[role];
      const known = labelsOf(boundariesOf(rehearsal, role));
      for (const label of labelsOf(boundariesOf(outcome, role)))
        if (!known.has(label)) this.#newLabels.add(`${each.scenario.name}, ${role}: ${label}`);
    }
    const place = `${each.scenario.name} ${each.role} ${each.kind}`;
    this.#kills.set(place, (this.#kills.get(place) ?? 0) + 1);
    if (this.#runs % 20 === 0) this.#options.print(`${this.#runs} runs, ${this.#failures.length} failures`);
  }

  #fail(text: string): void {
    this.#failures.push(text);
    this.#options.print(`FAILED ${text}`);
  }

  /** Some of them: each scenario as often as the others, and in it each party. */
  #choose(cases: readonly Case[], count: number | 'all'): readonly Case[] {
    if (count === 'all' || count >= cases.length) return cases;
    const groups = this.#scenarios.map((scenario, at) => {
      const own = cases.filter((each) => each.scenario === scenario);
      const parties = this.#parties(scenario);
      return inTurn(
        parties.map((_, turn) => own.filter(({ role }) => role === parties[(at + turn) % parties.length])),
        this.#random,
      );
    });
    const chosen: Case[] = [];
    while (chosen.length < count)
      for (const group of groups) {
        const next = chosen.length < count ? group.next().value : undefined;
        if (next !== undefined) chosen.push(next);
      }
    return chosen;
  }

  /** Does `work` for each item, one at a time on each lane. */
  async #each<T>(items: readonly T[], work: (item: T, lane: Lane) => Promise<unknown>): Promise<void> {
    const left = [...items];
    await Promise.all(
      this.#lanes.map(async (lane) => {
        for (let item = left.shift(); item !== undefined; item = left.shift()) {
          if (Date.now() < this.#until) await work(item, lane);
          else this.#leftOut += 1;
        }
      }),
    );
  }

  #report(): Report {
    return {
      tallies: this.#rehearsed().flatMap(([scenario, rehearsal]) =>
        this.#parties(scenario).map((party) => this.#tally(scenario, rehearsal, party)),
      ),
      failures: this.#failures,
      runs: this.#runs,
      deaths: this.#deaths,
      same: this.#same,
      whole: this.#whole,
      repeated: this.#repeated,
      leftOut: this.#leftOut,
      fewer: this.#fewer,
      newLabels: [...this.#newLabels].sort(),
    };
  }

  #tally(scenario: Scenario, rehearsal: Outcome, party: Role): Tally {
    const boundaries = boundariesOf(rehearsal, party);
    const kills = (kind: Case['kind']) => this.#kills.get(`${scenario.name} ${party} ${kind}`) ?? 0;
    return {
      scenario: scenario.name,
      party,
      labels: labelsOf(boundaries).size,
      boundaries: boundaries.length,
      kills: {
        boundary: kills('boundary'),
        idle: kills('idle'),
        again: kills('again'),
        two: kills('two'),
        power: kills('power'),
      },
    };
  }
}

/** One of each group after the other, any of it, until none has any left. */
function* inTurn(groups: readonly (readonly Case[])[], random: Prng): Generator<Case, undefined> {
  const left = groups.map((group) => [...group]);
  while (left.some((group) => group.length > 0))
    for (const group of left) yield* group.splice(Math.floor(random.between(0, group.length)), 1);
  return undefined;
}
