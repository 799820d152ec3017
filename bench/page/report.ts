/** Times of frames: from one to the next, as `requestAnimationFrame` has them. */
export interface FrameFigures {
  readonly frames: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly mostMs: number;
  /** Frames that took longer than 50 ms. */
  readonly over50: number;
  /** Tasks of 50 ms and more, by the browser's count. */
  readonly longTasks: number;
  readonly longestTaskMs: number;
  /** What the page's thread did in all, over the frames. */
  readonly busyPerFrameMs: number;
}

/** After a forced garbage collection. */
export interface MemoryFigures {
  readonly heapBytes: number;
  readonly arrayBufferBytes: number;
  readonly nodes: number;
  readonly listeners: number;
}

export interface BundleFigures {
  readonly name: string;
  /** Whether the page asks for it before anything else is shown. */
  readonly isFirst: boolean;
  readonly bytes: number;
  readonly gzipBytes: number;
}

export interface PageReport {
  readonly browser: string;
  readonly cores: number;
  readonly history: number;
  readonly wantedPerSecond: number;
  readonly unitsPerSecond: number;
  readonly seconds: number;
  /** The page with nothing to do, on the same machine, before the stream and after it. */
  readonly idle: readonly FrameFigures[];
  readonly stream: FrameFigures;
  readonly memory: readonly {
    readonly when: string;
    readonly units: number;
    readonly figures: MemoryFigures;
  }[];
  readonly coldStartsMs: readonly number[];
  readonly bundle: readonly BundleFigures[];
  /** Whether the totals that the page shows were those of the node at the end. */
  readonly totalsEqual: boolean;
}

/** The figures as lines of text. */
export function describePage(report: PageReport): readonly string[] {
  const [before, after] = report.idle;
  const sorted = report.coldStartsMs.toSorted((a, b) => a - b);
  const sum = (of: (file: BundleFigures) => number, first: boolean) =>
    report.bundle.filter(({ isFirst }) => isFirst === first).reduce((total, file) => total + of(file), 0);
  return [
    `${report.browser}, ${report.cores} cores; ${report.history} units of history, then ${report.seconds} s at ${fixed(report.unitsPerSecond)} units/s (${report.wantedPerSecond} asked for)`,
    'frames, ms     count    p50    p99   most  over 50  long tasks  longest  busy per frame',
    ...(before === undefined ? [] : [frameLine('idle before', before)]),
    frameLine('stream', report.stream),
    ...(after === undefined ? [] : [frameLine('idle after', after)]),
    'memory after collection   units  heap MB  buffers MB  nodes  listeners',
    ...report.memory.map(
      ({ when, units, figures }) =>
        `  ${when.padEnd(22)} ${pad(units, 6)} ${pad(megabytes(figures.heapBytes), 8)} ${pad(megabytes(figures.arrayBufferBytes), 11)} ${pad(figures.nodes, 6)} ${pad(figures.listeners, 10)}`,
    ),
    `first view painted after a cold start, ms: ${sorted.map((ms) => fixed(ms, 0)).join(', ')}`,
    `bundle before the first view: ${kilobytes(sum(({ bytes }) => bytes, true))} kB, ${kilobytes(sum(({ gzipBytes }) => gzipBytes, true))} kB with gzip; later, on demand: ${kilobytes(sum(({ bytes }) => bytes, false))} kB, ${kilobytes(sum(({ gzipBytes }) => gzipBytes, false))} kB`,
    ...report.bundle.map(
      ({ name, bytes, gzipBytes, isFirst }) =>
        `  ${name.padEnd(36)} ${pad(kilobytes(bytes), 8)} ${pad(kilobytes(gzipBytes), 8)}${isFirst ? '' : '  on demand'}`,
    ),
    report.totalsEqual
      ? 'totals of the page: those of the node, to the millisatoshi'
      : 'TOTALS OF THE PAGE DIFFER from those of the node',
  ];
}

function frameLine(name: string, figures: FrameFigures): string {
  return [
    name.padEnd(13),
    pad(figures.frames, 6),
    pad(fixed(figures.p50Ms), 6),
    pad(fixed(figures.p99Ms), 6),
    pad(fixed(figures.mostMs), 6),
    pad(figures.over50, 8),
    pad(figures.longTasks, 11),
    pad(fixed(figures.longestTaskMs), 8),
    pad(fixed(figures.busyPerFrameMs, 2), 15),
  ].join(' ');
}

function pad(value: number | string, width: number): string {
  return String(value).padStart(width);
}

function fixed(value: number, digits = 1): string {
  return value.toFixed(digits);
}

function megabytes(bytes: number): string {
  return fixed(bytes / 1e6, 2);
}

function kilobytes(bytes: number): string {
  return fixed(bytes / 1e3);
}
