import { storeError } from './errors.ts';
import type { Rows } from './rows.ts';

/** Rows that are read at once. */
const CHUNK = 1000;

/**
 * Reads texts against their checksums: of all channels, or (`full`) also every record, event and value, and that no
 * number is missing in between. Throws `StoreError('corrupt')`.
 */
export function checkTexts(rows: Rows, check: 'quick' | 'full', path: string): void {
  const channels = rows.channels();
  if (check === 'quick') return;
  for (const { key, recordCount } of channels) {
    let count = 0;
    for (let more = CHUNK; more === CHUNK; count += more) more = rows.records(key, count, CHUNK).length;
    if (count !== recordCount) throw storeError('corrupt', path, `channel ${key}: records are missing`);
  }
  checkEvents(rows, path);
  for (const { name } of [...rows.names()]) rows.value(name);
}

function checkEvents(rows: Rows, path: string): void {
  let seq = Math.max(1, rows.mark('eventsFrom'));
  for (let more = CHUNK; more === CHUNK; ) {
    const events = rows.events(seq, CHUNK);
    for (const event of events) {
      if (event.seq !== seq) throw storeError('corrupt', path, `event ${seq} is missing`);
      seq += 1;
    }
    more = events.length;
  }
  if (seq !== rows.lastEvent() + 1) throw storeError('corrupt', path, `event ${seq} is missing`);
}
