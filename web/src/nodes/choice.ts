import { type Signal, signal } from '@preact/signals';

/** The channel id that was chosen, for all three parties; null: each shows its newest. */
export const chosenChannel: Signal<string | null> = signal(null);
