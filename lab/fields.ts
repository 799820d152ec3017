import { u64 } from '../src/rpc/shapes/fields.ts';

/** Number of a state of a channel; decimal. */
export const commitmentNumber = u64.describe('number of a state of a channel, decimal');
