import { type Store, StoreError, type StoreErrorCode } from '../../src/store/port.ts';

/** A store on a disk that takes no writes while `fault` is set. */
export interface FaultyDisk extends Store {
  fault: StoreErrorCode | undefined;
  /** Writes that were refused. */
  refused: number;
  /** Sets the fault at the `n`-th write from now, 1 is the next. */
  failFrom(n: number, fault: StoreErrorCode): void;
  /** Refuses the `n`-th write from now, and no other. */
  failOnce(n: number, fault: StoreErrorCode): void;
}

export function faultyDisk(store: Store): FaultyDisk {
  let planned: { left: number; readonly fault: StoreErrorCode; readonly once: boolean } | undefined;
  const write = async (work: () => Promise<void>): Promise<void> => {
    let fault = disk.fault;
    if (planned !== undefined && --planned.left === 0) {
      fault = planned.fault;
      if (!planned.once) disk.fault = fault;
      planned = undefined;
    }
    if (fault !== undefined) {
      disk.refused += 1;
      throw new StoreError(fault, 'the disk takes no writes');
    }
    return work();
  };
  const disk: FaultyDisk = {
    fault: undefined,
    refused: 0,
    failFrom: (n, fault) => {
      planned = { left: n, fault, once: false };
    },
    failOnce: (n, fault) => {
      planned = { left: n, fault, once: true };
    },
    channels: () => store.channels(),
    channel: (key) => store.channel(key),
    commit: (key, change) => write(() => store.commit(key, change)),
    records: (key, from, limit) => store.records(key, from, limit),
    recordsAbout: (key, about) => store.recordsAbout(key, about),
    appendEvents: (events) => write(() => store.appendEvents(events)),
    events: (from, limit) => store.events(from, limit),
    lastEvent: () => store.lastEvent(),
    dropEvents: (below) => write(() => store.dropEvents(below)),
    value: (name) => store.value(name),
    setValue: (name, value) => write(() => store.setValue(name, value)),
    forget: (name) => write(() => store.forget(name)),
    close: () => store.close(),
  };
  return disk;
}
