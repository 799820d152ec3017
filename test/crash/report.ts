import type { Report, Tally } from './matrix.ts';

const COLUMNS = [
  'scenario',
  'party',
  'labels',
  'boundaries',
  'kills',
  'at rest',
  'again',
  'two',
  'power',
] as const;

/** A matrix as a table, with what was wrong last. */
export function printReport(report: Report, print: (line: string) => void): void {
  const rows = [COLUMNS, ...report.tallies.map(cells), total(report.tallies)];
  for (const row of rows)
    print(row.map((cell, column) => (column < 2 ? cell.padEnd(10) : cell.padStart(11))).join(''));
  print('');
  print(
    `${report.runs} runs, ${report.deaths} processes killed, ${report.repeated} runs repeated, ${report.leftOut} left out`,
  );
  print(
    `${report.same} with the rehearsal's balances, ${report.whole} ended on the chain otherwise, all whole`,
  );
  for (const boundary of report.fewer) print(`came fewer times than in the rehearsal: ${boundary}`);
  for (const label of report.newLabels) print(`not in the rehearsal: ${label}`);
  for (const failure of report.failures) print(`FAILED ${failure}`);
  print(
    report.failures.length === 0 ? 'nothing lost, nothing done twice' : `${report.failures.length} failures`,
  );
}

function cells({ scenario, party, labels, boundaries, kills }: Tally): readonly string[] {
  const { boundary, idle, again, two, power } = kills;
  return [scenario, party, ...[labels, boundaries, boundary, idle, again, two, power].map(String)];
}

function total(tallies: readonly Tally[]): readonly string[] {
  const sum = (of: (tally: Tally) => number) => String(tallies.reduce((all, each) => all + of(each), 0));
  return [
    'all',
    '',
    sum(({ labels }) => labels),
    sum(({ boundaries }) => boundaries),
    sum(({ kills }) => kills.boundary),
    sum(({ kills }) => kills.idle),
    sum(({ kills }) => kills.again),
    sum(({ kills }) => kills.two),
    sum(({ kills }) => kills.power),
  ];
}
