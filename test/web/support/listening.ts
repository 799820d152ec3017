import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

const LISTEN = '0A';

/** Where a process listens for TCP: `address:port` in the hexadecimal of /proc/net, and whether that is loopback. */
export interface Listener {
  readonly pid: number;
  readonly address: string;
  readonly isLoopback: boolean;
}

/** Every TCP socket that these processes listen on. Linux only. */
export function listenersOf(pids: readonly number[]): readonly Listener[] {
  const sockets = ['tcp', 'tcp6'].flatMap((name) =>
    readFileSync(`/proc/net/${name}`, 'utf8')
      .trim()
      .split('\n')
      .slice(1)
      .map((line) => line.trim().split(/\s+/))
      .map(([, address = '', , state, , , , , , inode]) => ({ address, state, inode })),
  );
  return pids.flatMap((pid) => {
    const own = new Set(inodesOf(pid));
    return sockets
      .filter(({ state, inode }) => state === LISTEN && inode !== undefined && own.has(inode))
      .map(({ address }) => ({ pid, address, isLoopback: isLoopback(address) }));
  });
}

function inodesOf(pid: number): readonly string[] {
  return readdirSync(`/proc/${pid}/fd`).flatMap((fd) => {
    try {
      return /^socket:\[(\d+)\]$/.exec(readlinkSync(`/proc/${pid}/fd/${fd}`))?.[1] ?? [];
    } catch {
      return []; // closed in between
    }
  });
}

/** 127.0.0.0/8, ::1, and 127.0.0.0/8 written as IPv6; each group of eight digits is little-endian. */
function isLoopback(address: string): boolean {
  const [host = ''] = address.split(':');
  return (
    /^(?:0000000000000000FFFF0000)?[0-9A-F]{6}7F$/.test(host) || host === '00000000000000000000000001000000'
  );
}
