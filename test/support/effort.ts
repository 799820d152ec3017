/** How many times the usual number of runs a costly property gets: `WATTLANE_EFFORT=20` for an evening's search. */
export const EFFORT = Number(process.env.WATTLANE_EFFORT ?? 1);
