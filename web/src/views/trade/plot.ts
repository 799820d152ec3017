import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';

/** One curve over the time. */
export interface Plot {
  /** Seconds, and a value for each; null is a gap. The axis shows `from` to `to`. */
  draw(times: readonly number[], values: readonly (number | null)[], from: number, to: number): void;
  destroy(): void;
}

export interface PlotOptions {
  /** Name of a colour in tokens.css, for example `--accent`. */
  readonly colour: string;
  /** Steps: a value holds until the next one. */
  readonly steps: boolean;
}

const HEIGHT = 110;
const SYNC = uPlot.sync('trade');

/** Draws in `target`, as wide as it is, in the colours of the theme. */
export function plotIn(target: HTMLElement, { colour, steps }: PlotOptions): Plot {
  let range: [number, number] = [0, 1];
  const colourOf = (name: string) => getComputedStyle(target).getPropertyValue(name).trim() || 'gray';
  const resolved = (name: string) => resolve(target, colourOf(name));
  const axis = () => ({
    stroke: () => resolved('--ink-soft'),
    grid: { stroke: () => resolved('--line'), width: 1 },
    ticks: { stroke: () => resolved('--line'), width: 1 },
  });
  const plot = new uPlot(
    {
      width: Math.max(200, target.clientWidth),
      height: HEIGHT,
      legend: { show: false },
      cursor: { sync: { key: SYNC.key }, points: { show: false }, drag: { x: false, y: false } },
      scales: {
        x: { time: true, range: () => range },
        y: { range: (_plot, least, most) => bounds(least, most) },
      },
      axes: [
        { ...axis(), size: 26, space: 70, values: (_plot, splits) => splits.map(clock) },
        { ...axis(), size: 58, space: 26, values: (_plot, splits) => splits.map(short) },
      ],
      series: [
        {},
        {
          stroke: () => resolved(colour),
          width: 2,
          points: { show: false },
          ...(steps ? { paths: steppedPaths() } : {}),
        },
      ],
    },
    [[], []],
    target,
  );
  const resized = new ResizeObserver(() =>
    plot.setSize({ width: Math.max(200, target.clientWidth), height: HEIGHT }),
  );
  resized.observe(target);
  return {
    draw: (times, values, from, to) => {
      range = [from, to];
      plot.setData([[...times], [...values]]);
    },
    destroy: () => {
      resized.disconnect();
      plot.destroy();
    },
  };
}

function steppedPaths(): uPlot.Series.PathBuilder {
  const { stepped } = uPlot.paths;
  if (stepped === undefined) throw new Error('uPlot has no steps');
  return stepped({ align: 1 });
}

/** A canvas takes no `light-dark()`: what the browser makes of it here. */
function resolve(near: HTMLElement, colour: string): string {
  const probe = document.createElement('i');
  probe.style.color = colour;
  near.append(probe);
  const { color } = getComputedStyle(probe);
  probe.remove();
  return color;
}

/** From 0, so that a height means something; some room above. */
function bounds(least: number | null, most: number | null): [number, number] {
  const top = most === null || most <= 0 ? 1 : most * 1.1;
  return [Math.min(0, least ?? 0), top];
}

function clock(seconds: number): string {
  return new Date(seconds * 1000).toISOString().slice(11, 19);
}

function short(value: number): string {
  if (Math.abs(value) >= 1e6) return `${round(value / 1e6)} M`;
  if (Math.abs(value) >= 1e4) return `${round(value / 1e3)} k`;
  return round(value);
}

function round(value: number): string {
  return String(Math.round(value * 100) / 100);
}
