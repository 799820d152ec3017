/** One thing that a process did to the files under the directory of its journal; paths are relative to that, `.` is itself. */
export type Entry =
  /** A process began; its numbers of files are its own. */
  | { readonly type: 'start'; readonly pid: number }
  | {
      readonly type: 'open';
      readonly pid: number;
      readonly file: number;
      readonly path: string;
      readonly created: boolean;
      readonly truncated: boolean;
      readonly directory: boolean;
    }
  | {
      readonly type: 'write';
      readonly pid: number;
      readonly file: number;
      readonly offset: number;
      readonly data: Uint8Array;
    }
  | { readonly type: 'truncate'; readonly pid: number; readonly file: number; readonly size: number }
  /** `from`: entries of this process before the call; what they wrote is durable now. */
  | { readonly type: 'sync'; readonly pid: number; readonly file: number; readonly from: number }
  | { readonly type: 'unlink'; readonly pid: number; readonly path: string }
  | { readonly type: 'rename'; readonly pid: number; readonly from: string; readonly to: string };

/** Type, process, file, nothing (u32 each), offset, length (u64 each), then `length` bytes; in the machine's order. */
const HEAD = 32;

/** What the shim wrote to its journal, up to the last whole entry. */
export function readJournal(bytes: Uint8Array, under: string): readonly Entry[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const entries: Entry[] = [];
  for (let at = 0; at + HEAD <= bytes.length; ) {
    const length = Number(view.getBigUint64(at + 24, true));
    const end = at + HEAD + length;
    if (end > bytes.length) break;
    const data = bytes.subarray(at + HEAD, end);
    const head = (field: number) => view.getUint32(at + 4 * field, true);
    entries.push(
      entryOf(head(0), head(1), head(2), Number(view.getBigUint64(at + 16, true)), data, (path) =>
        path === under ? '.' : path.slice(under.length + 1),
      ),
    );
    at = end;
  }
  return entries;
}

function entryOf(
  type: number,
  pid: number,
  file: number,
  offset: number,
  data: Uint8Array,
  relative: (path: string) => string,
): Entry {
  const text = () => new TextDecoder().decode(data);
  switch (type) {
    case 0:
      return { type: 'start', pid };
    case 1:
      return {
        type: 'open',
        pid,
        file,
        path: relative(text()),
        created: (offset & 1) !== 0,
        truncated: (offset & 2) !== 0,
        directory: (offset & 4) !== 0,
      };
    case 2:
      return { type: 'write', pid, file, offset, data };
    case 3:
      return { type: 'truncate', pid, file, size: offset };
    case 4:
      return { type: 'sync', pid, file, from: offset };
    case 5:
      return { type: 'unlink', pid, path: relative(text()) };
    case 6: {
      const [from = '', to = ''] = text().split('\0').map(relative);
      return { type: 'rename', pid, from, to };
    }
    default:
      throw new Error(`journal: an entry of type ${type}`);
  }
}
