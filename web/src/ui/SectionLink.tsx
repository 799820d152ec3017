import { SECTIONS, type Section, sectionLink } from '../text/sections.ts';

/** The section of the protocol that says so, in a page of its own. */
export function SectionLink({ section }: { readonly section: Section }) {
  return (
    <a class="section-link" href={sectionLink(section)} target="_blank" rel="noreferrer">
      <span aria-hidden="true">§ </span>
      <span class="sr-only">Protocol, section </span>
      {SECTIONS[section]}
    </a>
  );
}
