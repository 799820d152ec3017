import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { toHex, utf8 } from '../../src/base/bytes.ts';
import { sha256 } from '../../src/crypto/hash.ts';
import { checkedStore } from '../../src/store/checked.ts';
import { withChecksum, withoutChecksum } from '../../src/store/checksum.ts';
import { type MemoryStore, memoryStore } from '../../src/store/memory.ts';
import { storeConformance } from '../conformance/store.ts';

storeConformance('memory, with checksums', async () => {
  let disk: MemoryStore | undefined;
  return {
    async open() {
      disk = disk?.snapshot() ?? memoryStore();
      return checkedStore(disk);
    },
    async remove() {
      await disk?.close();
    },
  };
});

describe('a stored text', () => {
  const place = 'channel 00000001 state';

  it('any text: read back as it was written', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(withoutChecksum(place, withChecksum(place, text))).toEqual({ ok: true, value: text });
      }),
    );
  });

  it('any text: begins with the first 8 bytes of SHA256(place || 0 || text)', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const hash = toHex(sha256(utf8(`${place}\0${text}`)));
        expect(withChecksum(place, text)).toBe(`${hash.slice(0, 16)} ${text}`);
      }),
    );
  });

  it('one character changed, or the end cut off: corrupt', () => {
    const damaged = fc.tuple(fc.json(), fc.nat(), fc.integer({ min: 1, max: 127 }), fc.boolean());
    fc.assert(
      fc.property(damaged, ([text, at, change, cut]) => {
        const stored = withChecksum(place, text);
        const index = at % stored.length;
        const other = String.fromCharCode(stored.charCodeAt(index) ^ change);
        const read = cut ? stored.slice(0, index) : stored.slice(0, index) + other + stored.slice(index + 1);
        expect(withoutChecksum(place, read)).toEqual({ ok: false, error: { code: 'corrupt', place } });
      }),
    );
  });

  it('anything else: corrupt, never an exception', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(withoutChecksum(place, text).ok).toBe(false);
      }),
    );
  });
});

describe('a store with checksums', () => {
  const written = async () => {
    const disk = memoryStore();
    const store = checkedStore(disk);
    await store.commit('a', { state: '1', monitor: '2', actions: [{ id: 1, action: '3' }], records: ['4'] });
    await store.commit('b', { state: '1' });
    await store.setValue('v', '5');
    return disk;
  };

  it.each(['state', 'monitor', 'record'] as const)(
    'a damaged %s: StoreError with its channel',
    async (part) => {
      const disk = await written();
      const damaged = part === 'record' ? { records: ['oops'] } : { [part]: 'oops' };
      await disk.commit('b', damaged);
      const store = checkedStore(disk);
      const reads = part === 'record' ? store.records('b') : store.channels();
      await expect(reads).rejects.toMatchObject({
        name: 'StoreError',
        code: 'corrupt',
        message: expect.stringContaining(`channel b ${part}`),
      });
    },
  );

  it('a damaged value: StoreError with its name', async () => {
    const disk = await written();
    await disk.setValue('v', 'oops');
    await expect(checkedStore(disk).value('v')).rejects.toMatchObject({ code: 'corrupt' });
  });

  it("a text in another's place: corrupt", async () => {
    const disk = await written();
    const [a] = await disk.channels();
    await disk.commit('b', { state: a?.state ?? '' });
    await expect(checkedStore(disk).channel('b')).rejects.toMatchObject({ code: 'corrupt' });
  });
});
