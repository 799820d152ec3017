import type { BroadcastResult } from '../../src/chain/port.ts';

/** Bitcoin Knots gives some of Bitcoin Core's reasons finer names, `testmempoolaccept` one another than the rest. */
const SAME_REASON: readonly (readonly [RegExp, string])[] = [
  [/^truc-/, 'TRUC-violation'],
  [/^dust-/, 'dust'],
  [/^bad-witness-/, 'bad-witness-nonstandard'],
  [/^missing-inputs/, 'bad-txns-inputs-missingorspent'],
];

/** The part of a refusal that every node has in common: no details, no difference between kinds of script flags. */
export async function classOf(result: Promise<BroadcastResult>): Promise<string> {
  const answer = await result;
  if (answer.accepted) return 'accepted';
  const words = /script-verify-flag(?:-failed)? \((.*?)\)(?:$|, )/.exec(answer.reason)?.[1];
  if (words !== undefined) return failed(words);
  const known = SAME_REASON.find(([pattern]) => pattern.test(answer.reason));
  return known?.[1] ?? answer.reason.replace(/(, | \().*$/, '');
}

/** The class of a script that failed with these words. */
export function failed(words: string): string {
  return `script: ${words}`;
}
