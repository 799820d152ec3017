import { err, ok, type Result } from '../../base/result.ts';

/** Names, other strings, and where objects and lists begin and end, of a text that is JSON. */
const PART = /("(?:[^"\\\n]|\\.)*")(\s*:)?|[{}[\]]/g;

/** Strings, comments and everything else of a text that is JSON with comments. */
const TOKEN = /"(?:[^"\\\n]|\\.)*"|\/\/[^\n]*|\/\*[\s\S]*?\*\//g;

/**
 * Parses JSON in which `// …` and `/* … *\/` are comments, and no name stands twice in an object: JSON would take the last
 * without a word. The reason of a failure names line and column, and holds nothing of the text.
 */
export function parseJsonWithComments(text: string): Result<unknown, string> {
  const plain = text.replace(TOKEN, (token) =>
    token.startsWith('"') ? token : token.replace(/[^\n]/g, ' '),
  );
  try {
    const value: unknown = JSON.parse(plain);
    const again = nameAgain(plain);
    return again === undefined ? ok(value) : err(`has a name twice: ${placeIn(plain, again)}`);
  } catch (error) {
    const position = /position (\d+)/.exec(error instanceof Error ? error.message : '')?.[1];
    if (position === undefined) return err('is not JSON: it ends too early');
    return err(`is not JSON: ${placeIn(plain, Number(position))}`);
  }
}

/** Where a name stands that its object has already, as an index into JSON. */
function nameAgain(json: string): number | undefined {
  const open: Set<string>[] = [];
  for (const { 0: part, 1: text, 2: colon, index } of json.matchAll(PART)) {
    if (part === '{' || part === '[') open.push(new Set());
    else if (part === '}' || part === ']') open.pop();
    else if (text !== undefined && colon !== undefined) {
      const names = open.at(-1);
      const name: string = JSON.parse(text);
      if (names?.has(name)) return index;
      names?.add(name);
    }
  }
  return undefined;
}

function placeIn(text: string, position: number): string {
  const before = text.slice(0, position).split('\n');
  return `line ${before.length}, column ${(before.at(-1) ?? '').length + 1}`;
}
