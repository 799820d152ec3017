import { describe, expect, it } from 'vitest';
import { msat } from '../../src/base/amount.ts';
import type { ChannelError } from '../../src/channel/error.ts';
import { MAX_WITHDRAWN, remoteCommitments } from '../../src/channel/rounds.ts';
import { knowledgeOf } from '../../src/node/knowledge.ts';
import type { MessageOf } from '../../src/wire/messages.ts';
import {
  agreed,
  type Harness,
  ledgerOf,
  noticesOf,
  refusals,
  secretOf,
  trader,
  traderSignerOf,
  tradingChannel,
} from '../support/channelHarness.ts';

/** The consumer hears the producer's greeting, and no more. */
function greet(harness: Harness): void {
  const waits = () => 'link' in harness.nodes.consumer.state && harness.nodes.consumer.state.link !== 'up';
  while (waits()) harness.deliver('producer', 'consumer');
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

  it('a peer that never accepts and always comes back: no more than 32 are taken back, then the channel ends', () => {
    const harness = lost(5);
    for (let times = 0; harness.nodes.consumer.state.type === 'open'; times++) {
      expect(times).toBeLessThanOrEqual(MAX_WITHDRAWN);
      greet(harness);
      harness.cut('consumer-producer');
      harness.mine(5);
      harness.connect('consumer-producer');
    }
    expect(harness.nodes.consumer.state).toMatchObject({
      type: 'settling',
      why: { code: 'protocolError', error: { code: 'neverAccepted', limit: MAX_WITHDRAWN } },
    });
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
    expect(
      knowledgeOf(harness.nodes.consumer.state, harness.contextOf('consumer'))?.commitments,
    ).toMatchObject([
      { broadcaster: 'consumer', standing: 'own', balances: { n: 1n } },
      { broadcaster: 'producer', standing: 'peerLatest', balances: { n: 1n } },
      { broadcaster: 'producer', standing: 'peerNext', balances: { deliveries: [{ deadline: 120 }] } },
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

describe('a greeting that cannot be', () => {
  type Greeting = MessageOf<'reestablish'>;

  /** Two rounds are over; the consumer hears this greeting in place of the producer's. */
  function greeted(change: () => Partial<Greeting>): Harness {
    const harness = tradingChannel();
    harness.dispatch('consumer', { type: 'buy', units: 1 });
    harness.run();
    harness.produce(1000);
    harness.run();
    harness.cut('consumer-producer');
    harness.connect('consumer-producer');
    const [greeting] = harness.underWay('producer', 'consumer');
    if (greeting?.type !== 'reestablish') throw new Error('no greeting');
    harness.inject('producer', 'consumer', { ...greeting, ...change() });
    return harness;
  }

  function expectStale(harness: Harness, error: ChannelError): void {
    expect(refusals(harness, 'consumer')).toEqual([error]);
    expect(harness.nodes.consumer.state).toMatchObject({ type: 'open', link: 'stale' });
    expect(harness.broadcasts.filter(({ purpose }) => purpose === 'commitment')).toEqual([]);
  }

  it('a number two behind, honestly proved: nothing is closed, the link stays stale', () => {
    const harness = greeted(() => ({ n: 0n, secretsHeld: 0n }));
    expectStale(harness, { code: 'reestablishImpossible', remoteN: 0n, remoteSecretsHeld: 0n, ownN: 2n });
  });

  it('a number ahead without a secret that proves it: the same', () => {
    const harness = greeted(() => ({ n: 3n }));
    expectStale(harness, { code: 'reestablishImpossible', remoteN: 3n, remoteSecretsHeld: 2n, ownN: 2n });
  });

  it('our number and none of our secrets: the same', () => {
    const harness = greeted(() => ({ secretsHeld: 0n }));
    expectStale(harness, { code: 'reestablishImpossible', remoteN: 2n, remoteSecretsHeld: 0n, ownN: 2n });
  });

  it('a secret that is not ours: wrongSecretProof, and the signer gave nothing away', () => {
    for (const secretsHeld of [1n, 2n, 3n, 4n, 2n ** 48n, 2n ** 64n - 1n]) {
      const harness = greeted(() => ({ secretsHeld, lastSecret: secretOf('made up') }));
      expectStale(harness, { code: 'wrongSecretProof', secretsHeld });
      expect([...harness.nodes.consumer.released]).toEqual([0n, 1n]);
    }
  });

  it('a turn far ahead: wrongTurn, it is not taken over', () => {
    for (const turn of [2n, 3n, 2n ** 64n - 1n]) {
      const harness = greeted(() => ({ turn }));
      expectStale(harness, { code: 'wrongTurn', turn, ownTurn: 0n });
      expect(trader(harness, 'consumer').rounds.turn).toBe(0n);
    }
  });

  it('our own turn, given away by the other side: wrongTurn', () => {
    expectStale(
      greeted(() => ({ turn: 1n })),
      { code: 'wrongTurn', turn: 1n, ownTurn: 0n },
    );
  });

  it('a point that is none: badPoint', () => {
    const harness = greeted(() => ({ nextPoint: new Uint8Array(33) }));
    expect(refusals(harness, 'consumer')).toEqual([{ code: 'badPoint', n: 3n }]);
    expect(trader(harness, 'consumer').link).toBe('stale');
  });

  it('a secret of a state that we take for current: data lost, we never broadcast and say so', () => {
    const lastSecret = traderSignerOf('consumer').releaseSecret(4n);
    const harness = greeted(() => ({ n: 5n, secretsHeld: 5n, lastSecret }));
    expect(harness.nodes.consumer.state).toMatchObject({
      type: 'settling',
      why: { code: 'dataLost', n: 5n },
      candidates: [],
    });
    harness.dispatch('consumer', { type: 'forceClose' });
    harness.mine(3);
    expect(
      harness.broadcasts.filter(({ role, purpose }) => role === 'consumer' && purpose === 'commitment'),
    ).toEqual([]);
    expect(refusals(harness, 'consumer')).toMatchObject([
      { code: 'unexpectedCommand', command: 'forceClose' },
    ]);
    harness.run();
    expect(harness.nodes.producer.state).toMatchObject({ type: 'settling', why: { code: 'peerFailed' } });
    expect(harness.broadcasts.filter(({ purpose }) => purpose === 'commitment')).toMatchObject([
      { role: 'producer' },
    ]);
  });

  it('a second greeting on one connection: outOfTurn, no answer, nothing changes', () => {
    const harness = greeted(() => ({}));
    const before = harness.nodes.consumer.state;
    const [greeting] = harness.underWay('producer', 'consumer');
    if (greeting === undefined) throw new Error('no greeting');
    const { actions } = harness.inject('producer', 'consumer', greeting);
    expect(actions).toEqual([
      {
        type: 'notify',
        notice: {
          type: 'refused',
          error: { code: 'outOfTurn', message: 'reestablish', turn: 0n, phase: 'idle' },
        },
      },
    ]);
    expect(harness.nodes.consumer.state).toEqual(before);
  });
});
