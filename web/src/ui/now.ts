import { type Signal, signal } from '@preact/signals';

/** Unix seconds by this machine's clock; moves on by itself. */
export const now: Signal<number> = signal(secondsNow());

function secondsNow(): number {
  return Math.floor(Date.now() / 1000);
}

setInterval(() => {
  now.value = secondsNow();
}, 1000);
