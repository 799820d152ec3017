import { boundOf } from './bounds.ts';
import { COALITION_NAMES, type CoalitionName } from './coalition.ts';
import { MODES, type Mode } from './fixture.ts';
import { STAGES, type StageName } from './stages.ts';

/** What a trial came to, by its name, satoshi: what the honest lost, and how much of it the coalition has. */
export type Measured = Readonly<Record<string, { readonly lost: number; readonly gained: number }>>;

/** The worst of a cell's trials. */
interface Cell {
  readonly trials: number;
  readonly lost: number;
  readonly gained: number;
}

export function cellOf(
  measured: Measured,
  coalition: CoalitionName,
  mode: Mode,
  stage: StageName,
): Cell | undefined {
  const prefix = `${coalition} ${mode} ${stage} `;
  const found = Object.entries(measured).filter(([name]) => name.startsWith(prefix));
  if (found.length === 0) return undefined;
  const results = found.map(([, result]) => result);
  return {
    trials: found.length,
    lost: Math.max(...results.map(({ lost }) => lost)),
    gained: Math.max(...results.map(({ gained }) => gained)),
  };
}

/** Both tables of docs/threat-model.md, Markdown. */
export function renderTables(measured: Measured): string {
  return MODES.map((mode) => [`**\`${mode}\`**`, '', ...tableOf(measured, mode)].join('\n')).join('\n\n');
}

function tableOf(measured: Measured, mode: Mode): readonly string[] {
  const columns = COALITION_NAMES;
  return [
    `| when | ${columns.join(' | ')} |`,
    `| --- |${columns.map(() => ' ---: |').join('')}`,
    ...STAGES.map(
      ({ name, title }) =>
        `| ${title} | ${columns.map((each) => shown(cellOf(measured, each, mode, name))).join(' | ')} |`,
    ),
    `| attacks | ${columns.map((each) => attacksOf(measured, each, mode)).join(' | ')} |`,
  ];
}

function shown(cell: Cell | undefined): string {
  if (cell === undefined) return '';
  const lost = grouped(cell.lost);
  return cell.lost === cell.gained ? lost : `${lost} (${grouped(cell.gained)})`;
}

function attacksOf(measured: Measured, coalition: CoalitionName, mode: Mode): number {
  return Object.keys(measured).filter((name) => name.startsWith(`${coalition} ${mode} `)).length;
}

function grouped(amount: number): string {
  return String(amount).replace(/\B(?=(\d{3})+$)/g, ',');
}

/** Trials that took more than section 10 says, for people. */
export function beyondBounds(measured: Measured): readonly string[] {
  return MODES.flatMap((mode) =>
    COALITION_NAMES.flatMap((coalition) =>
      STAGES.flatMap(({ name }) => {
        const bound = boundOf(coalition, mode, name);
        return Object.entries(measured)
          .filter(([trial]) => trial.startsWith(`${coalition} ${mode} ${name} `))
          .filter(([, { lost }]) => lost > Number(bound.sat))
          .map(([trial, { lost }]) => `${trial}: ${lost} sat, ${bound.sat} (${bound.what}) by design`);
      }),
    ),
  );
}
