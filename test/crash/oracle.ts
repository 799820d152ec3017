import { fromJson } from '../../src/base/json.ts';
import { ROLES, type Role, TRADERS } from '../../src/base/role.ts';
import type { ChannelRecord } from '../../src/channel/action.ts';
import type { Entry } from './journal.ts';
import type { Outcome } from './run.ts';
import { newest, said } from './steps.ts';

/** Satoshi of an output that is not worth making, and of an anchor: a channel's end may leave so many. */
const DUST_SAT = 330n;
const OUTPUTS_LEFT = 4n;

/** How a run ended, compared with its rehearsal. */
export interface Judgement {
  /** Every balance is the rehearsal's: states to the millisatoshi, coins to the satoshi. */
  readonly isSame: boolean;
  readonly violations: readonly string[];
}

/**
 * Judges a run by its rehearsal. A channel that is open in the rehearsal has the same balances to the millisatoshi; one
 * that ended on the chain has paid everyone the same to the satoshi, or each honest party is **whole**: it has at least
 * what it has in the rehearsal, less the fees of the transactions of both runs and dust. In either case nothing revoked
 * was broadcast or could be, and nothing was lost or done twice.
 */
export function judge(rehearsal: Outcome, outcome: Outcome): Judgement {
  const coins = coinsOf(rehearsal, outcome);
  return {
    isSame: coins.isSame,
    violations: [
      ...coins.violations,
      ...states(rehearsal, outcome),
      ...nothingRevoked(outcome),
      ...publishes(outcome),
      ...nothingLost(outcome),
      ...nothingTwice(rehearsal, outcome),
      ...faults(outcome),
    ],
  };
}

const honest = ({ scenario, views }: Outcome): readonly Role[] =>
  ROLES.filter((role) => role !== scenario.cheater && views[role] !== undefined);

const entries = <T extends Entry['type']>(outcome: Outcome, role: Role, type: T) =>
  outcome.journals[role].filter((entry): entry is Extract<Entry, { type: T }> => entry.type === type);

/** Coins at the end: the same, or whole. */
function coinsOf(rehearsal: Outcome, outcome: Outcome): Judgement {
  const allowed = rehearsal.feesSat + outcome.feesSat + OUTPUTS_LEFT * DUST_SAT;
  let isSame = true;
  const violations: string[] = [];
  for (const role of honest(rehearsal)) {
    const then = rehearsal.views[role]?.balance;
    const now = outcome.views[role]?.balance;
    if (then === undefined || now === undefined) {
      violations.push(`${role} is missing`);
      continue;
    }
    if (now.confirmed === then.confirmed) continue;
    isSame = false;
    if (now.confirmed + allowed < then.confirmed)
      violations.push(`${role} is not whole: ${now.confirmed} sat, ${then.confirmed} in the rehearsal`);
  }
  return { isSame, violations };
}

/** Channels that are open at the end: both traders have the rehearsal's state. */
function states(rehearsal: Outcome, outcome: Outcome): readonly string[] {
  const violations: string[] = [];
  for (const role of honest(rehearsal)) {
    const then = newest(rehearsal.views, role);
    const now = newest(outcome.views, role);
    if (then?.state.type !== now?.state.type)
      violations.push(`${role}'s channel is ${now?.state.type}, ${then?.state.type} in the rehearsal`);
    const [want, have] = [said(then?.ledger), said(now?.ledger)];
    if (then?.state.type !== 'closed' && want !== have)
      violations.push(`${role} has ${have}, ${want} in the rehearsal`);
  }
  return violations;
}

/** No commitment was given to the chain whose secret was sent, before it or after it, and none could be now. */
function nothingRevoked(outcome: Outcome): readonly string[] {
  return TRADERS.flatMap((trader) => {
    if (trader === outcome.scenario.cheater) return [];
    const revoked = new Set(entries(outcome, trader, 'revealed').map(({ n }) => n));
    const given = entries(outcome, trader, 'broadcast').flatMap(({ n }) => n ?? []);
    const state = newest(outcome.views, trader)?.state;
    const held = state?.type === 'open' ? [state.rounds.held.ledger.n] : [];
    return [
      ...given.filter((n) => revoked.has(n)).map((n) => `${trader} broadcast its revoked commitment ${n}`),
      ...held
        .filter((n) => revoked.has(n))
        .map((n) => `${trader} would broadcast its revoked commitment ${n}`),
    ];
  });
}

/** What a trader holds at the end is taken by the real node. */
function publishes({ publishable }: Outcome): readonly string[] {
  return publishable.flatMap(({ role, reason }) =>
    reason === null ? [] : [`the node refuses the commitment of ${role}: ${reason}`],
  );
}

/** What was durable once is there at the end, in its order; a word of the utility has reached whoever it is for. */
function nothingLost(outcome: Outcome): readonly string[] {
  const { cheater, restored } = outcome.scenario;
  const violations: string[] = [];
  for (const role of honest(outcome)) {
    if (role === restored) continue; // its disk is an old one
    const stored = outcome.records[role] ?? {};
    for (const { key, records } of entries(outcome, role, 'records')) {
      const have = new Set(stored[key]);
      if (!records.every((record) => have.has(record))) violations.push(`${role} lost a record`);
    }
  }
  const attested = entries(outcome, 'utility', 'word').filter(({ attested }) => attested);
  for (const trader of TRADERS.filter((each) => each !== cheater && each !== restored)) {
    const known = new Set(recordsOf(outcome, trader).flatMap(wordOn));
    for (const unit of new Set(attested.map(({ unit }) => unit)))
      if (!known.has(unit)) violations.push(`${trader} does not have the attestation of unit ${unit}`);
  }
  return violations;
}

/** Units ended once, states were revoked once, one channel was funded. */
function nothingTwice(rehearsal: Outcome, outcome: Outcome): readonly string[] {
  const violations: string[] = [];
  for (const role of honest(outcome)) {
    const usual = new Map(counted(recordsOf(rehearsal, role)));
    for (const [name, count] of counted(recordsOf(outcome, role)))
      if (count > Math.max(1, usual.get(name) ?? 0))
        violations.push(`${role} recorded ${name} ${count} times`);
  }
  const funded = new Set(
    ROLES.flatMap((role) =>
      entries(outcome, role, 'broadcast').flatMap(({ purpose, txid }) => (purpose === 'funding' ? txid : [])),
    ),
  );
  if (funded.size > 1) violations.push(`${funded.size} channels were funded`);
  for (const role of honest(outcome)) {
    const [then, now] = [rehearsal.views[role]?.balance, outcome.views[role]?.balance];
    // an opening that was given up may leave coins bound to a transaction that others could still publish
    const isOneChannel = outcome.views[role]?.channels.length === rehearsal.views[role]?.channels.length;
    if (isOneChannel && now !== undefined && now.reserved !== then?.reserved)
      violations.push(`${role} has set ${now.reserved} sat aside, ${then?.reserved} in the rehearsal`);
  }
  return violations;
}

/** The unit that a record has the utility's word on, or the preimage of. */
function wordOn(record: ChannelRecord): readonly bigint[] {
  return record.type === 'statement' || record.type === 'preimage' ? [record.unit] : [];
}

/** How often each thing that happens once was recorded. */
function counted(records: readonly ChannelRecord[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const record of records) {
    const name = nameOf(record);
    counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  return counts;
}

function nameOf(record: ChannelRecord): string {
  switch (record.type) {
    case 'revoked':
      return `the revocation of ${record.n}`;
    case 'proved':
      return `the proof of ${record.proof.broadcaster}'s ${record.proof.ledger.n}`;
    case 'verdict':
      return 'the verdict';
    default:
      return `${record.type} of unit ${record.unit}`;
  }
}

function recordsOf(outcome: Outcome, role: Role): readonly ChannelRecord[] {
  return Object.values(outcome.records[role] ?? {})
    .flat()
    .map((text) => {
      const parsed = fromJson(text.slice(text.indexOf(' ') + 1));
      if (!parsed.ok) throw new Error('a record has a checksum and JSON');
      return parsed.value as ChannelRecord | { readonly type: 'part' };
    })
    .filter((record) => record.type !== 'part'); // of a state, by its content: the same as often as it is written
}

/** No node ran into a bug of its own, and none died but where it was killed. */
function faults(outcome: Outcome): readonly string[] {
  return ROLES.flatMap((role) => entries(outcome, role, 'fault').map(({ text }) => `${role}: ${text}`));
}
