import type { Secp256k1 } from '../../src/crypto/secp256k1.ts';
import type { ChannelWrite, Store } from '../../src/store/port.ts';
import type { Operation } from '../tape.ts';

/** A store, how many syncs its writes took, and how much text it was given. */
export interface CountedStore {
  readonly store: Store;
  syncs(): number;
  bytes(): number;
}

/** Writes of one turn of the event loop share a sync: that is the rule of the store's port, and how SQLite's keeps it. */
export function counted(store: Store): CountedStore {
  let syncs = 0;
  let bytes = 0;
  let isOpen = false;
  const note = (length: number) => {
    bytes += length;
    if (isOpen) return;
    isOpen = true;
    syncs += 1;
    setImmediate(() => {
      isOpen = false;
    });
  };
  return {
    store: new Proxy(store, {
      get: (target, name) => {
        const member = Reflect.get(target, name, target);
        if (typeof member !== 'function') return member;
        return (...args: unknown[]) => {
          if (name === 'commit') note(sizeOf(args[1] as ChannelWrite));
          else if (name === 'setValue') note(String(args[1]).length);
          else if (name === 'appendEvents' || name === 'dropEvents') note(JSON.stringify(args[0]).length);
          return member.apply(target, args);
        };
      },
    }),
    syncs: () => syncs,
    bytes: () => bytes,
  };
}

function sizeOf({ state, monitor, actions, records, events }: ChannelWrite): number {
  const lengths = [
    state?.length ?? 0,
    monitor?.length ?? 0,
    ...(actions ?? []).map(({ action }) => action.length),
    ...(records ?? []).map((record) => (typeof record === 'string' ? record : record.text).length),
    ...(events ?? []).map(({ length }) => length),
  ];
  return lengths.reduce((sum, length) => sum + length, 0);
}

/** A curve that counts its calls and keeps the newest of each kind, to make it again. */
export interface CountedCurve {
  readonly secp: Secp256k1;
  calls(): { readonly [O in Operation]?: number };
  newest(): ReadonlyMap<Operation, () => unknown>;
}

export function countedCurve(secp: Secp256k1): CountedCurve {
  const counts: { [O in Operation]?: number } = {};
  const newest = new Map<Operation, () => unknown>();
  const wrapped = new Proxy(secp, {
    get: (target, name) => {
      const member = Reflect.get(target, name, target);
      if (typeof member !== 'function') return member;
      const operation = name as Operation;
      return (...args: unknown[]) => {
        counts[operation] = (counts[operation] ?? 0) + 1;
        const again = () => member.apply(target, args);
        newest.set(operation, again);
        return again();
      };
    },
  });
  return { secp: wrapped, calls: () => ({ ...counts }), newest: () => newest };
}

const REPETITIONS = 60;

/** What all calls so far take on their own: their numbers times what each kind takes now, the median. */
export function curveMicros(curve: CountedCurve): number {
  const counts = curve.calls();
  let sum = 0;
  for (const [operation, again] of curve.newest()) sum += (counts[operation] ?? 0) * medianMicros(again);
  return sum;
}

function medianMicros(work: () => unknown): number {
  const times: number[] = [];
  for (let i = 0; i < REPETITIONS; i++) {
    const start = performance.now();
    work();
    times.push(1000 * (performance.now() - start));
  }
  return times.sort((a, b) => a - b)[REPETITIONS / 2] ?? 0;
}
