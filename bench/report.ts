import type { Figures, OperationFigures } from './measure.ts';
import type { SizeFigures } from './sizes.ts';

/** Everything that one run of the bench found. */
export interface Report {
  readonly node: string;
  readonly cores: number;
  readonly rounds: readonly Figures[];
  readonly sizes: readonly SizeFigures[];
}

/** The report as lines of text. */
export function describe(report: Report): readonly string[] {
  const { rounds, sizes, node, cores } = report;
  const backends = [...new Set(rounds.map(({ backend }) => backend))];
  return [
    `Rounds, both traders in one process on one core of ${cores} (Node ${node}), nothing written to disk.`,
    'Times in microseconds. Floor: what the same curve operations cost on their own, in the same minute.',
    '',
    ...backends.flatMap((backend) => backendLines(rounds.filter((each) => each.backend === backend))),
    ...wireLines(rounds.filter(({ backend }) => backend === backends[0])),
    ...sizeLines(sizes),
  ];
}

function backendLines(figures: readonly Figures[]): readonly string[] {
  return [
    `${figures[0]?.backend ?? ''}`,
    ...table(
      ['scenario', 'rounds/s', 'units/s', 'mean', 'p50', 'p99', 'floor', 'p50/floor', 'utility'],
      figures.map((each) => [
        each.scenario,
        each.roundsPerSecond.toFixed(0),
        each.unitsPerSecond.toFixed(0),
        each.meanMicros.toFixed(0),
        each.p50Micros.toFixed(0),
        each.p99Micros.toFixed(0),
        each.floorMicros.toFixed(0),
        each.ratio.toFixed(2),
        each.utilityMicros.toFixed(0),
      ]),
    ),
    '',
    ...figures.flatMap(operationLines),
  ];
}

function operationLines({ scenario, round, operations }: Figures): readonly string[] {
  return [
    `  curve operations of a round: ${scenario} (${round})`,
    ...table(
      ['operation', 'per round', 'each', 'together'],
      operations.toSorted((a, b) => share(b) - share(a)).map(operationRow),
    ).map((line) => `  ${line}`),
    '',
  ];
}

function share({ perRound, costMicros }: OperationFigures): number {
  return perRound * costMicros;
}

const OPERATION_NAMES: Readonly<Record<OperationFigures['operation'], string>> = {
  sign: 'signature',
  verify: 'verification',
  combination: 'sum of two point multiplications',
  pointAdd: 'point addition',
  ecdh: 'shared secret',
  publicKey: 'base multiplication',
  isPublicKey: 'point check',
  isSecretKey: 'scalar check',
  secretAdd: 'scalar addition',
  secretMultiply: 'scalar multiplication',
  signSchnorr: 'Schnorr signature',
  verifySchnorr: 'Schnorr verification',
};

function operationRow(figures: OperationFigures): string[] {
  const { operation, perRound, costMicros } = figures;
  return [OPERATION_NAMES[operation], `${perRound}`, costMicros.toFixed(1), share(figures).toFixed(0)];
}

function wireLines(rounds: readonly Figures[]): readonly string[] {
  return rounds.flatMap(({ scenario, round, messages, wireBytes, stateProofBytes }) => [
    `Bytes of a round on the wire: ${scenario} (${round})`,
    ...table(
      ['message', 'from', 'to', 'bytes'],
      [
        ...messages.map(({ type, from, to, bytes }) => [type, from, to, `${bytes}`]),
        ['between the traders', '', '', `${wireBytes}`],
        ['state proofs', '', '', `${stateProofBytes}`],
      ],
    ),
    '',
  ]);
}

function sizeLines(sizes: readonly SizeFigures[]): readonly string[] {
  return [
    'Transactions: virtual bytes, and satoshi at 1 sat/vB. Declared is an upper bound: signatures of 72 bytes.',
    ...table(
      ['transaction', 'declared', 'signed', 'fee', 'fixed fee'],
      sizes.map(({ transaction, declaredVbytes, vbytes, feeSat, fixedFeeSat }) => [
        transaction,
        `${declaredVbytes}`,
        `${vbytes}`,
        `${feeSat}`,
        fixedFeeSat === null ? '' : `${fixedFeeSat}`,
      ]),
    ),
  ];
}

/** Columns, the first to the left, numbers to the right. */
function table(head: readonly string[], rows: readonly (readonly string[])[]): readonly string[] {
  const all = [head, ...rows];
  const widths = head.map((_, column) => Math.max(...all.map((row) => row[column]?.length ?? 0)));
  const isNumber = head.map((_, column) => rows.every((row) => /^[0-9.]*$/.test(row[column] ?? '')));
  return all.map((row) =>
    row
      .map((cell, column) => {
        const width = widths[column] ?? 0;
        return isNumber[column] ? cell.padStart(width) : cell.padEnd(width);
      })
      .join('  ')
      .trimEnd(),
  );
}
