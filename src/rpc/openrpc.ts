import { z } from 'zod';
import { ERRORS, type ErrorName } from './errors.ts';
import { COMMON_ERRORS, type MethodSpec } from './method.ts';
import { NOTIFICATIONS } from './methods/events.ts';
import { METHOD_NAMES, METHODS, type MethodName } from './methods.ts';

/** A value of JSON. */
export type Json = null | boolean | number | string | readonly Json[] | JsonObject;
export type JsonObject = { readonly [name: string]: Json };

/** The version of this interface: its first number changes when a caller may break. */
export const RPC_VERSION = '1.0.0';

/** JSON Schema (draft 2020-12) of a part of the table. */
export function jsonSchema(schema: z.ZodType): JsonObject {
  const { $schema: _draft, ...rest } = z.toJSONSchema(schema, { io: 'input' });
  return rest as JsonObject;
}

/** The OpenRPC 1.3 document of the whole interface: generated from the table, plain JSON. */
export function openRpcDocument(): JsonObject {
  const shared = new Map<string, Json>();
  const lift = (schema: JsonObject): JsonObject => lifted(schema, shared);
  const methods = METHOD_NAMES.map((name) => methodObject(name, lift));
  const errors = Object.fromEntries(ERROR_NAMES.map((name) => [name, errorEntry(name, lift)]));
  const notifications = Object.entries(NOTIFICATIONS).map(([name, schema]) => ({
    name,
    params: parametersOf(schema, lift),
  }));
  const schemas = Object.fromEntries([...shared].sort(([a], [b]) => (a < b ? -1 : 1)));
  return {
    openrpc: '1.3.2',
    info: {
      title: 'Wattlane node',
      version: RPC_VERSION,
      description:
        'JSON-RPC 2.0 over WebSocket and HTTP POST. Parameters by name; unknown ones are refused. Amounts, counters of the protocol and meter registers are decimal strings, bytes lower-case hexadecimal, heights and times numbers.',
      license: { name: 'MIT' },
    },
    methods,
    components: { errors, schemas },
    'x-notifications': notifications,
  };
}

/** A schema whose named parts are taken out into `shared`, and referred to there. */
function lifted(schema: JsonObject, shared: Map<string, Json>): JsonObject {
  const { $defs = {}, ...rest } = schema as { readonly $defs?: JsonObject } & JsonObject;
  for (const [name, part] of Object.entries($defs)) if (!shared.has(name)) shared.set(name, relocated(part));
  return relocated(rest) as JsonObject;
}

function relocated(value: Json): Json {
  if (typeof value !== 'object' || value === null) return value;
  if (isList(value)) return value.map(relocated);
  return Object.fromEntries(
    Object.entries(value)
      .filter(([key, each]) => key !== 'id' || typeof each !== 'string')
      .map(([key, each]) => [
        key,
        key === '$ref' && typeof each === 'string'
          ? each.replace('#/$defs/', '#/components/schemas/')
          : relocated(each),
      ]),
  );
}

function isList(value: Json): value is readonly Json[] {
  return Array.isArray(value);
}

const ERROR_NAMES = Object.keys(ERRORS) as readonly ErrorName[];

type Lift = (schema: JsonObject) => JsonObject;

function methodObject(name: MethodName, lift: Lift): Json {
  const spec: MethodSpec = METHODS[name];
  return {
    name,
    summary: spec.summary,
    'x-right': spec.right,
    paramStructure: 'by-name',
    params: parametersOf(spec.params, lift),
    result: { name: 'result', schema: lift(jsonSchema(spec.result)) },
    errors: [...new Set<ErrorName>([...COMMON_ERRORS, ...spec.errors])].map((error) => ({
      $ref: `#/components/errors/${error}`,
    })),
  };
}

/** Content descriptors, required ones first as OpenRPC asks. */
function parametersOf(params: z.ZodObject, lift: Lift): Json {
  const { properties = {}, required = [] } = lift(jsonSchema(params)) as {
    readonly properties?: JsonObject;
    readonly required?: readonly string[];
  };
  return Object.entries(properties)
    .map(([name, schema]) => ({ name, required: required.includes(name), schema }))
    .sort((a, b) => Number(b.required) - Number(a.required));
}

function errorEntry(name: ErrorName, lift: Lift): Json {
  const { code, message, advice, data } = ERRORS[name];
  return { code, message, data: { name, advice }, 'x-data': lift(jsonSchema(data)) };
}
