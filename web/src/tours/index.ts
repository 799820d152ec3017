import { cheat } from './cheat.ts';
import { firstTrade } from './firstTrade.ts';
import { nonDelivery } from './nonDelivery.ts';
import type { Tour } from './tour.ts';
import { utilityDecides } from './utilityDecides.ts';

/** In the order in which one would take them. */
export const TOURS: readonly Tour[] = [firstTrade, nonDelivery, cheat, utilityDecides];
