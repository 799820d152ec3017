import type { ChannelError } from '../../../src/channel/error.ts';
import type { SettlingReason } from '../../../src/channel/state.ts';
import type { CauseText, Values } from './explanation.ts';
import { LIFE_CAUSES } from './lifeCauses.ts';
import { MESSAGE_CAUSES } from './messageCauses.ts';
import { OPENING_CAUSES } from './openingCauses.ts';
import { TRADE_CAUSES } from './tradeCauses.ts';

/** Every code that a channel can name as its reason. */
export type CauseCode = ChannelError['code'] | SettlingReason['code'];

/** All codes; a new one in the program is a type error here. */
const CAUSES: Readonly<Record<CauseCode, (values: Values) => CauseText>> = {
  ...OPENING_CAUSES,
  ...TRADE_CAUSES,
  ...MESSAGE_CAUSES,
  ...LIFE_CAUSES,
  protocolError: ({ error = '' }) => {
    const inner = explainLine(error);
    return { ...inner, what: `The other side broke the protocol. ${inner.what}` };
  },
};

export const CAUSE_CODES = Object.keys(CAUSES) as readonly CauseCode[];

/** A cause as the node names it. */
export function explainCause({
  code,
  values,
}: {
  readonly code: string;
  readonly values: Values;
}): CauseText {
  return Object.hasOwn(CAUSES, code)
    ? CAUSES[code as CauseCode](values)
    : {
        what: `The node gives the reason “${code}”, which this page does not know.`,
        wayOut: 'Load the page again: it may be older than the node.',
        section: '14-properties',
      };
}

/** A cause that was written as one line: its code, then `name=value`. */
export function explainLine(line: string): CauseText {
  const [code = '', ...rest] = line.trim().split(' ');
  const values: Record<string, string> = {};
  let last = '';
  for (const word of rest) {
    const at = word.indexOf('=');
    if (at > 0) {
      last = word.slice(0, at);
      values[last] = word.slice(at + 1);
    } else if (last !== '') values[last] += ` ${word}`;
  }
  return Object.hasOwn(CAUSES, code)
    ? CAUSES[code as CauseCode](values)
    : { what: sentence(line), wayOut: 'Nothing was changed by it.', section: '14-properties' };
}

function sentence(text: string): string {
  const said = text.trim();
  return said === '' ? 'No reason was given.' : `The node says: “${said}”.`;
}
