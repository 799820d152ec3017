import type { Clock } from '../transport/clock.ts';
import { Allowance } from '../transport/websocket/limits.ts';
import type { SocketTransportOptions } from '../transport/websocket/transport.ts';
import type { Log } from './log.ts';

/** Lines at once; then one per second. */
const LINES = 20;

/**
 * Says to a log (at `debug`) which callers the transport sends away: where from, and why. However many come, the log grows
 * by a line per second; each line says how many were passed over since the last (`passedOver`).
 */
export function refusedCallers(
  log: Pick<Log, 'debug'>,
  clock: Clock,
): NonNullable<SocketTransportOptions['onRefused']> {
  const lines = new Allowance(clock, LINES);
  let passedOver = 0;
  return ({ address, reason }) => {
    if (!lines.take()) {
      passedOver += 1;
      return;
    }
    log.debug({ address, reason, ...(passedOver === 0 ? {} : { passedOver }) }, 'caller refused');
    passedOver = 0;
  };
}
