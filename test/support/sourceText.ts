/** A module specifier and the line it stands on, from 1. */
export interface Import {
  readonly specifier: string;
  readonly line: number;
}

/** What the import rules need to know of one TypeScript file. */
export interface SourceFacts {
  readonly imports: readonly Import[];
  /** Lines with an `import()` whose argument is not a plain string. */
  readonly computedImports: readonly number[];
  /** The text with comments, strings and regular expressions blanked out; line breaks stay. */
  readonly code: string;
}

/** Reads a file's imports and exports-from, static and dynamic, type-only ones included. */
export function sourceFacts(text: string): SourceFacts {
  const { code, strings } = blank(text);
  const specifierAt = (quote: number) => strings.get(quote) as string;
  const imports = [...code.matchAll(/\b(?:from|import|import\s*\()\s*(?=['"])/g)].map((match) => ({
    specifier: specifierAt(match.index + match[0].length),
    line: lineAt(code, match.index),
  }));
  const computedImports = [...code.matchAll(/\bimport\s*\(\s*(?!['"\s])/g)].map((match) =>
    lineAt(code, match.index),
  );
  return { imports, computedImports, code };
}

export function lineAt(text: string, offset: number): number {
  return text.slice(0, offset).split('\n').length;
}

interface Blanked {
  readonly code: string;
  /** Strings in quotes by the offset of their opening quote. */
  readonly strings: ReadonlyMap<number, string>;
}

/** Where a slash begins a regular expression: behind these it cannot divide. */
const BEFORE_REGEX = /(?:^|[(,=:[!&|?{};+\-*%<>~^]|\b(?:return|typeof|case|in|of|await|yield))\s*$/;

function blank(text: string): Blanked {
  const strings = new Map<number, string>();
  const chars = text.split('');
  const wipe = (from: number, to: number) => {
    for (let i = from; i < to; i++) if (chars[i] !== '\n') chars[i] = ' ';
  };
  // one entry for each template that is open: the depth of braces in its present ${}
  const templates: number[] = [];
  let at = 0;

  const template = (from: number) => {
    const end = endOf(text, from, /`|\$\{/);
    const closes = text[end] === '`';
    wipe(from, end);
    if (!closes) templates.push(0);
    at = end + (closes ? 1 : 2);
  };

  while (at < text.length) {
    const char = text[at];
    const depth = templates.length - 1;
    if (text.startsWith('//', at)) {
      const end = indexOr(text, '\n', at);
      wipe(at, end);
      at = end;
    } else if (text.startsWith('/*', at)) {
      const end = indexOr(text, '*/', at + 2) + 2;
      wipe(at, end);
      at = end;
    } else if (char === "'" || char === '"') {
      const end = endOf(text, at + 1, char === '"' ? /"/ : /'/);
      strings.set(at, text.slice(at + 1, end));
      wipe(at + 1, end);
      at = end + 1;
    } else if (char === '`') {
      template(at + 1);
    } else if (char === '/' && BEFORE_REGEX.test(chars.slice(Math.max(0, at - 80), at).join(''))) {
      const end = endOfRegex(text, at + 1);
      wipe(at, end);
      at = end;
    } else {
      if (char === '{' && depth >= 0) templates[depth] = (templates[depth] as number) + 1;
      if (char === '}' && depth >= 0) {
        if (templates[depth] === 0) {
          templates.pop();
          template(at + 1);
          continue;
        }
        templates[depth] = (templates[depth] as number) - 1;
      }
      at += 1;
    }
  }
  return { code: chars.join(''), strings };
}

function indexOr(text: string, needle: string, from: number): number {
  const found = text.indexOf(needle, from);
  return found < 0 ? text.length : found;
}

/** Offset of the first match of `end` that no backslash escapes. */
function endOf(text: string, from: number, end: RegExp): number {
  for (let at = from; at < text.length; at++) {
    if (text[at] === '\\') at += 1;
    else if (text.slice(at, at + 2).search(end) === 0) return at;
  }
  return text.length;
}

/** Offset behind the closing slash; a slash in a class does not close. */
function endOfRegex(text: string, from: number): number {
  let inClass = false;
  for (let at = from; at < text.length; at++) {
    const char = text[at];
    if (char === '\\') at += 1;
    else if (char === '[') inClass = true;
    else if (char === ']') inClass = false;
    else if (char === '/' && !inClass) return at + 1;
  }
  return text.length;
}
