/** A heading of a Markdown text: its level, its text, and the id by which it is linked. */
export interface Heading {
  readonly level: number;
  readonly text: string;
  readonly id: string;
}

/**
 * The headings of a Markdown text in their order. Ids as GitHub gives them: small letters, no punctuation, hyphens for spaces;
 * the second of a kind ends in `-1`.
 */
export function headingIds(markdown: string): readonly Heading[] {
  const seen = new Map<string, number>();
  const found: Heading[] = [];
  let inCode = false;
  for (const line of markdown.split('\n')) {
    if (line.startsWith('```')) inCode = !inCode;
    const match = inCode ? null : /^(#{1,6}) +(.+?) *$/.exec(line);
    if (match === null) continue;
    const [, marks = '', text = ''] = match;
    const plain = slug(text);
    const before = seen.get(plain) ?? 0;
    seen.set(plain, before + 1);
    found.push({ level: marks.length, text, id: before === 0 ? plain : `${plain}-${before}` });
  }
  return found;
}

function slug(text: string): string {
  return text
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\- ]/gu, '')
    .replaceAll(' ', '-');
}
