import type { ComponentChildren } from 'preact';
import { useId } from 'preact/hooks';

export interface CardProps {
  readonly title: string;
  readonly children: ComponentChildren;
  /** Beside the title: a button, a badge. */
  readonly aside?: ComponentChildren;
  readonly wide?: boolean;
}

/** A part of a view, with its heading. */
export function Card({ title, children, aside, wide = false }: CardProps) {
  const id = useId();
  return (
    <section class={wide ? 'card card-wide' : 'card'} aria-labelledby={id}>
      <header class="card-head">
        <h2 id={id}>{title}</h2>
        {aside}
      </header>
      {children}
    </section>
  );
}
