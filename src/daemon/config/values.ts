import { resolve } from 'node:path';
import { z } from 'zod';

/** Kinds of settings. Each takes what a file has (a number, a word) and what a flag or the environment has (text). */

/** A place to listen at or to connect to. */
export interface Address {
  readonly host: string;
  readonly port: number;
}

/** A whole number from `least` to `most`. */
export function integer(least: number, most: number) {
  const allowed = `a whole number from ${least} to ${most}`;
  return z.preprocess(
    (value) => (typeof value === 'string' && /^\d{1,15}$/.test(value) ? Number(value) : value),
    z
      .int({ error: `must be ${allowed}` })
      .min(least, `must be ${allowed}`)
      .max(most, `must be ${allowed}`),
  );
}

const WORDS: Readonly<Record<string, boolean>> = { true: true, false: false, yes: true, no: false };

/** Yes or no; a flag without a value is yes. */
export function yesOrNo() {
  return z.preprocess(
    (value) => (typeof value === 'string' ? (WORDS[value] ?? value) : value),
    z.boolean({ error: 'must be true or false' }),
  );
}

/** One of some words; `refusals` says why others that somebody may try are not among them. */
export function oneOf<const T extends readonly [string, ...string[]]>(
  words: T,
  refusals: Readonly<Record<string, string>> = {},
) {
  return z.enum(words, {
    error: ({ input }) => refusals[String(input)] ?? `must be one of ${words.join(', ')}`,
  });
}

/** A file or directory, made absolute. */
export function path() {
  return z
    .string({ error: 'must be a path' })
    .min(1, 'must be a path')
    .refine((text) => !text.includes('\0'), 'must be a path')
    .transform((text) => resolve(text));
}

export function text(pattern: RegExp, form: string) {
  return z.string({ error: `must be ${form}` }).regex(pattern, `must be ${form}`);
}

/** Host names with commas between, or nothing. */
export function names() {
  return text(/^([a-z0-9._-]+(,[a-z0-9._-]+)*)?$/, 'host names in lower case, with commas between');
}

/** Origins of pages on the web with commas between, or nothing. */
export function origins() {
  const one = 'https?://[a-z0-9._-]+(:\\d{1,5})?';
  return text(new RegExp(`^(${one}(,${one})*)?$`), 'origins like https://example.org, with commas between');
}

/** The parts of a list with commas. */
export function listOf(value: string): readonly string[] {
  return value === '' ? [] : value.split(',');
}

const ADDRESS = /^(?:\[([0-9A-Fa-f:.]+)\]|([A-Za-z0-9_.-]+)):(\d{1,5})$/;
const ADDRESS_FORM = 'must be HOST:PORT, for example 127.0.0.1:9735 or [::1]:9735';

/** `host:port`; port 0 takes a free one. */
export function address() {
  return z.string({ error: ADDRESS_FORM }).transform((value, context): Address => {
    const parts = ADDRESS.exec(value);
    const port = Number(parts?.[3]);
    if (parts === null || port > 65_535) {
      context.addIssue({ code: 'custom', message: ADDRESS_FORM });
      return z.NEVER;
    }
    return { host: parts[1] ?? parts[2] ?? '', port };
  });
}

/** `http://host:port` without a login. */
export function httpUrl() {
  const form = 'must be http://HOST:PORT, without user and password';
  return z.string({ error: form }).refine((value) => {
    const url = URL.canParse(value) ? new URL(value) : undefined;
    return url?.protocol === 'http:' && url.username === '' && url.password === '';
  }, form);
}

export function addressText({ host, port }: Address): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}

/** Whether only programs of this machine reach it. */
export function isLoopback({ host }: Address): boolean {
  return host === 'localhost' || host === '::1' || /^127(\.\d{1,3}){3}$/.test(host);
}
