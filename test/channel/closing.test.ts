import { describe, expect, it } from 'vitest';
import { msat, sat } from '../../src/base/amount.ts';
import { type Role, TRADERS, type Trader } from '../../src/base/role.ts';
import { MAX_CLOSES } from '../../src/channel/states/closing.ts';
import type { Message, MessageOf, MessageType } from '../../src/wire/messages.ts';
import {
  DEFAULT_PARAMS,
  type Harness,
  ledgerOf,
  noticesOf,
  openChannel,
  orderOf,
  proposeAs,
  refusals,
  SETTLEMENT,
  START_HEIGHT,
  trader,
  tradingChannel,
} from '../support/channelHarness.ts';

function pay(harness: Harness, from: Trader, amountMsat: number): void {
  harness.dispatch(from, {
    type: 'update',
    update: { type: 'transfer', from, amountMsat: msat(amountMsat) },
  });
}

function close(harness: Harness, closer: Trader, feeRate = 1000n): void {
  harness.dispatch(closer, { type: 'close', payoutScript: null, feeRate });
}

function expectClosed(harness: Harness): void {
  for (const role of TRADERS) {
    const state = trader(harness, role);
    expect(state.type === 'negotiatingClose' && state.signed.length).toBe(1);
  }
}

describe('what crosses a shutdown', () => {
  it('an order under way: taken, delivered, then closed', () => {
    const harness = tradingChannel();
    harness.dispatch('consumer', { type: 'buy', units: 1 });
    close(harness, 'producer');
    harness.run();
    harness.produce(1000);
    harness.run();
    expect(noticesOf(harness, 'producer', 'unitSettled')).toHaveLength(1);
    expectClosed(harness);
  });

  it('an order that waits for a block: taken when the block comes', () => {
    const harness = tradingChannel();
    harness.mine(1, ['consumer']);
    harness.dispatch('consumer', { type: 'buy', units: 1 });
    close(harness, 'consumer');
    harness.run();
    expect(trader(harness, 'producer').premature).not.toBeNull();
    harness.mine(1, ['producer']);
    harness.run();
    expect(ledgerOf(harness, 'producer').deliveries).toHaveLength(1);
  });

  it('an order that waits for a block, the link breaks: taken back, closed without it', () => {
    const harness = tradingChannel();
    harness.mine(1, ['consumer']);
    harness.dispatch('consumer', { type: 'buy', units: 1 });
    close(harness, 'consumer');
    harness.run();
    harness.cut('consumer-producer');
    harness.connect('consumer-producer');
    harness.run();
    expectClosed(harness);
    expect(ledgerOf(harness, 'producer').n).toBe(0n);
  });

  it('a payment asked for and not yet proposed: refused by name', () => {
    const harness = openChannel();
    harness.cut('consumer-producer');
    pay(harness, 'consumer', 1000);
    close(harness, 'consumer');
    pay(harness, 'consumer', 2000);
    expect(refusals(harness, 'consumer')).toEqual([
      { code: 'unexpectedCommand', command: 'transfer', state: 'shuttingDown' },
      { code: 'unexpectedCommand', command: 'transfer', state: 'shuttingDown' },
    ]);
    harness.connect('consumer-producer');
    harness.run();
    expectClosed(harness);
  });

  for (const type of ['transfer', 'add'] as const)
    it(`${type} after the proposer’s own shutdown: unexpectedMessage, the channel fails`, () => {
      const harness = tradingChannel();
      harness.dispatch('consumer', { type: 'buy', units: 1 });
      harness.run();
      close(harness, 'consumer');
      harness.run();
      proposeAs(harness, 'consumer', (ledger) => [
        type === 'add'
          ? orderOf(harness, ledger)
          : { type: 'transfer', from: 'consumer', amountMsat: msat(1000) },
      ]);
      expect(harness.nodes.producer.state).toMatchObject({
        type: 'settling',
        why: {
          code: 'protocolError',
          error: { code: 'unexpectedMessage', message: type, from: 'consumer', state: 'shuttingDown' },
        },
      });
    });

  it('a proposal once a fee is signed: unexpectedMessage, a close of an old state cannot come to pay less', () => {
    const harness = openChannel();
    close(harness, 'consumer');
    harness.run();
    proposeAs(harness, 'consumer', () => [{ type: 'transfer', from: 'consumer', amountMsat: msat(1000) }]);
    expect(harness.nodes.producer.state).toMatchObject({
      type: 'settling',
      why: {
        code: 'protocolError',
        error: {
          code: 'unexpectedMessage',
          message: 'transfer',
          from: 'consumer',
          state: 'negotiatingClose',
        },
      },
    });
  });
});

describe('the fee of a close', () => {
  it('less than any node relays: feeRateTooLow, nothing is said; a peer’s: feeTooLow, the channel fails', () => {
    const harness = openChannel();
    close(harness, 'consumer', 0n);
    close(harness, 'consumer', 999n);
    expect(refusals(harness, 'consumer')).toEqual([
      { code: 'feeRateTooLow', feeRate: 0n, least: 1000n },
      { code: 'feeRateTooLow', feeRate: 999n, least: 1000n },
    ]);
    expect(trader(harness, 'consumer').type).toBe('open');
    close(harness, 'producer');
    harness.run();
    close(harness, 'producer', 100n);
    expect(refusals(harness, 'producer')).toEqual([{ code: 'feeRateTooLow', feeRate: 100n, least: 1000n }]);
    const [complete] = sentBy(harness, 'producer', 'closing_complete');
    if (complete === undefined) throw new Error('no fee named');
    harness.inject('producer', 'consumer', { ...complete, feeSat: sat(247) });
    expect(harness.nodes.consumer.state).toMatchObject({
      type: 'settling',
      why: { code: 'protocolError', error: { code: 'feeTooLow', feeSat: 247n, leastSat: 248n } },
    });
  });

  it('while the deliveries resolve, less than before: feeRateTooLow', () => {
    const harness = tradingChannel();
    harness.dispatch('consumer', { type: 'buy', units: 1 });
    harness.run();
    close(harness, 'consumer', 3000n);
    close(harness, 'consumer', 2000n);
    expect(refusals(harness, 'consumer')).toEqual([{ code: 'feeRateTooLow', feeRate: 2000n, least: 3000n }]);
  });

  it('more than the closer has: feeTooHigh, no fee is named', () => {
    const harness = openChannel();
    close(harness, 'consumer');
    harness.run();
    close(harness, 'consumer', 10_000_000_000n);
    expect(refusals(harness, 'consumer')).toMatchObject([
      { code: 'feeTooHigh', availableSat: 600_000n + 540n + 3n * 43n },
    ]);
    expectClosed(harness);
  });

  it('a higher fee again and again: at most 32 closes are signed, then tooManyCloses', () => {
    const harness = openChannel();
    close(harness, 'consumer');
    harness.run();
    for (let rate = 1001n; rate < 1001n + 4000n; rate += 100n) {
      close(harness, 'consumer', rate);
      harness.run();
    }
    const state = trader(harness, 'producer');
    expect(state.type === 'negotiatingClose' && state.signed.length).toBe(MAX_CLOSES);
    expect(refusals(harness, 'producer').at(-1)).toEqual({ code: 'tooManyCloses', limit: MAX_CLOSES });
  });

  it('more than all coins there are: feeNotRaised', () => {
    const harness = openChannel();
    close(harness, 'consumer');
    harness.run();
    close(harness, 'consumer', 2n ** 63n);
    expect(refusals(harness, 'consumer')).toMatchObject([{ code: 'feeNotRaised' }]);
  });

  it('the peer names more than it has: feeTooHigh, the channel fails', () => {
    const harness = openChannel();
    close(harness, 'producer');
    harness.run();
    const [complete] = sentBy(harness, 'producer', 'closing_complete');
    if (complete === undefined) throw new Error('no fee named');
    harness.inject('producer', 'consumer', { ...complete, feeSat: sat(500_000) });
    expect(harness.nodes.consumer.state).toMatchObject({
      type: 'settling',
      why: { code: 'protocolError', error: { code: 'feeTooHigh', feeSat: 500_000n } },
    });
  });

  it('a signature that does not fit: badCloseSignature, the channel fails', () => {
    for (const type of ['closing_complete', 'closing_signed'] as const) {
      const harness = openChannel({
        tamper: (_from, _to, message) =>
          message.type === type ? { ...message, signature: new Uint8Array(64) } : message,
      });
      close(harness, 'producer');
      harness.run();
      const failed = harness.nodes[type === 'closing_complete' ? 'consumer' : 'producer'].state;
      expect(failed).toMatchObject({
        type: 'settling',
        why: { code: 'protocolError', error: { code: 'badCloseSignature', feeSat: 248n } },
      });
    }
  });

  it('a signature for a fee that we never named: badCloseSignature', () => {
    const harness = openChannel();
    close(harness, 'producer');
    harness.run();
    const [signed] = sentBy(harness, 'consumer', 'closing_signed');
    if (signed === undefined) throw new Error('nothing signed');
    harness.inject('consumer', 'producer', { ...signed, feeSat: sat(9999) });
    expect(harness.nodes.producer.state).toMatchObject({
      why: { code: 'protocolError', error: { code: 'badCloseSignature', feeSat: 9999n } },
    });
  });

  it('the one that was asked to close wants a fee too: it may name one', () => {
    const harness = tradingChannel();
    harness.dispatch('consumer', { type: 'buy', units: 1 });
    harness.run();
    close(harness, 'consumer');
    harness.run();
    close(harness, 'producer', 3000n);
    harness.produce(1000);
    harness.run();
    for (const role of TRADERS) {
      const state = trader(harness, role);
      expect(state.type === 'negotiatingClose' && state.signed.length).toBe(2);
    }
  });
});

describe('a payout script that is none', () => {
  const script = Uint8Array.of(0x76, 0xa9);

  it('our own: badPayoutScript, the channel stays open', () => {
    const harness = openChannel();
    harness.dispatch('consumer', { type: 'close', payoutScript: script, feeRate: 1000n });
    expect(refusals(harness, 'consumer')).toEqual([
      { code: 'badPayoutScript', from: 'consumer', script: '76a9' },
    ]);
    expect(trader(harness, 'consumer').type).toBe('open');
  });

  it('the peer’s: badPayoutScript, the channel fails', () => {
    for (const first of TRADERS) {
      const harness = openChannel({
        tamper: (from, _to, message) =>
          from === 'consumer' && message.type === 'shutdown' ? { ...message, payoutScript: script } : message,
      });
      close(harness, first);
      harness.run();
      expect(harness.nodes.producer.state).toMatchObject({
        why: {
          code: 'protocolError',
          error: { code: 'badPayoutScript', from: 'consumer', script: '76a9' },
        },
      });
    }
  });
});

describe('a close that does not come about', () => {
  it('the other side never answers: its patience over, our commitment', () => {
    const harness = openChannel();
    harness.cut('consumer-producer');
    close(harness, 'consumer');
    harness.mine(DEFAULT_PARAMS.deliveryWindow + DEFAULT_PARAMS.resolutionMargin + 2, ['consumer']);
    expect(harness.nodes.consumer.state.type).toBe('settling');
    expect(harness.nodes.consumer.state).toMatchObject({ why: { code: 'closeUnanswered' } });
  });

  it('a unit ordered just before is not delivered: it is forfeited in a round, the close goes on', () => {
    const harness = tradingChannel({ params: { resolutionMargin: 2 } });
    harness.dispatch('consumer', { type: 'buy', units: 1 });
    harness.run();
    close(harness, 'consumer');
    harness.run();
    for (let block = 0; block < DEFAULT_PARAMS.deliveryWindow + 2; block++) {
      harness.mine();
      harness.run();
    }
    expect(noticesOf(harness, 'producer', 'unitForfeited')).toHaveLength(1);
    expectClosed(harness);
  });

  it('no fee agreed and the settlement height is near: our commitment in time', () => {
    const harness = openChannel({
      params: { deliveryWindow: 100 },
      tamper: (_from, _to, message) =>
        message.type === 'closing_complete'
          ? { type: 'warning', channelId: message.channelId, data: new Uint8Array(0) }
          : message,
    });
    harness.mine(SETTLEMENT - START_HEIGHT - 5);
    harness.run();
    for (const role of TRADERS) expect(trader(harness, role).type).toBe('negotiatingClose');
    harness.mine(2);
    for (const role of TRADERS)
      expect(harness.nodes[role].state).toMatchObject({
        type: 'settling',
        why: { code: 'settlementHeightNear', height: SETTLEMENT - 3 },
      });
  });

  it('signed but unconfirmed when the settlement height is near: the commitment too, the close stays known', () => {
    const harness = openChannel();
    harness.mine(SETTLEMENT - START_HEIGHT - 5);
    harness.run();
    expectClosed(harness);
    harness.mine(2);
    for (const role of TRADERS)
      expect(harness.nodes[role].state).toMatchObject({
        type: 'settling',
        candidates: [{ purpose: 'close' }, { purpose: 'commitment' }],
      });
  });

  it('a reorganisation takes the close back: it is sent again', () => {
    const harness = openChannel();
    close(harness, 'consumer');
    harness.run();
    harness.confirmSpend();
    const before = harness.broadcasts.length;
    harness.dispatch('consumer', { type: 'fundingUnspent' });
    expect(harness.broadcasts.slice(before)).toMatchObject([{ role: 'consumer', purpose: 'close' }]);
  });
});

function sentBy<T extends MessageType>(harness: Harness, from: Role, type: T): MessageOf<T>[] {
  return harness.nodes[from].actions.flatMap((action) =>
    action.type === 'send' && isOfType(action.message, type) ? [action.message] : [],
  );
}

function isOfType<T extends MessageType>(message: Message, type: T): message is MessageOf<T> {
  return message.type === type;
}
