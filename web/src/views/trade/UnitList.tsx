import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import type { UnitBook } from '../../nodes/units.ts';
import { ROW_PX, rowAfterKey, rowsInView, scrollTo } from './rows.ts';
import { COLUMNS, type Offered, OfferedRow, Row } from './UnitRows.tsx';

export interface UnitListProps {
  readonly book: UnitBook;
  readonly offered: Offered | null;
  readonly onOpen: (unit: bigint) => void;
}

/** Height of the line with the names. */
const HEAD_PX = 32;
const FIRST_HEIGHT_PX = 400;

/** Every unit as a row, newest first; only rows in view are in the page. Arrows go from row to row, Enter opens one. */
export function UnitList({ book, offered, onOpen }: UnitListProps) {
  const frame = useRef<HTMLDivElement>(null);
  const [top, setTop] = useState(0);
  const [height, setHeight] = useState(FIRST_HEIGHT_PX);
  const [active, setActive] = useState<bigint | null>(null);
  const head = offered === null ? 0 : 1;
  const count = book.size + head;
  const [first, end] = rowsInView(top, height, count);

  useEffect(() => {
    const element = frame.current;
    if (element === null) return;
    const resized = new ResizeObserver(() => setHeight(element.clientHeight));
    resized.observe(element);
    return () => resized.disconnect();
  }, []);
  useKeptInView(frame, count);
  useFocus(frame, active);

  const indexOf = (unit: bigint) => count - 1 - book.positionOf(unit);
  const activeIndex = active === null || book.positionOf(active) === -1 ? -1 : indexOf(active);
  // one row can always be reached by Tab
  const reached = activeIndex >= first && activeIndex < end ? activeIndex : Math.max(first, head);
  const move = (event: KeyboardEvent, index: number) => {
    const element = frame.current;
    const page = Math.max(1, Math.floor(height / ROW_PX) - 2);
    const next = rowAfterKey(event.key, index - head, book.size, page);
    if (next === undefined || element === null) return;
    event.preventDefault();
    const to = next + head;
    setActive(book.at(count - 1 - to).unit);
    element.scrollTop = scrollTo(to, element.scrollTop, element.clientHeight, HEAD_PX);
    setTop(element.scrollTop);
  };
  const rows = [];
  for (let index = Math.max(first, head); index < end; index++) {
    const row = book.at(count - 1 - index);
    rows.push(
      <Row
        key={row.unit}
        row={row}
        index={index}
        reached={index === reached}
        onKey={(event) => move(event, index)}
        onOpen={() => {
          setActive(row.unit);
          onOpen(row.unit);
        }}
      />,
    );
  }
  return (
    <div ref={frame} class="units" tabIndex={-1} onScroll={(event) => setTop(event.currentTarget.scrollTop)}>
      <table aria-rowcount={count + 1}>
        <caption class="sr-only">Units, newest first. Arrow keys go from row to row.</caption>
        <thead>
          <tr aria-rowindex={1}>
            {COLUMNS.map((name) => (
              <th key={name} scope="col" class={`unit-${name.toLowerCase()}`}>
                {name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          <Gap rows={first} />
          {first < head && offered !== null && <OfferedRow offered={offered} />}
          {rows}
          <Gap rows={count - end} />
        </tbody>
      </table>
    </div>
  );
}

/** The room of rows that are not in the page. */
function Gap({ rows }: { readonly rows: number }) {
  return rows === 0 ? null : (
    // biome-ignore lint/a11y/noAriaHiddenOnFocusable: a row without cells takes no focus
    <tr class="unit-gap" aria-hidden="true" style={{ height: `${rows * ROW_PX}px` }} />
  );
}

/** Whoever looks at earlier rows, or has the focus on one, goes on seeing them while new ones come. */
function useKeptInView(frame: { readonly current: HTMLDivElement | null }, count: number): void {
  const before = useRef(count);
  useLayoutEffect(() => {
    const element = frame.current;
    const grown = count - before.current;
    before.current = count;
    if (element === null || grown <= 0) return;
    const hasFocus = element.contains(document.activeElement) && element !== document.activeElement;
    if (element.scrollTop > ROW_PX || hasFocus) element.scrollTop += grown * ROW_PX;
  }, [frame, count]);
}

/** Moves the focus to the row that a key went to. */
function useFocus(frame: { readonly current: HTMLDivElement | null }, active: bigint | null): void {
  useEffect(() => {
    if (active === null) return;
    frame.current
      ?.querySelector<HTMLElement>(`[data-unit="${active}"] button`)
      ?.focus({ preventScroll: true });
  }, [frame, active]);
}
