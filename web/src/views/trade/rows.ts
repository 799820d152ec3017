/** Height of a row of a windowed list, pixels. */
export const ROW_PX = 38;
const MARGIN = 6;

/** The rows to draw of `count`, first and one after the last, for a frame of `height` that is scrolled to `top`. */
export function rowsInView(top: number, height: number, count: number): readonly [number, number] {
  const first = Math.floor(Math.max(0, top) / ROW_PX) - MARGIN;
  const end = Math.ceil((Math.max(0, top) + height) / ROW_PX) + MARGIN;
  return [Math.min(Math.max(0, first), count), Math.min(Math.max(0, end), count)];
}

/** Where the frame scrolls so that row `index` is in view; `top` if it is already. `head`: what covers the frame above. */
export function scrollTo(index: number, top: number, height: number, head: number): number {
  const start = index * ROW_PX;
  if (start < top) return start;
  return start + ROW_PX + head > top + height ? start + ROW_PX + head - height : top;
}

/** The row that a key of a grid goes to from row `index`; undefined for other keys. */
export function rowAfterKey(key: string, index: number, count: number, page: number): number | undefined {
  const steps: Readonly<Record<string, number>> = {
    ArrowDown: 1,
    ArrowUp: -1,
    PageDown: page,
    PageUp: -page,
    Home: -count,
    End: count,
  };
  const step = steps[key];
  return step === undefined ? undefined : Math.min(Math.max(0, index + step), count - 1);
}
