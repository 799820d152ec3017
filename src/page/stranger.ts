const WORDS = {
  noSession: {
    title: 'This browser has no session',
    text: 'The wallet opens with an address that is good for one browser, once.',
  },
  badToken: {
    title: 'This address was used, or is not the newest',
    text: 'Each address opens the wallet in one browser, once. A newer address takes its place.',
  },
} as const;

/**
 * What a browser sees that is not let in. It has no script and no style: the policy of the page allows none in it.
 *
 * @param howToEnter what to do for a new address; words of our own
 */
export function strangerPage(why: keyof typeof WORDS, howToEnter: string): string {
  const { title, text } = WORDS[why];
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>Wattlane: ${title}</title>
<h1>${title}</h1>
<p>${text}</p>
<p>${howToEnter}</p>
<p>Was it open in this browser before? <a href="/">Open it again</a>.</p>
</html>
`;
}
