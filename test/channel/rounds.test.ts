import { describe, expect, it } from 'vitest';
import { msat } from '../../src/base/amount.ts';
import { remoteCommitments } from '../../src/channel/rounds.ts';
import {
  agreed,
  type Harness,
  ledgerOf,
  noticesOf,
  trader,
  tradingChannel,
} from '../support/channelHarness.ts';

/** The consumer hears the producer's greeting, and no more. */
function greet(harness: Harness): void {
  while (trader(harness, 'consumer').link !== 'up') harness.deliver('producer', 'consumer');
}

describe('a proposal that is lost with the connection', () => {
  /** An order and a payment that never arrive, and so many blocks until the next connection. */
  function lost(blocks: number): Harness {
    const harness = tradingChannel();
    harness.cut('consumer-producer');
    harness.dispatch('consumer', {
      type: 'update',
      update: { type: 'transfer', from: 'consumer', amountMsat: msat(5000) },
    });
    harness.dispatch('consumer', { type: 'buy', units: 1 });
    harness.connect('consumer-producer');
    greet(harness);
    expect(trader(harness, 'consumer').rounds.phase.type).toBe('proposing');
    harness.cut('consumer-producer');
    harness.mine(blocks);
    harness.connect('consumer-producer');
    return harness;
  }

  it('the next connection soon: the same bytes again', () => {
    const harness = lost(1);
    const before = trader(harness, 'consumer').rounds.phase;
    greet(harness);
    expect(harness.underWay('consumer', 'producer')).toContainEqual('message' in before && before.message);
    harness.run();
    expect(agreed(harness)).toBe(true);
    expect(trader(harness, 'consumer').rounds.withdrawn).toEqual([]);
  });

  it('blocks later the order is too old: taken back, ordered anew, the payment made once', () => {
    const harness = lost(5);
    harness.run();
    expect(agreed(harness)).toBe(true);
    expect(ledgerOf(harness, 'producer')).toMatchObject({
      n: 1n,
      producerMsat: 390_000_000n - 500_000n + 5000n,
      deliveries: [{ deadline: 125 }],
    });
    expect(noticesOf(harness, 'producer', 'unitOrdered')).toHaveLength(1);
  });

  it('taken back: the commitment that the peer could still broadcast stays known until it is revoked', () => {
    const harness = lost(5);
    harness.run();
    const { rounds } = trader(harness, 'consumer');
    expect(rounds.withdrawn).toMatchObject([{ n: 1n, deliveries: [{ deadline: 120 }] }]);
    expect(remoteCommitments(rounds)).toMatchObject([
      {
        standing: 'peerLatest',
        ledger: { n: 1n, deliveries: [{ deadline: 125 }] },
        point: rounds.remotePoint,
      },
      { standing: 'peerNext', ledger: { n: 1n, deliveries: [{ deadline: 120 }] }, point: rounds.remotePoint },
    ]);
    harness.produce(1000);
    harness.run();
    expect(trader(harness, 'consumer').rounds.withdrawn).toEqual([]);
    expect(harness.nodes.consumer.records.filter(({ type }) => type === 'revoked')).toMatchObject([
      { n: 0n },
      { n: 1n, deliveries: [{ deadline: 125 }] },
      { n: 1n, deliveries: [{ deadline: 120 }] },
    ]);
  });

  it('a peer that accepted it: it is not taken back, however old it is', () => {
    const harness = tradingChannel();
    harness.dispatch('consumer', { type: 'buy', units: 1 });
    harness.deliver('consumer', 'producer');
    harness.cut('consumer-producer');
    harness.mine(5);
    harness.connect('consumer-producer');
    harness.run();
    expect(agreed(harness)).toBe(true);
    expect(ledgerOf(harness, 'consumer').deliveries).toMatchObject([{ deadline: 120 }]);
  });
});
