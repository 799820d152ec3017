import { describe, expect, it } from 'vitest';
import { TRADERS } from '../../src/base/role.ts';
import { DEFAULT_PARAMS, noticesOf, proposed, SETTLEMENT, START_HEIGHT } from '../support/channelHarness.ts';

const LEAVE = SETTLEMENT - DEFAULT_PARAMS.resolutionMargin;

describe('a funding that confirms and a trader that never says channel_ready', () => {
  it.each(TRADERS)('%s heard nothing: it is out before T by its commitment 0', (trader) => {
    const harness = proposed();
    harness.confirm(1, [trader]);
    const height = () => harness.nodes[trader].height;
    harness.mine(LEAVE - 1 - height(), [trader]);
    expect(harness.nodes[trader].state.type).toBe('awaitingFunding');
    harness.mine(1, [trader]);
    expect(harness.nodes[trader].state).toMatchObject({
      type: 'settling',
      why: { code: 'settlementHeightNear', height: LEAVE },
      candidates: [{ purpose: 'commitment' }],
    });
    expect(noticesOf(harness, trader, 'settling')).toHaveLength(1);
  });

  it('a funding that is not in the chain: nothing to publish, whatever the height', () => {
    const harness = proposed();
    harness.mine(SETTLEMENT - START_HEIGHT, ['producer']);
    expect(harness.nodes.producer.state.type).toBe('awaitingFunding');
  });
});
