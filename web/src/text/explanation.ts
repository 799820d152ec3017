import type { Section } from './sections.ts';

/** What happened, why, and where the protocol says so. */
export interface Explanation {
  readonly what: string;
  readonly why: string;
  readonly section: Section;
  /** `bad`: somebody lost by it or was wronged; `warn`: one should look; `good`: it went as wished. */
  readonly tone: 'info' | 'good' | 'warn' | 'bad';
}

/** Why something was done or refused, what one can do, and where the protocol says so. */
export interface CauseText {
  /** A sentence. */
  readonly what: string;
  readonly wayOut: string;
  readonly section: Section;
}

/** The values that come with a code, as texts. */
export type Values = Readonly<Record<string, string>>;
export type CauseTable = Readonly<Record<string, (values: Values) => CauseText>>;
