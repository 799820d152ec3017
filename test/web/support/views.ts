import type { ViewName } from '../../../web/src/shell/route.ts';

/** Every view, in the order of the navigation. The page's own list reads the address as it is loaded. */
export const VIEWS: readonly ViewName[] = ['wallet', 'channel', 'trade', 'chain', 'laboratory', 'utility'];
