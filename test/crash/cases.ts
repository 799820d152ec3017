import { ROLES, type Role } from '../../src/base/role.ts';
import { type Boundary, type Entry, type Kill, readableKill, type When } from './journal.ts';
import type { PowerLoss } from './power.ts';
import type { Outcome } from './run.ts';
import { SCENARIOS, type Scenario } from './scenarios.ts';
import { NO_KILLS, type Plan } from './stage.ts';

export const WHENS: readonly When[] = ['before', 'after'];

/** One run: what goes wrong in it, and what of that has to happen for the run to count. */
export interface Case {
  readonly scenario: Scenario;
  readonly kind: 'boundary' | 'idle' | 'again' | 'two' | 'power';
  readonly role: Role;
  readonly plan: Plan;
}

/** Every boundary that a party came to in a run, in the order of the first time. */
export function boundariesOf(outcome: Outcome, role: Role): readonly Boundary[] {
  const found = new Map<string, Boundary>();
  for (const entry of armedEntries(outcome.journals[role]))
    if (entry.type === 'boundary')
      found.set(`${entry.label} ${entry.occurrence}`, { label: entry.label, occurrence: entry.occurrence });
  return [...found.values()];
}

export function labelsOf(boundaries: readonly Boundary[]): ReadonlySet<string> {
  return new Set(boundaries.map(({ label }) => label));
}

/** What happened since boundaries count, in the process that was there then. */
function armedEntries(entries: readonly Entry[]): readonly Entry[] {
  const from = entries.findIndex(({ type }) => type === 'armed');
  return from < 0 ? [] : entries.slice(from);
}

/** A kill at each boundary of a party, before and after it. */
export function boundaryCases(scenario: Scenario, rehearsal: Outcome, role: Role): readonly Case[] {
  return boundariesOf(rehearsal, role).flatMap((boundary) =>
    WHENS.map(
      (when): Case => ({
        scenario,
        kind: 'boundary',
        role,
        plan: { kills: { [role]: [{ ...boundary, when }] } },
      }),
    ),
  );
}

/** A kill from outside before each step, when all three have said that nothing moves. */
export function idleCases(scenario: Scenario, role: Role): readonly Case[] {
  return scenario.steps.map(({ name }) => ({
    scenario,
    kind: 'idle',
    role,
    plan: { kills: {}, outside: { role, step: name } },
  }));
}

/** After a first kill, one at each boundary of the recovery from it. */
export function againCases(first: Case, outcome: Outcome): readonly Case[] {
  const { role, scenario, plan } = first;
  const [kill] = plan.kills[role] ?? [];
  if (kill === undefined) return [];
  return recoveryOf(outcome.journals[role]).map((second) => ({
    scenario,
    kind: 'again',
    role,
    plan: { kills: { [role]: [kill, second] } },
  }));
}

/** The boundaries that a party came to from its start after the first kill until it was connected and at rest. */
function recoveryOf(entries: readonly Entry[]): readonly Kill[] {
  const killed = entries.findIndex(({ type }) => type === 'killed');
  if (killed < 0) return [];
  const after = entries.slice(killed + 1);
  const end = after.findIndex(({ type }) => type === 'recovered');
  return after.slice(0, end < 0 ? undefined : end).filter((entry) => entry.type === 'boundary');
}

/** The same kill, and another party with it. */
export function togetherCases(first: Case): readonly Case[] {
  return ROLES.filter((other) => other !== first.role && other !== first.scenario.cheater).map((other) => ({
    ...first,
    kind: 'two',
    plan: { ...first.plan, with: other },
  }));
}

/** The same kill, and the power goes with it, in each way. A transaction is torn only by what dies right after its write. */
export function powerCases(first: Case, seed: number): readonly Case[] {
  // a copied disk is put in place from outside, which the shim does not see
  if (first.role === first.scenario.restored) return [];
  const [kill] = first.plan.kills[first.role] ?? [];
  const isWrite = kill?.label.startsWith('write ') === true && kill.when === 'after';
  const kinds: readonly PowerLoss['kind'][] = ['unsynced', 'any', ...(isWrite ? (['torn'] as const) : [])];
  return kinds.map((kind) => ({ ...first, kind: 'power', plan: { ...first.plan, power: { kind, seed } } }));
}

/** A kill that a case wants and that did not happen. */
export interface Missed {
  readonly what: string;
  /** The party came to what the label names, but not as often: writes that come together are one. */
  readonly isKnown: boolean;
}

/** Which of the kills that a case wants did not happen. */
export function missed({ plan }: Case, outcome: Outcome): readonly Missed[] {
  const { outside } = plan;
  const left = ROLES.flatMap((role) => {
    const fired = outcome.journals[role].filter(({ type }) => type === 'killed').length;
    const known = labelsOf(boundariesOf(outcome, role));
    return (plan.kills[role] ?? []).slice(fired).map(
      (kill): Missed => ({
        what: `${role}: ${readableKill(kill)}`,
        isKnown: known.has(kill.label),
      }),
    );
  });
  if (outside !== undefined && outcome.deaths[outside.role] === 0)
    left.push({ what: `${outside.role}: ${outside.step}`, isKnown: false });
  return left;
}

const AND = ' + ';

/** Everything that goes wrong in a case, as it is printed and as {@link caseOf} reads it. */
export function nameOf({ scenario, role, plan }: Case): string {
  const kills = ROLES.flatMap((each) =>
    (plan.kills[each] ?? []).map((kill) => `${each} ${readableKill(kill)}`),
  );
  const also = plan.with === undefined ? [] : [`with ${plan.with}`];
  const power = plan.power === undefined ? [] : [`power ${plan.power.kind} ${plan.power.seed}`];
  const idle = plan.outside === undefined ? [] : [`${role} at rest before ${plan.outside.step}`];
  return `${scenario.name}: ${[...kills, ...also, ...power, ...idle].join(AND)}`;
}

/** The case that {@link nameOf} named. Throws when it is none. */
export function caseOf(name: string): Case {
  const [, scenarioName, what] = /^(\w+): (.+)$/.exec(name) ?? [];
  const scenario = SCENARIOS.find((each) => each.name === scenarioName);
  if (scenario === undefined || what === undefined) throw new Error(`not the name of a run: ${name}`);
  let plan: Plan = NO_KILLS;
  let role: Role | undefined;
  for (const part of what.split(AND)) {
    const [, word, rest] = /^(\w+) (.+)$/.exec(part) ?? [];
    const power = /^power (unsynced|any|torn) (\d+)$/.exec(part);
    if (power !== null) {
      plan = { ...plan, power: { kind: power[1] as PowerLoss['kind'], seed: Number(power[2]) } };
      continue;
    }
    const party = ROLES.find((each) => each === (word === 'with' ? rest : word));
    if (party === undefined || rest === undefined) throw new Error(`not something that goes wrong: ${part}`);
    if (word === 'with') plan = { ...plan, with: party };
    else {
      role ??= party;
      plan = { ...plan, ...deathOf(plan, party, rest) };
    }
  }
  if (role === undefined) throw new Error(`nobody is killed: ${name}`);
  return { scenario, kind: 'boundary', role, plan };
}

function deathOf(plan: Plan, role: Role, text: string): Partial<Plan> {
  const [, step] = /^at rest before (.+)$/.exec(text) ?? [];
  if (step !== undefined) return { outside: { role, step } };
  const [, when, label, occurrence] = /^(before|after) (.+) #(\d+)$/.exec(text) ?? [];
  if (label === undefined) throw new Error(`not a boundary: ${text}`);
  const kill: Kill = { label, occurrence: Number(occurrence), when: when === 'before' ? 'before' : 'after' };
  return { kills: { ...plan.kills, [role]: [...(plan.kills[role] ?? []), kill] } };
}
