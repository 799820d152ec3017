/**
 * `make`, called once for each object: the answer is kept as long as the object lives. Only for pure functions of
 * values that never change, so that nobody can tell it from `make` but by the clock.
 */
export function remembered<K extends WeakKey, V>(make: (key: K) => V): (key: K) => V {
  const answers = new WeakMap<K, V>();
  return (key) => {
    const known = answers.get(key);
    if (known !== undefined) return known;
    const answer = make(key);
    answers.set(key, answer);
    return answer;
  };
}

/**
 * For each object the newest `most` words for which `holds` answered yes, so that it need not be asked again. For the same
 * functions as {@link remembered}.
 */
export function newestThatHold<K extends WeakKey>(
  most: number,
): (key: K, word: string, holds: () => boolean) => boolean {
  const words = new WeakMap<K, Set<string>>();
  return (key, word, holds) => {
    const known = words.get(key) ?? new Set();
    words.set(key, known);
    if (known.has(word)) return true;
    if (!holds()) return false;
    known.add(word);
    const [oldest] = known;
    if (known.size > most && oldest !== undefined) known.delete(oldest);
    return true;
  };
}

/** Of `make`'s answers the newest four, by a key that is a number. For the same functions as {@link remembered}. */
export function newestRemembered<K extends number | bigint, V>(make: (key: K) => V): (key: K) => V {
  const answers = new Map<K, V>();
  return (key) => {
    const known = answers.get(key);
    if (known !== undefined) return known;
    const answer = make(key);
    answers.set(key, answer);
    const [oldest] = answers.keys();
    if (answers.size > 4 && oldest !== undefined) answers.delete(oldest);
    return answer;
  };
}
