import { expect, it } from 'vitest';
import { codeBlocks, firstMissing, hasShape } from './codeBlocks.ts';

it('the blocks of a document, with their language and line', () => {
  expect(codeBlocks('a\n```sh\none\ntwo\n```\nb\n```\nthree\n```\n')).toEqual([
    { language: 'sh', text: 'one\ntwo', line: 3 },
    { language: '', text: 'three', line: 8 },
  ]);
});

it('figures, ids and paths may differ, words may not', () => {
  const id = `02${'ab'.repeat(32)}`;
  expect(
    hasShape(`consumer ${id} is up, process 99`, 'consumer 02a1…9f is up, process 4711', '/home/x'),
  ).toBe(true);
  expect(hasShape('/home/x/a: 12 bytes', '~/a: 850 bytes', '/home/x')).toBe(true);
  expect(hasShape('1,000,000 sat', '5 sat', '/home/x')).toBe(true);
  expect(hasShape('producer is up', 'consumer is up', '/home/x')).toBe(false);
  expect(hasShape('state settled', 'state', '/home/x')).toBe(false);
  expect(hasShape('one thing and another', 'one … another', '/home/x')).toBe(true);
});

it('lines have to be there in their order, others may be between', () => {
  expect(firstMissing('a 1\nb\nc 2', 'a 5\nc 7', '/')).toBeUndefined();
  expect(firstMissing('c 2\na 1', 'a 5\nc 7', '/')).toBe('c 7');
});
