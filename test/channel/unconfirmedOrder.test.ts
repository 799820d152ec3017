import { describe, expect, it } from 'vitest';
import { DEFAULT_PARAMS, noticesOf, tradingChannel } from '../support/channelHarness.ts';

/** The producer has accepted an order; its acceptance is the consumer's, who says nothing more. */
function withheld() {
  const harness = tradingChannel();
  harness.dispatch('consumer', { type: 'buy', units: 1 });
  harness.deliver('consumer', 'producer');
  expect(harness.nodes.producer.state).toMatchObject({ rounds: { phase: { type: 'accepting' } } });
  return harness;
}

describe('an order whose buyer never revokes its old state', () => {
  const half = Math.floor(DEFAULT_PARAMS.deliveryWindow / 2);

  it('half of its window gone: the seller publishes the order while there is time to deliver', () => {
    const harness = withheld();
    harness.mine(DEFAULT_PARAMS.deliveryWindow - half - 1, ['producer']);
    expect(harness.nodes.producer.state.type).toBe('open');
    harness.mine(1, ['producer']);
    expect(harness.nodes.producer.state).toMatchObject({
      type: 'settling',
      why: { code: 'orderUnconfirmed', id: 0n },
    });
    const [published] = harness.broadcasts.filter(({ purpose }) => purpose === 'commitment');
    expect(published).toMatchObject({ role: 'producer' });
  });

  it('published and confirmed: it is final, and the seller is told to deliver', () => {
    const harness = withheld();
    harness.mine(DEFAULT_PARAMS.deliveryWindow - half, ['producer']);
    expect(noticesOf(harness, 'producer', 'unitOrdered')).toHaveLength(0);
    harness.confirmSpend();
    expect(noticesOf(harness, 'producer', 'unitOrdered')).toHaveLength(1);
  });
});
