import type { ComponentChildren } from 'preact';

export interface TableFrameProps {
  /** What the table is of. */
  readonly label: string;
  readonly children: ComponentChildren;
}

/** A table that scrolls in itself where it is too wide, also by keyboard. */
export function TableFrame({ label, children }: TableFrameProps) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reachable by keyboard
    <section class="table-frame" aria-label={label} tabIndex={0}>
      <table>{children}</table>
    </section>
  );
}
