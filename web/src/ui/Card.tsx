import type { ComponentChildren } from 'preact';
import { useContext, useId } from 'preact/hooks';
import { PartyHeading } from './party.ts';

export interface CardProps {
  readonly title: string;
  readonly children: ComponentChildren;
  /** Beside the title: a button, a badge. */
  readonly aside?: ComponentChildren;
  readonly wide?: boolean;
}

/** A part of a view, with its heading; for screen readers also with the party's name, where there are several. */
export function Card({ title, children, aside, wide = false }: CardProps) {
  const id = useId();
  const party = useContext(PartyHeading);
  return (
    <section
      class={wide ? 'card card-wide' : 'card'}
      aria-labelledby={party === null ? id : `${party} ${id}`}
    >
      <header class="card-head">
        <h2 id={id}>{title}</h2>
        {aside}
      </header>
      {children}
    </section>
  );
}
