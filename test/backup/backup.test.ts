import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type Backup,
  type ChannelBackup,
  decodeBackup,
  encodeBackup,
  MAX_BACKUP_LENGTH,
} from '../../src/backup/backup.ts';
import { toHex } from '../../src/base/bytes.ts';
import { ROLES } from '../../src/base/role.ts';
import { channels, payoutScripts } from '../support/arbitraries.ts';
import { flipBit } from '../support/flipBit.ts';

const CHAIN = '0f'.repeat(32);
const KEY = new Uint8Array(32).fill(1);
const point = fc.uint8Array({ minLength: 33, maxLength: 33 });

const channel: fc.Arbitrary<Omit<ChannelBackup, 'keyIndex'>> = fc
  .record({
    role: fc.constantFrom(...ROLES),
    since: fc.nat(500_000_000),
    channel: channels,
    payout: fc.record({ consumer: payoutScripts, producer: payoutScripts, utility: payoutScripts }),
    nodeIds: fc.record({ consumer: point, producer: point, utility: point }),
    meters: fc.record({ consumer: point, producer: point }),
  })
  .map(({ channel: { contract }, ...rest }) => ({
    ...rest,
    contract: { ...contract, params: { ...contract.params, chainHash: CHAIN } },
  }));

const backups: fc.Arbitrary<Backup> = fc
  .record({
    birthday: fc.nat(500_000_000),
    spare: fc.nat(100),
    addresses: fc.array(fc.nat(100_000), { minLength: 4, maxLength: 4 }),
    channels: fc.uniqueArray(channel, {
      maxLength: 4,
      selector: ({ contract: { funding } }) => `${funding.txid}:${funding.vout}`,
    }),
  })
  .map(({ spare, channels: list, ...rest }) => ({
    ...rest,
    chainHash: CHAIN,
    nextChannel: list.length + spare,
    channels: list.map((each, keyIndex) => ({ keyIndex, ...each })),
  }));

const opened = (data: Uint8Array) => decodeBackup(data, KEY, CHAIN);

describe('a static channel backup', () => {
  it('any channels: read back as it was written, the same bytes each time', () => {
    fc.assert(
      fc.property(backups, (backup) => {
        const data = encodeBackup(backup, KEY);
        expect(opened(data)).toEqual({ ok: true, value: backup });
        expect(encodeBackup(backup, KEY)).toEqual(data);
      }),
      { numRuns: 50 },
    );
  });

  it('any bit changed or any end cut off: an error with a name', () => {
    fc.assert(
      fc.property(backups, fc.nat(), (backup, at) => {
        const data = encodeBackup(backup, KEY);
        expect(opened(flipBit(data, at % (8 * data.length))).ok).toBe(false);
        expect(opened(data.slice(0, at % data.length)).ok).toBe(false);
        expect(opened(Uint8Array.of(...data, 0))).toEqual({ ok: false, error: { code: 'otherSeed' } });
      }),
      { numRuns: 50 },
    );
  });

  it('any bytes, with or without our header: an error with a name, never an exception', () => {
    const [sample] = fc.sample(backups, { numRuns: 1, seed: 3 });
    const header = encodeBackup(sample as Backup, KEY).slice(0, 41);
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), fc.boolean(), (noise, headed) => {
        expect(opened(headed ? Uint8Array.of(...header, ...noise) : noise).ok).toBe(false);
      }),
    );
  });

  const empty: Backup = {
    chainHash: CHAIN,
    birthday: 0,
    nextChannel: 0,
    addresses: [0, 0, 0, 0],
    channels: [],
  };
  const data = encodeBackup(empty, KEY);

  it.each<[string, Uint8Array, object]>([
    ['nothing', new Uint8Array(0), { code: 'notABackup' }],
    ['another file', new Uint8Array(200), { code: 'notABackup' }],
    ['a giant', new Uint8Array(MAX_BACKUP_LENGTH + 1), { code: 'notABackup' }],
    ['a later version', data.with(8, 2), { code: 'unknownVersion', version: 2 }],
    [
      'another chain',
      encodeBackup({ ...empty, chainHash: '0e'.repeat(32) }, KEY),
      { code: 'otherNetwork', chainHash: '0e'.repeat(32) },
    ],
    ['another seed', encodeBackup(empty, new Uint8Array(32).fill(2)), { code: 'otherSeed' }],
    [
      'counts that do not fit',
      encodeBackup({ ...empty, addresses: [0] }, KEY),
      { code: 'malformed', reason: '1 branches' },
    ],
  ])('%s: refused by name', (_, bytes, error) => {
    expect(opened(bytes)).toEqual({ ok: false, error });
  });

  it('a channel of another chain, twice, or above the next index: malformed', () => {
    const [first] = fc.sample(channel, { numRuns: 1, seed: 5 });
    const one = { keyIndex: 0, ...(first as Omit<ChannelBackup, 'keyIndex'>) };
    const other = { ...one.contract, params: { ...one.contract.params, chainHash: '0e'.repeat(32) } };
    const wrong: Partial<Backup>[] = [
      { nextChannel: 0, channels: [one] },
      { nextChannel: 1, channels: [{ ...one, contract: other }] },
      { nextChannel: 2, channels: [one, { ...one, keyIndex: 1 }] },
    ];
    for (const each of wrong)
      expect(opened(encodeBackup({ ...empty, ...each }, KEY))).toMatchObject({
        error: { code: 'malformed' },
      });
  });

  it('its size: 109 bytes and at most 768 for each channel', () => {
    expect(data.length).toBe(109);
    const sizes = fc.sample(channel, { numRuns: 50, seed: 7 }).map((each) => {
      const one = { keyIndex: 0, ...each };
      return encodeBackup({ ...empty, nextChannel: 1, channels: [one] }, KEY).length - data.length;
    });
    expect(Math.max(...sizes)).toBe(768);
  });

  it('nothing can be read in it without the key', () => {
    const [first] = fc.sample(channel, { numRuns: 1, seed: 7 });
    const one = { keyIndex: 0, ...(first as Omit<ChannelBackup, 'keyIndex'>) };
    const single = toHex(encodeBackup({ ...empty, nextChannel: 1, channels: [one] }, KEY));
    const { funding, keys } = one.contract;
    for (const secret of [funding.txid, toHex(keys.consumer.funding), toHex(one.nodeIds.producer)])
      expect(single).not.toContain(secret);
  });
});
