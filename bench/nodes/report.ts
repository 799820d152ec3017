import type { PartyFigures, StreamFigures, StretchFigures } from './figures.ts';

/** Everything that one run of the bench of nodes found. */
export interface NodesReport {
  readonly node: string;
  readonly cores: number;
  readonly streams: readonly StreamFigures[];
}

/** The report as lines of text. */
export function describeNodes({ node, cores, streams }: NodesReport): readonly string[] {
  return [
    `Units between three processes on ${cores} cores (Node ${node}): WebSockets over loopback, SQLite with a sync for each`,
    'write that somebody waits for, a regtest bitcoind. Per unit, unless it says otherwise; times in microseconds.',
    ...streams.flatMap((stream) => ['', ...streamLines(stream)]),
  ];
}

function streamLines(stream: StreamFigures): readonly string[] {
  const { name, units, rounds, unitsPerRound, unitsPerSecond, p50Millis, p99Millis, watchtower } = stream;
  return [
    `${name}, ${watchtower ? 'watched' : 'not watched'}: ${units} units in ${rounds} rounds, ${unitsPerRound.toFixed(1)} each`,
    `  ${unitsPerSecond.toFixed(1)} units/s; from order to settlement p50 ${p50Millis.toFixed(1)} ms, p99 ${p99Millis.toFixed(1)} ms`,
    `  floor of all curve operations and syncs, one after the other: ${stream.floorMicros.toFixed(0)}; time of a unit over it: ${stream.timeOverFloor.toFixed(2)}`,
    ...table([
      [
        '',
        'cpu',
        'curve',
        'cpu/curve',
        'syncs',
        'per round',
        'traced',
        'bytes to disk',
        'of texts',
        'one sync',
      ],
      ...stream.parties.map(partyRow),
    ]),
    ...table([
      ['', 'units', 'p50 ms', 'cpu', 'syncs', 'bytes of texts'],
      stretchRow('first', stream.first),
      stretchRow('last', stream.last),
    ]),
  ];
}

function partyRow(party: PartyFigures): readonly string[] {
  return [
    party.role,
    party.cpuMicros.toFixed(0),
    party.curveMicros.toFixed(0),
    party.cpuOverCurve.toFixed(2),
    party.syncs.toFixed(2),
    party.syncsPerRound.toFixed(2),
    party.tracedSyncsPerRound?.toFixed(2) ?? '-',
    party.diskBytes.toFixed(0),
    party.storeBytes.toFixed(0),
    party.syncMicros.toFixed(0),
  ];
}

function stretchRow(name: string, { units, p50Millis, cpuMicros, syncs, storeBytes }: StretchFigures) {
  return [
    name,
    String(units),
    p50Millis.toFixed(1),
    cpuMicros.toFixed(0),
    syncs.toFixed(2),
    storeBytes.toFixed(0),
  ];
}

function table(rows: readonly (readonly string[])[]): readonly string[] {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows.map((row) => {
    const cells = row.map((cell, column) => {
      const width = widths[column] ?? 0;
      return column === 0 ? cell.padEnd(width) : cell.padStart(width);
    });
    return `  ${cells.join('  ')}`;
  });
}
