import type { ComponentChildren } from 'preact';
import { useId, useRef } from 'preact/hooks';
import { TERMS, type TermName } from '../text/glossary.ts';
import { SectionLink } from './SectionLink.tsx';

export interface TermProps {
  readonly name: TermName;
  /** Other words for it, where it stands; default: its name. */
  readonly children?: ComponentChildren;
}

const EDGE_PX = 8;
const BELOW_PX = 4;

/** A word of the trade, explained where it stands: by click, touch or Enter; Escape closes. */
export function Term({ name, children = name }: TermProps) {
  const id = useId();
  const button = useRef<HTMLButtonElement>(null);
  const note = useRef<HTMLSpanElement>(null);
  const { text, section } = TERMS[name];
  const place = () => {
    const word = button.current?.getBoundingClientRect();
    const box = note.current;
    if (word === undefined || box === null || !box.matches(':popover-open')) return;
    const left = Math.min(word.left, innerWidth - box.offsetWidth - EDGE_PX);
    const below = word.bottom + BELOW_PX;
    const top = below + box.offsetHeight > innerHeight ? word.top - box.offsetHeight - BELOW_PX : below;
    box.style.left = `${Math.max(EDGE_PX, left)}px`;
    box.style.top = `${Math.max(EDGE_PX, top)}px`;
  };
  return (
    <>
      <button ref={button} type="button" class="term" popovertarget={id} aria-describedby={id}>
        {children}
      </button>
      <span ref={note} id={id} class="term-note" popover="auto" onToggle={place}>
        {text} <SectionLink section={section} />
      </span>
    </>
  );
}
