import { describe, expect, it } from 'vitest';
import type { Role } from '../../src/base/role.ts';
import type { Message } from '../../src/wire/messages.ts';
import { proposed, secp, secretOf } from '../support/channelHarness.ts';

const OWN = secp.publicKey(secretOf('a key of the consumer'));

describe('what the consumer hands on in an opening', () => {
  it.each<[string, Message['type'], Role, Role, (message: Message) => Message]>([
    [
      'the utility’s funding key',
      'funding_created',
      'producer',
      'utility',
      (message) =>
        message.type === 'funding_created'
          ? { ...message, utility: { ...message.utility, keys: { ...message.utility.keys, funding: OWN } } }
          : message,
    ],
    [
      'the utility’s payout script',
      'funding_created',
      'producer',
      'utility',
      (message) =>
        message.type === 'funding_created'
          ? {
              ...message,
              utility: { ...message.utility, payoutScript: Uint8Array.of(0, 20, ...OWN.slice(0, 20)) },
            }
          : message,
    ],
    [
      'the producer’s meter',
      'funding_prepared',
      'utility',
      'producer',
      (message) =>
        message.type === 'funding_prepared'
          ? { ...message, producer: { ...message.producer, meter: OWN } }
          : message,
    ],
    [
      'a voucher',
      'accept_channel',
      'consumer',
      'producer',
      (message) =>
        message.type === 'accept_channel' ? { ...message, voucher: new Uint8Array(64).fill(1) } : message,
    ],
  ])('%s put in place of the real one: nobody signs', (_, type, receiver, from, tamper) => {
    const harness = proposed({
      tamper: (_from, _to, message) => (message.type === type ? tamper(message) : message),
    });
    expect(harness.nodes[receiver].state).toMatchObject({
      type: 'aborted',
      why: { code: 'badVoucher', from },
    });
    expect(harness.broadcasts).toEqual([]);
  });
});
