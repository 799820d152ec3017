import type { z } from 'zod';
import { ERRORS } from './errors.ts';
import { COMMON_ERRORS, type MethodSpec, RIGHTS } from './method.ts';
import { NOTIFICATIONS } from './methods/events.ts';
import { METHOD_NAMES, METHODS } from './methods.ts';
import { type JsonObject, jsonSchema } from './openrpc.ts';

/** docs/rpc.md after its introduction: one table of methods for each right, one of notifications, one of errors. */
export function referenceTables(): string {
  return [
    ...RIGHTS.map((right) => {
      const names = METHOD_NAMES.filter((name) => METHODS[name].right === right);
      return section(
        RIGHT_TITLES[right],
        ['method', 'parameters', 'result', 'errors of its own'],
        names.map(methodRow),
      );
    }),
    section(
      'Notifications',
      ['notification', 'parameters'],
      Object.entries(NOTIFICATIONS).map(([name, schema]) => [code(name), fields(schema)]),
    ),
    section(
      'Errors',
      ['name', 'code', 'what happened', 'what to do', 'values'],
      Object.entries(ERRORS).map(([name, { code: number, message, advice, data }]) => [
        code(name),
        String(number),
        message,
        advice,
        fields(data),
      ]),
    ),
    `Any call may end with ${COMMON_ERRORS.map(code).join(', ')}.\n`,
  ].join('\n');
}

const RIGHT_TITLES = {
  none: 'Without a token',
  read: 'With the right to read',
  trade: 'With the right to trade',
  admin: 'With the right to administer',
} as const;

function methodRow(name: (typeof METHOD_NAMES)[number]): readonly string[] {
  const { summary, params, result, errors }: MethodSpec = METHODS[name];
  return [`${code(name)}: ${summary}`, fields(params), fields(result), errors.map(code).join(', ')];
}

function section(title: string, heads: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.map(escaped).join(' | ')} |`;
  return [`## ${title}`, '', line(heads), line(heads.map(() => '---')), ...rows.map(line), ''].join('\n');
}

function fields(schema: z.ZodType): string {
  const { properties = {}, required = [] } = jsonSchema(schema) as {
    readonly properties?: JsonObject;
    readonly required?: readonly string[];
  };
  return Object.keys(properties)
    .map((name) => code(required.includes(name) ? name : `${name}?`))
    .join(', ');
}

function code(text: string): string {
  return `\`${text}\``;
}

function escaped(cell: string): string {
  return cell.replaceAll('|', '\\|');
}
