import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { RpcError } from '../../../src/client/errors.ts';
import { METHOD_NAMES, METHODS } from '../../../src/rpc/methods.ts';
import { type JsonObject, jsonSchema } from '../../../src/rpc/openrpc.ts';
import { simulatedTestChain } from '../../support/world.ts';
import { type ServedWorld, serveWorld } from './support.ts';

/** What has opened doors elsewhere. */
const HOSTILE = [
  '../../../../etc/passwd',
  '..\\..\\windows\\system32',
  'file:///etc/passwd',
  "'; DROP TABLE channels; --",
  '" OR 1=1 --',
  '__proto__',
  'constructor',
  'hasOwnProperty',
  '$' + '{7*7}',
  '$(touch /tmp/owned)',
  '%00',
  '\u0000',
  '\ud800',
  '\u202e0000',
  '0x10',
  '1e3',
  '-1',
  '٣',
  ' 1',
  '9'.repeat(400),
  'A'.repeat(15_000),
  '{"$n":"1"}',
];

describe('hostile parameters', () => {
  let served: ServedWorld;
  beforeAll(async () => {
    served = await serveWorld(simulatedTestChain(), { limits: { messageBytes: 40_000 } });
    await served.world.open();
  });
  afterAll(() => served.stop());

  it('a hostile text in any place of any method is refused or does nothing; the store is as before', async () => {
    const { consumer } = served.clients;
    const before = await digest();
    for (const name of METHOD_NAMES) {
      if (name === 'authenticate' || name === 'subscribe') continue;
      const places = textsIn(jsonSchema(METHODS[name].params));
      for (const place of places)
        for (const text of HOSTILE) {
          const params = { ...plausible(name), [place]: text };
          const outcome = await consumer.call(name, params as never).then(
            () => 'done',
            (error: unknown) => (error instanceof RpcError ? error.error : error),
          );
          expect([name, place, text, outcome]).not.toEqual([name, place, text, 'internalError']);
          if (outcome === 'done') expect(HARMLESS).toContain(`${name}.${place}`);
        }
    }
    expect(served.faults).toEqual([]);
    expect(await digest()).toEqual(before);
    expect(({} as Record<string, unknown>).polluted).toBeUndefined();
  });

  it('any JSON at all as parameters is answered, never with an internal error', async () => {
    const { consumer } = served.clients;
    const reads = METHOD_NAMES.filter((name) => METHODS[name].right === 'read' && name !== 'subscribe');
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...reads),
        fc.dictionary(
          fc.oneof(fc.constantFrom('channel', 'data', 'from', 'limit', '__proto__'), fc.string()),
          fc.jsonValue({ maxDepth: 3 }),
          { noNullPrototype: false },
        ),
        async (name, params) => {
          const outcome = await consumer.call(name, params as never).catch((error: unknown) => error);
          if (outcome instanceof Error) {
            expect(outcome).toBeInstanceOf(RpcError);
            expect((outcome as RpcError).error).not.toBe('internalError');
          }
        },
      ),
      { numRuns: 200 },
    );
    expect(served.faults).toEqual([]);
  });

  /** What is stored, but for labels and addresses, which hostile texts may be. */
  async function digest() {
    const { consumer } = served.world.stores;
    return {
      channels: await consumer.channels(),
      records: await consumer.records('00000000'),
      events: await consumer.lastEvent(),
    };
  }

  /** Parameters that a method would take. */
  function plausible(name: (typeof METHOD_NAMES)[number]): Record<string, unknown> {
    const { properties = {} } = jsonSchema(METHODS[name].params) as { readonly properties?: JsonObject };
    return 'channel' in properties && name !== 'listEvents' ? { channel: '00000000' } : {};
  }
});

/** Where a text may be anything, because it is only kept for people or looked at. */
const HARMLESS = ['newAddress.label', 'importLabels.labels', 'listUnits.from', 'releaseCoins.purpose'];

/** The parameters that are texts. */
function textsIn(schema: JsonObject): readonly string[] {
  const { properties = {} } = schema as { readonly properties?: JsonObject };
  return Object.entries(properties)
    .filter(([, each]) => JSON.stringify(each).includes('"string"'))
    .map(([name]) => name);
}
