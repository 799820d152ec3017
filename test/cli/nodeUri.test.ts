import { expect, it } from 'vitest';
import { parseNodeUri } from '../../src/cli/parse/nodeUri.ts';

const ID = `02${'ab'.repeat(32)}`;

it.each([
  [`${ID}@127.0.0.1:9735`, '127.0.0.1:9735'],
  [`${ID.toUpperCase()}@node.example.org:1`, 'node.example.org:1'],
  [`${ID}@[::1]:65535`, '[::1]:65535'],
  [`${ID}@wss://node.example.org/wattlane`, 'wss://node.example.org/wattlane'],
])('%s is a node and where it listens', (text, address) => {
  expect(parseNodeUri(text)).toEqual({ ok: true, value: { nodeId: ID, address } });
});

it.each([
  ['', 'has no @'],
  [ID, 'has no @'],
  [`${ID}@`, 'has no port'],
  [`${ID}@host`, 'has no port'],
  [`${ID}@host:0`, 'has the port 0'],
  [`${ID}@host:65536`, 'has the port 65536'],
  [`${ID}@host:x`, 'does not end in host:port'],
  [`${ID}@::1:9735`, 'without brackets'],
  [`${ID}@http://host:9735`, 'has a scheme'],
  [`${ID}@ws://`, 'has an address that is not a URL'],
  [`${ID}@ws://me:secret@host`, 'more than one @'],
  [`${ID}@-host:9735`, 'no name or address'],
  [`${ID}@a@b:1`, 'more than one @'],
  [`05${ID.slice(2)}@host:9735`, 'does not begin with 02 or 03'],
  [`${ID.slice(2)}@host:9735`, 'has 64 digits'],
  ['alice@host:9735', 'is not hexadecimal'],
])('%s is refused with the reason: %s', (text, reason) => {
  expect(parseNodeUri(text)).toMatchObject({ ok: false, error: expect.stringContaining(reason) });
});
