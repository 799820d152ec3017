import { useEffect, useRef, useState } from 'preact/hooks';
import { stage } from '../../lab/laboratory.ts';
import type { Sample } from '../../nodes/samples.ts';
import type { TradeModel } from '../../nodes/trade.ts';
import { theme } from '../../shell/theme.ts';
import { grouped } from '../../text/numbers.ts';
import { Button } from '../../ui/Button.tsx';
import { Card } from '../../ui/Card.tsx';
import { now } from '../../ui/now.ts';
import { TableFrame } from '../../ui/TableFrame.tsx';
import type { Plot, PlotOptions } from './plot.ts';

const WINDOWS = [1, 5, 15, 60] as const;

interface Line extends PlotOptions {
  readonly title: string;
  readonly unit: string;
  readonly value: (sample: Sample) => number | null;
}

const LINES: readonly Line[] = [
  { title: 'Power', unit: 'W', colour: '--producer', steps: false, value: ({ powerW }) => powerW },
  { title: 'Price', unit: 'sat/kWh', colour: '--utility', steps: true, value: ({ price }) => price },
  {
    title: 'Paid in this channel',
    unit: 'sat',
    colour: '--consumer',
    steps: false,
    value: ({ paidSat }) => paidSat,
  },
];

/** Power, price and what was paid, second by second. */
export function ChartCard({ trade }: { readonly trade: TradeModel }) {
  const [minutes, setMinutes] = useState<number>(5);
  const [pausedAt, setPausedAt] = useState<number | null>(null);
  const [table, setTable] = useState(false);
  const until = pausedAt ?? now.value;
  const from = until - 60 * minutes;
  // the utility sees no payments between traders
  const lines = trade.node.role === 'utility' ? LINES.slice(0, 2) : LINES;
  trade.samples.version.value;
  const samples = trade.samples.since(from).filter(({ time }) => time <= until);
  return (
    <Card
      title="Live"
      wide
      aside={
        <div class="buttons">
          <label class="window">
            Window{' '}
            <select
              class="input"
              value={minutes}
              onChange={(event) => setMinutes(Number(event.currentTarget.value))}
            >
              {WINDOWS.map((each) => (
                <option key={each} value={each}>
                  {each} min
                </option>
              ))}
            </select>
          </label>
          <Button
            pressed={pausedAt !== null}
            onClick={() => setPausedAt(pausedAt === null ? now.peek() : null)}
          >
            Pause
          </Button>
          <Button pressed={table} onClick={() => setTable(!table)}>
            As a table
          </Button>
        </div>
      }
    >
      {table ? (
        <SampleTable lines={lines} samples={samples} minutes={minutes} />
      ) : (
        <div class="plots">
          {lines.map((line) => (
            <LivePlot
              key={`${line.title} ${theme.value}`}
              line={line}
              samples={samples}
              from={from}
              until={until}
            />
          ))}
        </div>
      )}
      <p class="hint">
        {stage.value === null
          ? 'Power is the energy of the units ordered within a minute.'
          : 'Power is what the sun of the laboratory gives the producer.'}{' '}
        The curves begin when this page is opened. Times are UTC.
      </p>
    </Card>
  );
}

interface LivePlotProps {
  readonly line: Line;
  readonly samples: readonly Sample[];
  readonly from: number;
  readonly until: number;
}

function LivePlot({ line, samples, from, until }: LivePlotProps) {
  const target = useRef<HTMLDivElement>(null);
  const plot = useRef<Plot | null>(null);
  const [ready, setReady] = useState(false);
  useEffect(() => {
    let gone = false;
    void import('./plot.ts').then(({ plotIn }) => {
      if (gone || target.current === null) return;
      plot.current = plotIn(target.current, line);
      setReady(true);
    });
    return () => {
      gone = true;
      plot.current?.destroy();
      plot.current = null;
    };
  }, [line]);
  useEffect(() => {
    if (ready)
      plot.current?.draw(
        samples.map(({ time }) => time),
        samples.map(line.value),
        from,
        until,
      );
  }, [ready, samples, line, from, until]);
  const newest = samples.at(-1);
  const value = newest === undefined ? null : line.value(newest);
  return (
    <figure class="plot">
      <figcaption>
        {line.title}{' '}
        <strong>
          {shown(value)} <span class="unit">{line.unit}</span>
        </strong>
      </figcaption>
      <div ref={target} class="plot-area" aria-hidden="true" />
    </figure>
  );
}

/** Rows of the table, at most. */
const MOST_ROWS = 12;

function SampleTable({
  lines,
  samples,
  minutes,
}: {
  readonly lines: readonly Line[];
  readonly samples: readonly Sample[];
  readonly minutes: number;
}) {
  const gap = Math.max(1, Math.round((60 * minutes) / MOST_ROWS));
  const rows = samples
    .filter(({ time }, index) => index === samples.length - 1 || time % gap === 0)
    .toReversed();
  return (
    <TableFrame label="Power, price and what was paid">
      <caption class="sr-only">Power, price and what was paid, newest first</caption>
      <thead>
        <tr>
          <th scope="col">Time (UTC)</th>
          {lines.map(({ title, unit }) => (
            <th key={title} scope="col" class="number">
              {title}, {unit}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {rows.slice(0, MOST_ROWS).map((sample) => (
          <tr key={sample.time}>
            <th scope="row">{new Date(sample.time * 1000).toISOString().slice(11, 19)}</th>
            {lines.map((line) => (
              <td key={line.title} class="number">
                {shown(line.value(sample))}
              </td>
            ))}
          </tr>
        ))}
      </tbody>
    </TableFrame>
  );
}

/** A value of the chart, in words for the eye: drawn, not counted with. */
function shown(value: number | null): string {
  return value === null ? '–' : grouped(Math.round(value));
}
