import pino, { type Logger } from 'pino';
import type { Config } from './config/schema.ts';

/** A structured log. Give it numbers, names and ids; never a whole message, state, action or request. */
export type Log = Logger;

/** Where log lines go, each with its line end. */
export interface LogSink {
  write(line: string): void;
}

/** Fields that are never written, wherever a caller puts them. Nothing relies on it: it is the second lock. */
const SECRET_FIELDS = [
  'authorization',
  'cookie',
  'mnemonic',
  'passphrase',
  'password',
  'phrase',
  'preimage',
  'secret',
  'seed',
  'token',
];
const DEPTHS = ['', '*.', '*.*.'];

export function createLog(
  { logLevel, logFormat }: Pick<Config, 'logLevel' | 'logFormat'>,
  sink: LogSink,
): Log {
  return pino(
    {
      level: logLevel,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      redact: {
        paths: DEPTHS.flatMap((depth) => SECRET_FIELDS.map((field) => `${depth}${field}`)),
        remove: true,
      },
      serializers: { error: errorFields },
    },
    logFormat === 'json' ? sink : { write: (line) => sink.write(forPeople(line)) },
  );
}

/** What a log says of an error: its name, code and message, and where it was thrown; of its causes likewise. */
function errorFields(error: unknown): Record<string, unknown> {
  if (!(error instanceof Error)) return { message: 'a value that is no error was thrown' };
  const { name, message, stack, cause } = error;
  const { code } = error as { readonly code?: unknown };
  return {
    name,
    ...(typeof code === 'string' ? { code } : {}),
    message,
    at: stack
      ?.split('\n')
      .slice(1, 6)
      .map((line) => line.trim()),
    ...(cause === undefined ? {} : { cause: errorFields(cause) }),
  };
}

/** `12:00:00.000 INFO  message key=value …` */
function forPeople(line: string): string {
  const { time, level, msg, ...fields } = JSON.parse(line) as Record<string, unknown>;
  const values = Object.entries(fields).map(
    ([key, value]) => `${key}=${typeof value === 'string' ? value : JSON.stringify(value)}`,
  );
  return `${[String(time).slice(11, 23), String(level).toUpperCase().padEnd(5), msg, ...values].join(' ')}\n`;
}
