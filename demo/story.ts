import type { PriceCoefficients } from '../src/index.ts';
import { type Facts, perRole, ROLES } from './accounting.ts';
import { type Audit, fetched } from './audit.ts';
import { moment, satColumn, short, thousands } from './format.ts';
import type { ArbitrationName, DemoOptions } from './options.ts';
import type { Scenario } from './scene.ts';
import type { Screen } from './screen.ts';
import type { StoryTx } from './talk.ts';
import type { Week } from './week.ts';

/** The words of the demo that all scenarios share. */

export function introduce(screen: Screen, week: Week, { readings, seed }: DemoOptions): void {
  screen.line('WATTLANE: solar energy for bitcoin, ten watt-hours at a time', 'bold');
  screen.line();
  screen.say(
    'A household with a solar roof (the producer) sells what it has left over to the neighbour (the consumer). A third party (the utility) owns the wires and the meters: it sets the price, vouches for what was delivered, and keeps the lights on when nothing was.',
  );
  screen.line();
  screen.say(
    'A unit of energy costs a few satoshi (sat; 100,000,000 are one bitcoin), far less than the fee of a single Bitcoin transaction. So the three lock coins in one shared output, the channel, and from then on pay by signing who owns how much of it, again and again. Only the first and the last of these agreements go to the chain, in blocks that everyone can check; a block comes about every ten minutes. The fee of a transaction goes by its size in virtual bytes (vB).',
  );
  screen.line();
  const source =
    readings ?? 'a real household near Sydney, January 2012 (Ausgrid, see examples/data/README.md)';
  screen.say(`Readings: ${source}.`);
  screen.say(
    `First surplus ${moment(week.start)}, last ${moment(week.until)}: ${week.surplusWh} Wh, that is ${week.units} units of ${week.unitEnergyWh} Wh.`,
  );
  screen.say(
    `Bitcoin: a private network (regtest) with real transactions and worthless coins, a new one for each story. Its blocks come only when the story needs one, so a night on the meter takes none; the first 104 make the coins.`,
  );
  screen.line(`Seed: ${seed} (--seed WORD for another world, --help for more).`);
}

export function beginScenario(
  screen: Screen,
  { name, title, plot, arbitration }: Scenario,
  place: string,
): void {
  screen.line();
  screen.line('='.repeat(screen.width), 'dim');
  screen.line(`${place}  ${name}: ${title}`, 'bold');
  screen.line('='.repeat(screen.width), 'dim');
  screen.say(plot);
  if (arbitration !== undefined)
    screen.say(`(This story works with --arbitration ${arbitration} only, and sets it.)`, { tone: 'warn' });
}

export function part(screen: Screen, title: string): void {
  screen.line();
  screen.line(title, 'bold');
}

/** Who puts in what, and what for. */
export function tellContributions(
  screen: Screen,
  startedSat: Facts['startedSat'],
  contributionsSat: Facts['contributionsSat'],
): void {
  const purpose = perRole(() => '');
  const what = {
    ...purpose,
    consumer: 'to buy energy with',
    producer: 'its stake, lost but for 1,000 sat if it fails to deliver',
    utility: 'its own share, to which fees and penalties are added',
  };
  screen.line('              has            puts into the channel', 'dim');
  for (const role of ROLES)
    screen.line(
      `  ${role.padEnd(9)}${thousands(startedSat[role]).padStart(9)} sat${thousands(contributionsSat[role]).padStart(12)} sat   ${what[role]}`,
    );
}

/** Stands for {@link tellContributions} from the second story on. */
export const SAME_COINS = 'The same three begin anew, each with the same coins as before.';

export function tellRules(screen: Screen, arbitration: ArbitrationName, height: number): void {
  const rule =
    arbitration === 'immediate'
      ? 'any two of the three, so that the utility can decide a quarrel at any time.'
      : `both traders; from block ${thousands(BigInt(height))} on, the utility and one of them will do.`;
  screen.say(`Spending the channel takes ${rule}`, { indent: 2 });
}

export function tellPrice(screen: Screen, { a1, b1, c1 }: PriceCoefficients): void {
  // the library counts D in MWh and the coefficients in millionths
  const perKwh2 = Number(a1) / 1e12;
  const perKwh = Number(b1) / 1e9;
  const fixed = Number(c1) / 1e6;
  screen.say(
    `The utility prices each half hour by demand: p = a1*D² + b1*D + c1, in msat per Wh (1,000 msat are 1 sat). D is what both households use, in kWh; a1 = ${perKwh2}, b1 = ${perKwh}, c1 = ${fixed}.`,
    { indent: 2 },
  );
}

/** One line for a transaction that is in a block now. */
export function txLine(tx: StoryTx): string {
  const { txid, vsize, feeSat, height } = tx;
  const size = `${vsize} vB`.padStart(7);
  const fee = `fee ${thousands(feeSat)} sat`.padEnd(13);
  return `  block ${height}   ON-CHAIN ${short(txid)} ${size}, ${fee} ${inWords(tx)}`;
}

function inWords({ purpose, by, onBehalfOf }: StoryTx): string {
  if (onBehalfOf !== undefined) return `the ${by} takes it all for the ${onBehalfOf}`;
  switch (purpose) {
    case 'funding':
      return 'opens the channel';
    case 'close':
      return 'closes it, pays everyone';
    case 'commitment':
      return `the newest state, by the ${by}`;
    case 'revoked':
      return `an old state, by the ${by}`;
    case 'penalty':
      return 'closes it as the utility says';
    default:
      return `the ${by} fetches ${fetched(purpose)}`;
  }
}

const ANCHOR =
  'The anchor is a small output that anyone may spend, so that a fee can be added when blocks are full.';

const LABEL_WIDTH = 36;
const COLUMN_WIDTH = 19;

/** Who ended with what, line by line, and what the node says. */
export function tellAccounts(
  screen: Screen,
  { accounts, foundSat, problems }: Pick<Audit, 'accounts' | 'foundSat' | 'problems'>,
  why: string,
  { anchorTold }: { readonly anchorTold: boolean },
): void {
  const row = (label: string, cell: (role: (typeof ROLES)[number]) => string) =>
    `  ${label.padEnd(LABEL_WIDTH)}${ROLES.map((role) => cell(role).padStart(COLUMN_WIDTH)).join('')}`.trimEnd();
  const rule = `  ${'-'.repeat(LABEL_WIDTH + 3 * COLUMN_WIDTH)}`;
  screen.line(
    row('in sat', (role) => `${role}    `),
    'dim',
  );
  for (const { label, amounts } of accounts.lines)
    screen.line(row(label, (role) => (amounts[role] === 0n ? '' : satColumn(amounts[role], COLUMN_WIDTH))));
  screen.line(rule, 'dim');
  const { expectedSat } = accounts;
  screen.line(
    row('must end with', (role) => satColumn(1000n * expectedSat[role], COLUMN_WIDTH)),
    'bold',
  );
  screen.line(row('found by the Bitcoin node', (role) => satColumn(1000n * foundSat[role], COLUMN_WIDTH)));
  screen.line();
  if (problems.length === 0) screen.say('Equal, to the satoshi.', { tone: 'good', indent: 2 });
  for (const problem of problems) screen.say(`WRONG: ${problem}`, { tone: 'bad', indent: 2 });
  if (accounts.leftSat > 0n && !anchorTold) screen.say(ANCHOR, { indent: 2, tone: 'dim' });
  screen.say(why, { indent: 2 });
}
