/** A piece of a document between fences. */
export interface CodeBlock {
  /** What stands after the opening fence. */
  readonly language: string;
  readonly text: string;
  /** Line of the document, from 1, on which the text begins. */
  readonly line: number;
}

/** The code blocks of a Markdown text, in order. */
export function codeBlocks(markdown: string): readonly CodeBlock[] {
  const blocks: CodeBlock[] = [];
  let open: { language: string; lines: string[]; line: number } | undefined;
  markdown.split('\n').forEach((text, at) => {
    const fence = /^```(\w*)$/.exec(text);
    if (fence === null) open?.lines.push(text);
    else if (open === undefined) open = { language: fence[1] ?? '', lines: [], line: at + 2 };
    else {
      blocks.push({ language: open.language, text: open.lines.join('\n'), line: open.line });
      open = undefined;
    }
  });
  return blocks;
}

/** Whether a line of output is of the shape that the document shows: figures, ids and paths may differ, words may not. */
export function hasShape(actual: string, shown: string, home: string): boolean {
  const [real, wanted] = [shapeOf(actual.replaceAll(home, '~')), shapeOf(shown)];
  const pattern = wanted.split('…').map(escaped).join('.*');
  return new RegExp(`^${pattern}$`).test(real);
}

/** Ids become ID, figures N, and space between columns one. */
function shapeOf(line: string): string {
  return line
    .replace(/\b[0-9a-f]{6,}…[0-9a-f]{2,}\b/g, 'ID')
    .replace(/\b0[23][0-9a-f]{0,64}…(?:[0-9a-f]{2,}\b)?/g, 'ID')
    .replace(/\b[0-9a-f]{64,66}\b/g, 'ID')
    .replace(/\d[\d,]*(\.\d+)?/g, 'N')
    .replace(/\s+/g, ' ')
    .trim();
}

function escaped(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}

/** The first line of `shown` that is not in `actual` after those before it; `undefined` when all are, in order. */
export function firstMissing(actual: string, shown: string, home: string): string | undefined {
  const lines = actual.split('\n');
  let at = 0;
  for (const wanted of shown.split('\n')) {
    const found = lines.findIndex((line, index) => index >= at && hasShape(line, wanted, home));
    if (found < 0) return wanted;
    at = found + 1;
  }
  return undefined;
}
