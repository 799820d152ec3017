import { err, ok, type Result } from '../../base/result.ts';

/** Strings, comments and everything else of a text that is JSON with comments. */
const TOKEN = /"(?:[^"\\\n]|\\.)*"|\/\/[^\n]*|\/\*[\s\S]*?\*\//g;

/**
 * Parses JSON in which `// …` and `/* … *\/` are comments. The reason of a failure names line and column, and holds
 * nothing of the text.
 */
export function parseJsonWithComments(text: string): Result<unknown, string> {
  const plain = text.replace(TOKEN, (token) =>
    token.startsWith('"') ? token : token.replace(/[^\n]/g, ' '),
  );
  try {
    return ok(JSON.parse(plain));
  } catch (error) {
    const position = /position (\d+)/.exec(error instanceof Error ? error.message : '')?.[1];
    if (position === undefined) return err('is not JSON: it ends too early');
    const before = plain.slice(0, Number(position)).split('\n');
    return err(`is not JSON: line ${before.length}, column ${(before.at(-1) ?? '').length + 1}`);
  }
}
