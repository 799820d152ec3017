import { describe, expect, it } from 'vitest';
import { ALL, Disk, LAST, type Loss, NO_NAMES, NOTHING } from './disk.ts';
import type { Entry } from './journal.ts';

const FILE = { pid: 1, file: 1 };
const DIRECTORY = { pid: 1, file: 2 };
const bytes = (value: number, length = 1024) => new Uint8Array(length).fill(value);

const CREATED: readonly Entry[] = [
  { type: 'start', pid: 1 },
  { ...FILE, type: 'open', path: 'f', created: true, truncated: false, directory: false },
  { ...DIRECTORY, type: 'open', path: '.', created: false, truncated: false, directory: true },
];
const NAMED: Entry = { ...DIRECTORY, type: 'sync', from: 3 };
const write = (value: number, offset = 0): Entry => ({ ...FILE, type: 'write', offset, data: bytes(value) });

function diskWith(...entries: readonly Entry[]): Disk {
  const disk = new Disk();
  for (const entry of [...CREATED, ...entries]) disk.apply(entry);
  return disk;
}

describe('a disk that loses power', () => {
  it('a file that was synced, in a directory that was not: it may be gone', () => {
    const disk = diskWith(write(1), { ...FILE, type: 'sync', from: 4 });
    expect([...disk.image(NO_NAMES).keys()]).toEqual([]);
    expect(disk.image(ALL).get('f')).toEqual(bytes(1));
  });

  it('what was synced is there whatever is lost; what was written since may be', () => {
    const disk = diskWith(NAMED, write(1), { ...FILE, type: 'sync', from: 5 }, write(2), write(3, 512));
    expect(disk.image(NOTHING).get('f')).toEqual(bytes(1));
    expect(disk.image(ALL).get('f')).toEqual(new Uint8Array([...bytes(2, 512), ...bytes(3)]));
    expect(disk.image(LAST).get('f')).toEqual(new Uint8Array([...bytes(1, 512), ...bytes(3)]));
  });

  it('what was written while the sync was under way is not synced', () => {
    const disk = diskWith(NAMED, write(1), write(2), { ...FILE, type: 'sync', from: 5 });
    expect(disk.image(NOTHING).get('f')).toEqual(bytes(1));
  });

  it('a write may be torn at a sector', () => {
    let sector = 0;
    const second: Loss = { ...ALL, sector: () => sector++ % 2 === 1 };
    const disk = diskWith(NAMED, write(1), { ...FILE, type: 'sync', from: 5 }, write(2));
    expect(disk.image(second).get('f')).toEqual(new Uint8Array([...bytes(1, 512), ...bytes(2, 512)]));
  });

  it('a cut and a name taken away come back unless they were synced', () => {
    const cut: Entry = { ...FILE, type: 'truncate', size: 3 };
    const disk = diskWith(NAMED, write(1), { ...FILE, type: 'sync', from: 5 }, cut, {
      type: 'unlink',
      pid: 1,
      path: 'f',
    });
    expect(disk.image(NOTHING).get('f')).toEqual(bytes(1));
    expect(disk.image(NO_NAMES).get('f')).toEqual(bytes(1, 3));
    expect(disk.image(ALL).has('f')).toBe(false);
  });
});
