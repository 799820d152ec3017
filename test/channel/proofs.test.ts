import { describe, expect, it } from 'vitest';
import { sat } from '../../src/base/amount.ts';
import { TRADERS, type Trader } from '../../src/base/role.ts';
import type { Delivery } from '../../src/tx/contract.ts';
import type { StateProof } from '../../src/wire/messages.ts';
import {
  channelIdOf,
  type Harness,
  ledgerOf,
  refusals,
  trader,
  tradingChannel,
  utility,
} from '../support/channelHarness.ts';

/** Three units in flight, which both traders have shown to the utility. */
function threeInFlight(): Harness {
  const harness = tradingChannel();
  harness.dispatch('consumer', { type: 'buy', units: 3 });
  harness.run();
  return harness;
}

/** The state that a trader showed last, its deliveries changed; its signature covers what the scripts cover. */
function claimed(
  harness: Harness,
  from: Trader,
  change: (deliveries: readonly Delivery[]) => readonly Delivery[],
) {
  const proof = utility(harness).proofs.find((each) => each.broadcaster === from) as StateProof;
  const deliveries = change(proof.ledger.deliveries);
  return { ...proof, ledger: { ...proof.ledger, deliveries } };
}

function show(harness: Harness, from: Trader, proof: StateProof): void {
  harness.inject(from, 'utility', { type: 'state_proof', channelId: channelIdOf(harness), proof });
  harness.run();
}

const swapUnits = ([first, second, ...rest]: readonly Delivery[]): readonly Delivery[] => {
  if (first === undefined || second === undefined) return [];
  return [{ ...first, unit: second.unit }, { ...second, unit: first.unit }, ...rest];
};

describe('state proof', () => {
  it.each(TRADERS)('units in flight, shown again by the %s: known, nothing changes', (from) => {
    const harness = threeInFlight();
    const before = utility(harness);
    expect(before.register.map(({ delivery }) => delivery.unit)).toEqual([0n, 1n, 2n]);
    show(
      harness,
      from,
      claimed(harness, from, (deliveries) => deliveries),
    );
    expect(refusals(harness, 'utility')).toEqual([]);
    expect(utility(harness).register).toEqual(before.register);
  });

  it.each(TRADERS)('numbers of two known units exchanged by the %s: refused, whatever it signed', (from) => {
    const harness = threeInFlight();
    const before = utility(harness);
    show(harness, from, claimed(harness, from, swapUnits));
    expect(refusals(harness, 'utility')).toMatchObject([{ code: 'badStateProof' }]);
    expect(utility(harness)).toEqual(before);
  });

  it('a known unit named twice, once with the lock of another: refused', () => {
    const harness = threeInFlight();
    const proof = claimed(harness, 'consumer', (deliveries) =>
      deliveries.map((each) => ({ ...each, unit: 0n })),
    );
    show(harness, 'consumer', proof);
    expect(refusals(harness, 'utility')).toMatchObject([{ code: 'badStateProof' }]);
  });

  it('arbitration over exchanged numbers: refused, and the meters’ verdicts stay with their units', () => {
    const harness = threeInFlight();
    const proof = claimed(harness, 'consumer', swapUnits);
    const channelId = channelIdOf(harness);
    harness.inject('consumer', 'utility', {
      type: 'request_arbitration',
      channelId,
      proof,
      feeSat: sat(1000),
    });
    harness.run();
    expect(utility(harness).arbitration).toBeNull();
    harness.produce(1000);
    harness.run();
    expect(ledgerOf(harness, 'consumer').deliveries.map(({ unit }) => unit)).toEqual([1n, 2n]);
    expect(trader(harness, 'consumer').type).toBe('open');
  });
});
