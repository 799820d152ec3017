import type { Verb } from '../session.ts';
import { completionVerb } from './completion.ts';

/** Every verb, in the order in which a reader of the help meets them. */
export const VERBS: readonly Verb[] = [completionVerb];
