import { Marked, type Tokens } from 'marked';
import { type Heading, headingIds } from './headings.ts';

/**
 * docs/protocol.md as the content of a page: headings with the ids by which sections are linked, and no link that leads
 * out of the page. What the text says of other documents of the repository keeps its words.
 */
export function renderProtocol(markdown: string): string {
  const headings = headingIds(markdown);
  let next = 0;
  const marked = new Marked({
    gfm: true,
    renderer: {
      heading({ tokens, depth }: Tokens.Heading) {
        const id = headings[next++]?.id ?? '';
        return `<h${depth} id="${id}">${this.parser.parseInline(tokens)}</h${depth}>\n`;
      },
      link({ href, tokens }: Tokens.Link) {
        const words = this.parser.parseInline(tokens);
        return href.startsWith('#') ? `<a href="${href}">${words}</a>` : `<cite>${words}</cite>`;
      },
    },
  });
  const body = (marked.parse(markdown) as string)
    // a wide table scrolls in itself, also by keyboard
    .replaceAll('<table>', '<div class="table-frame" tabindex="0" role="region" aria-label="Table"><table>')
    .replaceAll('</table>', '</table></div>')
    .replaceAll('<pre>', '<pre tabindex="0">');
  return `<nav class="contents" aria-label="Sections">${contents(headings)}</nav>\n<main id="main">${body}</main>`;
}

function contents(headings: readonly Heading[]): string {
  const rows = headings
    .filter(({ level }) => level === 2 || level === 3)
    .map(({ level, id, text }) => `<li class="level-${level}"><a href="#${id}">${escaped(text)}</a></li>`);
  return `<ul>${rows.join('')}</ul>`;
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('`', '');
}
