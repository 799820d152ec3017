import { describe, expect, it } from 'vitest';
import { ERRORS } from '../../src/rpc/errors.ts';
import { METHODS } from '../../src/rpc/methods.ts';
import { ERROR_NAMES, READ_METHODS } from '../../src/rpc/names.ts';
import { bundleOf } from '../browser/bundle.ts';

describe('what a client knows of the interface when it runs', () => {
  it('methods that only read: those with that right', () => {
    const reading = Object.entries(METHODS).filter(([, { right }]) => right === 'read');
    expect([...READ_METHODS].sort()).toEqual(reading.map(([name]) => name).sort());
  });

  it('names of errors: those of the table', () => {
    expect([...ERROR_NAMES].sort()).toEqual(Object.keys(ERRORS).sort());
  });

  it('the client alone: has nothing in it of the library that checks schemas', async () => {
    expect((await bundleOf('src/client/client.ts')).packages).not.toContain('zod');
  });
});
