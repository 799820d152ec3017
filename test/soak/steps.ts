import { counterpartyOf, ROLES, type Role, TRADERS, type Trader } from '../../src/base/role.ts';
import type { Dice } from './dice.ts';
import type { Setting } from './setting.ts';

/** Blocks that a reorganisation of a schedule undoes at most. */
export const DEEPEST_REORG = 6;

/** One thing that happens in a schedule. What is random in it is its own seed, so that steps can be left out. */
export type Step =
  | { readonly type: 'sell'; readonly seller: Trader; readonly units: number }
  | { readonly type: 'buy'; readonly buyer: Trader; readonly units: number }
  | { readonly type: 'deliver'; readonly seller: Trader; readonly units: number }
  | { readonly type: 'transfer'; readonly from: Trader; readonly sat: number }
  | { readonly type: 'release' | 'cancel'; readonly trader: Trader }
  | { readonly type: 'offline' | 'online' | 'restart' | 'down' | 'copy' | 'restore'; readonly role: Role }
  | {
      readonly type: 'crash';
      readonly role: Role;
      readonly write: number;
      readonly when: 'crashBefore' | 'crashAfter';
    }
  | { readonly type: 'faults'; readonly drop: number; readonly duplicate: number; readonly reorder: number }
  | { readonly type: 'calm' }
  | { readonly type: 'close'; readonly trader: Trader; readonly feeRate: number }
  | { readonly type: 'forceClose'; readonly trader: Trader }
  | { readonly type: 'dispute'; readonly trader: Trader; readonly feeSat: number }
  | { readonly type: 'mine' | 'empty'; readonly blocks: number }
  | { readonly type: 'reorg'; readonly depth: number }
  | { readonly type: 'feeRate' | 'minimum'; readonly satPerKvB: number }
  | { readonly type: 'attack'; readonly role: Role; readonly kind: AttackKind; readonly seed: number };

export const ATTACKS = [
  'oldCommitment',
  'oldStore',
  'garbage',
  'message',
  'replay',
  'tamper',
  'drop',
  'twice',
  'flip',
  'withhold',
  'submitAgain',
  'mute',
  'speak',
  'reconnect',
  'loneSpend',
  'jointSpend',
  'grabOutputs',
  'lie',
] as const;
export type AttackKind = (typeof ATTACKS)[number];

type Maker = (dice: Dice) => Step;

const honestSteps: readonly (readonly [weight: number, Maker])[] = [
  [4, (dice) => ({ type: 'sell', seller: seller(dice), units: dice.int(1, 20) })],
  [
    12,
    (dice) => ({ type: 'buy', buyer: dice.chance(0.85) ? 'consumer' : 'producer', units: dice.int(1, 4) }),
  ],
  [16, (dice) => ({ type: 'deliver', seller: seller(dice), units: dice.int(1, 5) })],
  [4, (dice) => ({ type: 'transfer', from: dice.pick(TRADERS), sat: dice.int(0, 20_000) })],
  [2, (dice) => ({ type: 'release', trader: dice.pick(TRADERS) })],
  [2, (dice) => ({ type: 'cancel', trader: dice.pick(TRADERS) })],
  [2, (dice) => ({ type: 'offline', role: dice.pick(ROLES) })],
  [4, (dice) => ({ type: 'online', role: dice.pick(ROLES) })],
  [2, (dice) => ({ type: 'restart', role: dice.pick(ROLES) })],
  [
    2,
    (dice) => ({
      type: 'crash',
      role: dice.pick(ROLES),
      write: dice.int(1, 6),
      when: dice.pick(['crashBefore', 'crashAfter']),
    }),
  ],
  [2, (dice) => ({ type: 'faults', ...faults(dice) })],
  [3, () => ({ type: 'calm' })],
  [1, (dice) => ({ type: 'close', trader: dice.pick(TRADERS), feeRate: dice.pick([1000, 2000, 5000]) })],
  [1, (dice) => ({ type: 'forceClose', trader: dice.pick(TRADERS) })],
  [1, (dice) => ({ type: 'dispute', trader: dice.pick(TRADERS), feeSat: dice.int(400, 3000) })],
  [10, (dice) => ({ type: 'mine', blocks: dice.int(1, 3) })],
  [2, (dice) => ({ type: 'mine', blocks: dice.int(4, 9) })],
  [2, (dice) => ({ type: 'minimum', satPerKvB: dice.pick([1000, 1000, 1000, 2500, 5000]) })],
  [2, (dice) => ({ type: 'feeRate', satPerKvB: dice.pick([1000, 1000, 3000, 10_000]) })],
];

function seller(dice: Dice): Trader {
  return dice.chance(0.85) ? 'producer' : 'consumer';
}

function faults(dice: Dice) {
  const some = () => dice.int(0, 8) / 100;
  return { drop: some(), duplicate: some(), reorder: some() };
}

/** The steps of a schedule between its opening and its end. */
export function randomSteps(setting: Setting, dice: Dice): readonly Step[] {
  if (setting.theme === 'breach') return breachSteps(setting, dice);
  if (setting.theme === 'tower') return towerSteps(setting, dice);
  if (setting.theme === 'restored') return restoredSteps(setting, dice);
  if (setting.theme === 'race') return raceSteps(dice);
  const wanted = dice.int(8, 40);
  const steps: Step[] = [
    { type: 'sell', seller: 'producer', units: dice.int(3, 20) },
    { type: 'buy', buyer: 'consumer', units: dice.int(1, 4) },
  ];
  // blocks without room and reorganisations, together fewer than a transaction is given to confirm (section 2)
  let disturbance = (setting.params.resolutionMargin ?? 0) - 2;
  while (steps.length < wanted) {
    if (disturbance > 1 && dice.chance(0.05)) {
      const reorg = dice.chance(0.5);
      const depth = dice.int(1, Math.min(DEEPEST_REORG, disturbance - 1));
      disturbance -= reorg ? depth + 1 : depth;
      steps.push(reorg ? { type: 'reorg', depth } : { type: 'empty', blocks: depth });
    } else if (setting.hostile.length > 0 && dice.chance(0.35)) steps.push(attack(setting, dice));
    else steps.push(weighted(honestSteps, dice));
  }
  return steps;
}

/** A trade, some of it undone again, and an old state on the chain in the end. */
function breachSteps({ hostile }: Setting, dice: Dice): readonly Step[] {
  const cheat = TRADERS.find((trader) => hostile.includes(trader)) ?? 'consumer';
  const steps: Step[] = [{ type: 'sell', seller: 'producer', units: 20 }];
  for (let round = dice.int(1, 4); round > 0; round--) {
    steps.push({ type: 'buy', buyer: 'consumer', units: dice.int(1, 3) });
    if (dice.chance(0.7)) steps.push({ type: 'deliver', seller: 'producer', units: dice.int(1, 3) });
    if (dice.chance(0.4))
      steps.push({ type: 'transfer', from: dice.pick(TRADERS), sat: dice.int(1, 20_000) });
    if (dice.chance(0.3))
      steps.push({ type: 'release', trader: 'producer' }, { type: 'cancel', trader: 'consumer' });
    if (dice.chance(0.3)) steps.push({ type: 'mine', blocks: dice.int(1, 6) });
  }
  if (dice.chance(0.3)) steps.push({ type: 'attack', role: cheat, kind: 'withhold', seed: 1 });
  steps.push(
    { type: 'attack', role: cheat, kind: 'oldCommitment', seed: dice.seed() },
    { type: 'mine', blocks: 1 },
  );
  if (dice.chance(0.3)) steps.push({ type: 'reorg', depth: dice.int(1, 4) });
  return steps;
}

/** The victim's process is not there when the old state comes, nor until the cheater could take what is its own. */
function towerSteps(setting: Setting, dice: Dice): readonly Step[] {
  const cheat = TRADERS.find((trader) => setting.hostile.includes(trader)) ?? 'consumer';
  const victim = counterpartyOf(cheat);
  const delay = setting.params.toSelfDelay?.[cheat] ?? 1;
  const last = breachSteps(setting, dice).filter(({ type }) => type !== 'reorg');
  const at = last.findIndex((step) => step.type === 'attack' && step.kind === 'oldCommitment');
  return [
    ...last.slice(0, at),
    { type: 'down', role: victim },
    ...last.slice(at),
    { type: 'mine', blocks: delay + 1 },
  ];
}

/** An honest trader's disk is copied, the trade goes on, and the copy is started in place of the disk. */
function restoredSteps({ hostile }: Setting, dice: Dice): readonly Step[] {
  const loser = TRADERS.find((trader) => !hostile.includes(trader)) ?? 'consumer';
  const role = hostile.length === 0 ? dice.pick(TRADERS) : loser;
  const steps: Step[] = [
    { type: 'sell', seller: 'producer', units: 20 },
    { type: 'copy', role },
  ];
  for (let round = dice.int(1, 3); round > 0; round--) {
    steps.push({ type: 'buy', buyer: 'consumer', units: dice.int(1, 3) });
    steps.push({ type: 'deliver', seller: 'producer', units: dice.int(0, 3) });
    if (dice.chance(0.4)) steps.push({ type: 'copy', role });
    if (dice.chance(0.5))
      steps.push({ type: 'transfer', from: dice.pick(TRADERS), sat: dice.int(1, 20_000) });
  }
  if (dice.chance(0.5)) steps.push({ type: 'offline', role: dice.pick(ROLES) });
  steps.push({ type: 'restore', role }, { type: 'mine', blocks: dice.int(1, 12) });
  if (dice.chance(0.3)) steps.push({ type: 'forceClose', trader: role });
  for (const each of hostile) if (dice.chance(0.5)) steps.push(attack({ hostile: [each] }, dice));
  return steps;
}

/** The buyer says nothing more once it could be owing; the utility attests and then takes what it can. */
function raceSteps(dice: Dice): readonly Step[] {
  return [
    { type: 'sell', seller: 'producer', units: 20 },
    { type: 'buy', buyer: 'consumer', units: dice.int(1, 4) },
    { type: 'attack', role: 'consumer', kind: 'mute', seed: 1 },
    { type: 'mine', blocks: dice.int(1, 2) },
    { type: 'deliver', seller: 'producer', units: 4 },
    { type: 'mine', blocks: dice.int(1, 3) },
  ];
}

function attack({ hostile }: Pick<Setting, 'hostile'>, dice: Dice): Step {
  return { type: 'attack', role: dice.pick(hostile), kind: dice.pick(ATTACKS), seed: dice.seed() };
}

function weighted(makers: readonly (readonly [number, Maker])[], dice: Dice): Step {
  const total = makers.reduce((sum, [weight]) => sum + weight, 0);
  let left = dice.int(1, total);
  for (const [weight, make] of makers) {
    left -= weight;
    if (left <= 0) return make(dice);
  }
  throw new RangeError('weights do not add up');
}
