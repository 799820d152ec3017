import { randomUUID } from 'node:crypto';
import { Option } from 'commander';

/** `--fee-rate`, in satoshi per virtual byte. */
export function feeRateOption(): Option {
  return new Option('--fee-rate <rate>', 'sat/vB; default what the Bitcoin node estimates');
}

/** What `[channel]` is, for help. */
export const CHANNEL_ARGUMENT = 'number, id or first digits; default the only one';

/** A name for one request, so that a lost connection in the middle of it neither loses nor repeats it. */
export function newRequestId(): string {
  return randomUUID();
}
