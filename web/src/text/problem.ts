/** What went wrong, in plain words, and the way out. */
export interface Problem {
  readonly what: string;
  readonly wayOut: string;
}
