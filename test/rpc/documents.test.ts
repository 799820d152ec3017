import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import type { z } from 'zod';
import { ERRORS } from '../../src/rpc/errors.ts';
import { includesRight, RIGHTS } from '../../src/rpc/method.ts';
import { METHOD_NAMES, METHODS, methodNamed } from '../../src/rpc/methods.ts';
import { type JsonObject, jsonSchema, openRpcDocument } from '../../src/rpc/openrpc.ts';
import { rpcDocs } from '../../tools/rpcDocs.ts';

describe('documents of the interface', () => {
  test.each([...rpcDocs()])('%s is the one that the table gives', (path, text) => {
    expect(readFileSync(path, 'utf8')).toBe(text);
  });

  test('every reference in the OpenRPC document leads somewhere', () => {
    const document = openRpcDocument();
    const references = [...JSON.stringify(document).matchAll(/"\$ref":"#([^"]+)"/g)].map(([, path]) => path);
    expect(references.length).toBeGreaterThan(100);
    for (const path of references) expect(at(document, path as string), path).toBeDefined();
  });

  test('the document names each method once, with its right', () => {
    const methods = openRpcDocument().methods as readonly JsonObject[];
    expect(methods.map(({ name }) => name)).toEqual(METHOD_NAMES);
    for (const { name, 'x-right': right } of methods) expect(right).toBe(METHODS[name as 'getInfo'].right);
  });
});

describe('the table of methods', () => {
  test('names of Object.prototype are no methods', () => {
    for (const name of ['constructor', '__proto__', 'toString', 'hasOwnProperty', ''])
      expect(methodNamed(name)).toBeUndefined();
  });

  test('rights are in order, and each includes those before it', () => {
    for (const [held, a] of RIGHTS.entries())
      for (const [needed, b] of RIGHTS.entries()) expect(includesRight(a, b)).toBe(held >= needed);
  });

  test('only authenticate needs no token', () => {
    expect(METHOD_NAMES.filter((name) => METHODS[name].right === 'none')).toEqual(['authenticate']);
  });

  test('every code belongs to one error', () => {
    const codes = Object.values(ERRORS).map(({ code }) => code);
    expect(new Set(codes).size).toBe(codes.length);
  });

  test.each(METHOD_NAMES)('%s: every text and list among its parameters has a largest length', (name) => {
    expect(unboundedIn(jsonSchema(METHODS[name].params))).toEqual([]);
  });

  test.each(METHOD_NAMES)('%s refuses a parameter that it does not know', (name) => {
    const answer = METHODS[name].params.safeParse({ surprise: 1 });
    expect(answer.success).toBe(false);
    expect(answer.error?.issues.some((issue: z.core.$ZodIssue) => issue.code === 'unrecognized_keys')).toBe(
      true,
    );
  });
});

function at(document: JsonObject, path: string): unknown {
  return path
    .split('/')
    .slice(1)
    .reduce<unknown>((value, key) => (value as Record<string, unknown> | undefined)?.[key], document);
}

/** Paths of texts and lists that may be of any length. */
function unboundedIn(schema: unknown, path = ''): readonly string[] {
  if (typeof schema !== 'object' || schema === null) return [];
  const { type } = schema as { readonly type?: unknown };
  const isText = type === 'string' && !('maxLength' in schema || 'enum' in schema || 'const' in schema);
  const isList = type === 'array' && !('maxItems' in schema);
  return [
    ...(isText || isList ? [path] : []),
    ...Object.entries(schema).flatMap(([key, value]) => unboundedIn(value, `${path}/${key}`)),
  ];
}
