import type { Attack } from '../attack.ts';
import { LIE } from './lies.ts';
import { OPENING } from './opening.ts';
import { PUBLISH } from './publish.ts';
import { SIGN } from './sign.ts';
import { SPEND } from './spend.ts';
import { WORD } from './utility.ts';

/** Every attack, in the order in which the document explains them. */
export const ATTACKS: readonly Attack[] = [...OPENING, ...PUBLISH, ...SPEND, ...SIGN, ...WORD, ...LIE];
