import { describe, expect, it } from 'vitest';
import type { Trader } from '../../src/base/role.ts';
import { applyUpdates, type UpdateRules } from '../../src/channel/ledger.ts';
import {
  contractOf,
  DEFAULT_CONTRIBUTIONS,
  ledgerOf,
  START_TIME,
  tradingChannel,
} from '../support/channelHarness.ts';

/** A ledger with delivery 0 of the producer in flight, and the rules for a proposal that cancels it. */
function cancelling(proposer: Trader, released: readonly bigint[]) {
  const harness = tradingChannel();
  harness.dispatch('consumer', { type: 'buy', units: 1 });
  harness.run();
  const rules: UpdateRules = {
    contract: contractOf(harness),
    proposer,
    height: harness.nodes.consumer.height,
    now: START_TIME,
    clockTolerance: 0,
    tariffs: [],
    offers: { consumer: null, producer: null },
    replacedOffers: [],
    knownPreimages: [],
    released,
  };
  return applyUpdates(rules, ledgerOf(harness, 'consumer'), [{ type: 'cancel', id: 0n }]);
}

describe('a delivery is cancelled', () => {
  it('by its buyer, which its seller lets: both have back what they put in', () => {
    expect(cancelling('consumer', [0n])).toMatchObject({
      ok: true,
      value: {
        consumerMsat: DEFAULT_CONTRIBUTIONS.consumer,
        producerMsat: DEFAULT_CONTRIBUTIONS.producer,
        deliveries: [],
      },
    });
  });

  it('by its buyer alone, when the energy may have flowed: notReleased', () => {
    expect(cancelling('consumer', [])).toEqual({ ok: false, error: { code: 'notReleased', id: 0n } });
  });

  it('by its seller, to save its bond: wrongProposer', () => {
    expect(cancelling('producer', [0n])).toEqual({
      ok: false,
      error: { code: 'wrongProposer', proposer: 'producer', update: 'cancel' },
    });
  });
});
