import { type Part, segments } from './segments.ts';

const FRAME = { width: 1000, height: 10 } as const;
const LEAST = 6;

export interface SplitBarProps<K extends string> {
  readonly parts: readonly Part<K>[];
  readonly label: string;
  /** A part in words, for a screen reader and where one points at it. */
  readonly textOf: (part: Part<K>) => string;
}

/** Amounts side by side in one frame, which they always fill. Each has the colour of `part-KEY` (parts.css). */
export function SplitBar<K extends string>({ parts, label, textOf }: SplitBarProps<K>) {
  const shown = segments(parts, FRAME.width, LEAST);
  return (
    <svg
      class="split-bar"
      viewBox={`0 0 ${FRAME.width} ${FRAME.height}`}
      preserveAspectRatio="none"
      role="img"
      aria-label={`${label}: ${shown.map(textOf).join(', ')}`}
    >
      {shown.map((part) => (
        <rect
          key={part.key}
          class={`part part-${part.key}`}
          x={part.from}
          y={0}
          width={part.width}
          height={FRAME.height}
        >
          <title>{textOf(part)}</title>
        </rect>
      ))}
    </svg>
  );
}
