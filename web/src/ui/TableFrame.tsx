import type { ComponentChildren } from 'preact';

export interface TableFrameProps {
  /** What the table is of. */
  readonly label: string;
  readonly children: ComponentChildren;
  /** A class of the table. */
  readonly kind?: string;
}

/** A table that scrolls in itself where it is too wide, also by keyboard. */
export function TableFrame({ label, children, kind }: TableFrameProps) {
  return (
    // biome-ignore lint/a11y/useSemanticElements: no landmark, and no fields
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reachable by keyboard
    <div class="table-frame" role="group" aria-label={label} tabIndex={0}>
      <table class={kind}>{children}</table>
    </div>
  );
}
