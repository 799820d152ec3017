export { type Clock, systemClock } from '../transport/clock.ts';
