import { expect, it } from 'vitest';
import { refusedCallers } from '../../src/daemon/refusedCallers.ts';
import { handClock } from '../transport/websocket/handClock.ts';

it('callers that are refused without end: the log grows by a line per second, and says how many it passed over', () => {
  const clock = handClock();
  const lines: object[] = [];
  const refused = refusedCallers({ debug: (facts: object) => void lines.push(facts) }, clock);
  for (let i = 0; i < 10_000; i++) refused({ address: '192.0.2.1', reason: 'tooManyArrivals' });
  expect(lines).toHaveLength(20);
  expect(lines[0]).toEqual({ address: '192.0.2.1', reason: 'tooManyArrivals' });
  clock.pass(1_000);
  for (let i = 0; i < 10; i++) refused({ address: '192.0.2.2', reason: 'textFrame' });
  expect(lines.slice(20)).toEqual([{ address: '192.0.2.2', reason: 'textFrame', passedOver: 9_980 }]);
  clock.pass(1_000);
  refused({ address: '192.0.2.3', reason: 'textFrame' });
  expect(lines.slice(21)).toEqual([{ address: '192.0.2.3', reason: 'textFrame', passedOver: 9 }]);
});
