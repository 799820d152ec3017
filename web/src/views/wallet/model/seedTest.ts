/** Positions of words that are asked for, from 1, in order. */
export function askedPositions(words: number, random: readonly number[]): readonly number[] {
  const left = Array.from({ length: words }, (_, index) => index + 1);
  const asked = random.map((number) => left.splice(number % left.length, 1)[0] as number);
  return asked.sort((a, b) => a - b);
}

/** Which of the answers are wrong, by their index; how a word is written does not count. */
export function wrongAnswers(asked: readonly string[], answers: readonly string[]): readonly number[] {
  return asked.flatMap((word, index) => (spelled(answers[index] ?? '') === spelled(word) ? [] : [index]));
}

function spelled(word: string): string {
  return word.normalize('NFKD').trim().toLowerCase();
}
