import { describe, expect, it } from 'vitest';
import { FUNDING_PATIENCE } from '../../src/channel/states/awaitingFunding.ts';
import { noticesOf, proposed } from '../support/channelHarness.ts';

const released = (harness: ReturnType<typeof proposed>) =>
  harness.nodes.producer.actions.filter(({ type }) => type === 'releaseCoins').length;

describe('a funding transaction that nobody confirms', () => {
  it('a day of blocks without it: the coins are free again, and the channel stays watched', () => {
    const harness = proposed();
    harness.mine(FUNDING_PATIENCE - 1, ['producer']);
    expect(released(harness)).toBe(0);
    harness.mine(1, ['producer']);
    expect(released(harness)).toBe(1);
    expect(noticesOf(harness, 'producer', 'fundingUnconfirmed')).toHaveLength(1);
    harness.confirm(3);
    harness.run();
    expect(harness.nodes.producer.state.type).toBe('open');
  });

  it('the application gives it up: the coins are free at once', () => {
    const harness = proposed();
    harness.dispatch('producer', { type: 'close', payoutScript: null, feeRate: 1000n });
    expect(released(harness)).toBe(1);
    expect(harness.nodes.producer.state.type).toBe('awaitingFunding');
  });

  it('confirmed already: it is not given up', () => {
    const harness = proposed();
    harness.confirm(1, ['producer']);
    harness.dispatch('producer', { type: 'close', payoutScript: null, feeRate: 1000n });
    expect(released(harness)).toBe(0);
    expect(noticesOf(harness, 'producer', 'refused')).toHaveLength(1);
  });
});
