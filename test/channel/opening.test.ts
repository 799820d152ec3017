import { describe, expect, it } from 'vitest';
import { msat, sat } from '../../src/base/amount.ts';
import { toHex } from '../../src/base/bytes.ts';
import { ROLES, type Role } from '../../src/base/role.ts';
import type { ChannelError } from '../../src/channel/error.ts';
import type { Proposal } from '../../src/channel/state.ts';
import type { ChannelParams } from '../../src/tx/contract.ts';
import { encodeTx, type Tx, txid, unsignedInput } from '../../src/tx/transaction.ts';
import type { Message, MessageOf, MessageType } from '../../src/wire/messages.ts';
import {
  agreed,
  connected,
  DEFAULT_PARAMS,
  endsOf,
  type Harness,
  LINKS,
  meterOf,
  noticesOf,
  partOf,
  payoutOf,
  proposalOf,
  proposed,
  refusals,
} from '../support/channelHarness.ts';

const proposalWith =
  (change: (proposal: Proposal) => Partial<Proposal>) =>
  (proposal: Proposal): Proposal => ({ ...proposal, ...change(proposal) });

/** A message of the opening changed on its way. */
function tampering<T extends MessageType>(type: T, change: (message: MessageOf<T>) => Partial<MessageOf<T>>) {
  return (_from: Role, _to: Role, message: Message): Message =>
    isOfType(message, type) ? { ...message, ...change(message) } : message;
}

function isOfType<T extends MessageType>(message: Message, type: T): message is MessageOf<T> {
  return message.type === type;
}

/** Who found the fault says so, everyone lets go, nobody has signed anything away. */
function expectAborted(harness: Harness, by: Role, why: ChannelError): void {
  expect(harness.nodes[by].state).toEqual({ type: 'aborted', role: by, why });
  expect(noticesOf(harness, by, 'aborted')).toEqual([{ type: 'aborted', why }]);
  expect(harness.nodes[by].actions.map(({ type }) => type)).toContain('releaseCoins');
  expect(harness.broadcasts).toEqual([]);
  for (const role of ROLES) expect(harness.nodes[role].released.size).toBe(0);
}

describe('parameters that nobody should agree to', () => {
  const { toSelfDelay, reserveMsat } = DEFAULT_PARAMS;
  it.each<[string, Partial<ChannelParams>, string]>([
    ['chainHash', { chainHash: '00'.repeat(32) }, '00'.repeat(32)],
    ['settlementHeight', { settlementHeight: 140, arbitration: { type: 'immediate' } }, '140'],
    ['settlementHeight', { settlementHeight: 500_000_000, arbitration: { type: 'immediate' } }, '500000000'],
    ['arbitration', { arbitration: { type: 'afterHeight', height: 599 } }, '599'],
    ['toSelfDelay.consumer', { toSelfDelay: { ...toSelfDelay, consumer: 0 } }, '0'],
    ['toSelfDelay.producer', { toSelfDelay: { ...toSelfDelay, producer: 0 } }, '0'],
    ['dustLimitSat', { dustLimitSat: sat(329) }, '329'],
    ['dustLimitSat', { dustLimitSat: sat(10_001) }, '10001'],
    ['maxInFlight', { maxInFlight: 0 }, '0'],
    ['maxInFlight', { maxInFlight: 101 }, '101'],
    ['bondPolicy', { bondPolicy: { type: 'stake' } }, 'stake with 3 in flight'],
    ['bondPolicy', { bondPolicy: { type: 'proportional', bondPpm: 1_000_000_001 } }, '1000000001'],
    ['gridFeePpm', { gridFeePpm: 1_000_001 }, '1000001'],
    ['deliveryWindow', { deliveryWindow: 3 }, '3'],
    ['resolutionMargin', { resolutionMargin: 1 }, '1'],
    ['minimumDepth', { minimumDepth: 0 }, '0'],
    ['minimumDepth', { minimumDepth: 145 }, '145'],
    [
      'reserveMsat',
      { reserveMsat: { ...reserveMsat, producer: msat(1_000_000_001) } },
      '1000000, 1000000001',
    ],
    ['utilityMaxExposureMsat', { utilityMaxExposureMsat: msat(10_000_000) }, '10000000'],
  ])('%s: badParameter with its value, before anything is said; a peer’s the same', (name, params, value) => {
    const own = proposed({ params });
    expect(own.nodes.consumer.state).toMatchObject({
      type: 'aborted',
      why: { code: 'badParameter', name, value },
    });
    expect(own.nodes.producer.state.type).toBe('fresh');
    const foreign = proposed({
      tamper: tampering('open_channel', (message) => ({ params: { ...message.params, ...params } })),
    });
    for (const role of ['producer', 'utility'] as const)
      expect(foreign.nodes[role].state).toMatchObject({
        type: 'aborted',
        why: { code: 'badParameter', name, value },
      });
  });

  it('contributions of nothing, or of parts of a satoshi: badParameter', () => {
    const nothing = { consumer: msat(0), producer: msat(0), utility: msat(0) };
    for (const contributions of [nothing, { consumer: msat(600_000_001) }])
      expect(proposed({ contributions }).nodes.consumer.state).toMatchObject({
        why: { code: 'badParameter', name: 'contributions' },
      });
  });
});

describe('keys and scripts', () => {
  it.each(['funding', 'revocation', 'payment', 'delayed'] as const)(
    'the consumer’s %s key is no point: badKey',
    (field) => {
      const bad = new Uint8Array(33);
      const change = ({ consumer }: { consumer: Proposal['consumer'] }) => ({
        consumer: { ...consumer, keys: { ...consumer.keys, [field]: bad } },
      });
      expectAborted(proposed({ proposal: proposalWith(change) }), 'consumer', {
        code: 'badKey',
        from: 'consumer',
        field,
      });
      expectAborted(proposed({ tamper: tampering('open_channel', change) }), 'producer', {
        code: 'badKey',
        from: 'consumer',
        field,
      });
    },
  );

  it.each(['firstPoint', 'secondPoint', 'nodeId', 'meter'] as const)(
    'the producer’s %s is no point: badKey',
    (field) => {
      const harness = proposed({
        tamper: tampering('accept_channel', ({ producer }) => ({
          producer: { ...producer, [field]: new Uint8Array(33).fill(9) },
        })),
      });
      expectAborted(harness, 'consumer', { code: 'badKey', from: 'producer', field });
    },
  );

  it('the consumer’s payment key is its delayed key: duplicateKey', () => {
    const harness = proposed({
      proposal: proposalWith(({ consumer }) => ({
        consumer: { ...consumer, keys: { ...consumer.keys, delayed: consumer.keys.payment } },
      })),
    });
    expectAborted(harness, 'consumer', { code: 'duplicateKey', from: 'consumer', field: 'delayed' });
  });

  it('a payout script that no wallet has: badPayoutScript', () => {
    const script = Uint8Array.of(0x51);
    expectAborted(
      proposed({
        tamper: tampering('open_channel', ({ consumer }) => ({
          consumer: { ...consumer, payoutScript: script },
        })),
      }),
      'utility',
      { code: 'badPayoutScript', from: 'consumer', script: '51' },
    );
  });

  it('our own application names one, or a meter that is no key: refused, the proposal still waits for an answer', () => {
    const harness = connected();
    harness.dispatch('consumer', { type: 'propose', proposal: proposalOf() });
    harness.deliver('consumer', 'producer');
    const { part } = proposalOf().consumer;
    const before = harness.nodes.producer.state;
    const good = {
      type: 'acceptOpening',
      part,
      payoutScript: payoutOf('producer'),
      meter: meterOf('producer'),
    } as const;
    harness.dispatch('producer', { ...good, payoutScript: Uint8Array.of(0x51) });
    harness.dispatch('producer', { ...good, meter: new Uint8Array(3) });
    expect(refusals(harness, 'producer')).toEqual([
      { code: 'badPayoutScript', from: 'producer', script: '51' },
      { code: 'badKey', from: 'producer', field: 'meter' },
    ]);
    expect(harness.nodes.producer.state).toEqual(before);
  });
});

describe('coins', () => {
  const coin = (value: number, script: Uint8Array): Tx => ({
    version: 2,
    inputs: [unsignedInput({ txid: '11'.repeat(32), vout: 0 })],
    outputs: [{ value: sat(value), script }],
    locktime: 0,
  });
  const p2pkh = Uint8Array.of(0x76, 0xa9, 0x14, ...new Uint8Array(20), 0x88, 0xac);

  it('an input that is not segwit: inputNotSegwit, whoever brings it', () => {
    const legacy = encodeTx(coin(200_000_000, p2pkh));
    const outpoint = { txid: txid(coin(200_000_000, p2pkh)), vout: 0 };
    const script = toHex(p2pkh);
    for (const owner of ['consumer', 'producer'] as const) {
      const harness = proposed({
        part: (role, part) =>
          role === owner ? { ...part, inputs: [{ previousTx: legacy, vout: 0 }] } : part,
      });
      const error = { code: 'inputNotSegwit', owner, outpoint, script } as const;
      if (owner === 'consumer') expectAborted(harness, 'consumer', error);
      else expect(refusals(harness, 'producer')).toEqual([error]);
    }
  });

  it('a proof that is no transaction, or has no such output: badPreviousTx', () => {
    for (const [input, reason] of [
      [{ previousTx: new Uint8Array(3), vout: 0 }, 'ends 1 bytes too early'],
      [{ previousTx: encodeTx(coin(1000, p2pkh)), vout: 1 }, 'no output 1'],
    ] as const)
      expectAborted(
        proposed({ part: (role, part) => (role === 'consumer' ? { ...part, inputs: [input] } : part) }),
        'consumer',
        { code: 'badPreviousTx', owner: 'consumer', index: 0, reason },
      );
  });

  it('a proof that no message could carry: badPreviousTx, nothing is sent', () => {
    const { part } = proposalOf().consumer;
    const padded = (length: number) => {
      const output = { value: sat(0), script: new Uint8Array(length) };
      const { outputs } = coin(100_000, payoutOf('consumer'));
      const script = Uint8Array.of(0, 20, ...new Uint8Array(20));
      return { ...coin(0, script), outputs: [...outputs.map((each) => ({ ...each, script })), output] };
    };
    const one = [{ previousTx: encodeTx(padded(20_000)), vout: 0 }];
    const four = [1, 2, 3, 4].map((i) => ({ previousTx: encodeTx(padded(19_000 + i)), vout: 0 }));
    for (const [inputs, index] of [
      [one, 0],
      [four, 3],
    ] as const)
      expectAborted(
        proposed({ part: (role) => (role === 'consumer' ? { ...part, inputs } : part) }),
        'consumer',
        { code: 'badPreviousTx', owner: 'consumer', index, reason: 'too long for a message' },
      );
  });

  it('one coin brought by two: inputShared', () => {
    const shared = proposalOf().consumer.part;
    const harness = proposed({
      part: (role, part) => (role === 'producer' ? { ...part, inputs: shared.inputs } : part),
    });
    expect(harness.nodes.consumer.state).toMatchObject({
      type: 'aborted',
      why: { code: 'inputShared', owner: 'producer', outpoint: { vout: 0 } },
    });
  });

  it('more inputs than a message has room for: tooManyInputs, nothing is sent', () => {
    const harness = proposed({
      part: (role, part) => {
        const [input] = part.inputs;
        return role === 'consumer' && input !== undefined ? { ...part, inputs: Array(21).fill(input) } : part;
      },
    });
    expectAborted(harness, 'consumer', { code: 'tooManyInputs', owner: 'consumer', count: 21 });
  });

  it('coins that do not cover the contribution: contributionShort', () => {
    const harness = proposed({
      part: (role, part) =>
        role === 'utility' && part.change !== null
          ? { ...part, change: { ...part.change, value: sat(part.change.value + 1n) } }
          : part,
    });
    expect(harness.nodes.consumer.state).toMatchObject({
      type: 'aborted',
      why: { code: 'contributionShort', owner: 'utility' },
    });
  });

  it('change to a script of another kind, or under the dust limit: changeNotSegwit, changeIsDust', () => {
    const script = payoutOf('producer');
    const other = proposed({
      part: (role, part) =>
        role === 'producer' && part.change !== null ? { ...part, change: { ...part.change, script } } : part,
    });
    expectAborted(other, 'consumer', { code: 'changeNotSegwit', owner: 'producer', script: toHex(script) });
    const dust = proposed({
      part: (role, part) =>
        role === 'producer' && part.change !== null
          ? { ...part, change: { ...part.change, value: sat(329) } }
          : part,
    });
    expectAborted(dust, 'consumer', { code: 'changeIsDust', owner: 'producer', valueSat: sat(329) });
  });

  it.each(['inputNotConfirmed', 'inputMismatch'] as const)(
    'an input that the chain says is %s: nobody signs',
    (code) => {
      const outpoint = `${'22'.repeat(32)}:0`;
      for (const role of ROLES) {
        const harness = proposed({
          inputProblem: (by) => (by === role ? { code, owner: 'consumer', outpoint } : null),
        });
        expectAborted(harness, role, { code, owner: 'consumer', outpoint });
      }
    },
  );
});

describe('signatures of the opening', () => {
  it('commitment 0 not signed: badCommitmentSignature, no input is signed', () => {
    const signature = new Uint8Array(64);
    expectAborted(proposed({ tamper: tampering('funding_created', () => ({ signature })) }), 'producer', {
      code: 'badCommitmentSignature',
      n: 0n,
    });
    expectAborted(proposed({ tamper: tampering('funding_signed', () => ({ signature })) }), 'consumer', {
      code: 'badCommitmentSignature',
      n: 0n,
    });
  });

  it('another funding transaction: fundingMismatch', () => {
    const received = '33'.repeat(32);
    for (const [type, by] of [
      ['funding_created', 'producer'],
      ['funding_prepared', 'utility'],
    ] as const) {
      const harness = proposed({ tamper: tampering(type, () => ({ fundingTxid: received })) });
      expect(harness.nodes[by].state).toMatchObject({
        type: 'aborted',
        why: { code: 'fundingMismatch', received },
      });
    }
  });

  it('fewer witnesses than inputs: wrongWitnessCount, nothing is broadcast', () => {
    for (const [type, from] of [
      ['funding_signed', 'producer'],
      ['funding_cosigned', 'utility'],
    ] as const)
      expectAborted(proposed({ tamper: tampering(type, () => ({ witnesses: [] })) }), 'consumer', {
        code: 'wrongWitnessCount',
        from,
        count: 0,
        expected: 1,
      });
  });
});

describe('an opening that stops', () => {
  it('refused by an application: everyone hears why', () => {
    const harness = proposed({
      review: (role, proposal) =>
        role === 'utility'
          ? { type: 'refuseOpening', reason: 'no capacity' }
          : {
              type: 'acceptOpening',
              part: partOf(role, proposal),
              payoutScript: payoutOf(role),
              meter: meterOf('producer'),
            },
    });
    expectAborted(harness, 'utility', { code: 'refused', by: 'utility', reason: 'no capacity' });
    expectAborted(harness, 'consumer', {
      code: 'refused',
      by: 'utility',
      reason: 'refused by=utility reason=no capacity',
    });
  });

  it('closed by our own application: refused, the others hear it', () => {
    const harness = connected();
    harness.dispatch('consumer', { type: 'propose', proposal: proposalOf() });
    harness.dispatch('consumer', { type: 'close', payoutScript: null, feeRate: 1000n });
    harness.run();
    expectAborted(harness, 'consumer', {
      code: 'refused',
      by: 'consumer',
      reason: 'closed by the application',
    });
    expect(harness.nodes.producer.state.type).toBe('aborted');
  });

  /** Steps of the opening, one message or answer each. */
  function stepped(steps: number): Harness {
    const harness = connected();
    harness.dispatch('consumer', { type: 'propose', proposal: proposalOf() });
    for (let i = 0; i < steps; i++)
      if (!harness.answer())
        LINKS.some((link) => {
          const [a, b] = endsOf(link);
          return harness.deliver(a, b) || harness.deliver(b, a);
        });
    return harness;
  }

  it('a connection lost at any step: aborted by name, or the funding goes its way; nobody throws', () => {
    const outcomes = new Set<string>();
    for (let steps = 0; steps < 20; steps++)
      for (const link of LINKS) {
        const harness = stepped(steps);
        harness.cut(link);
        harness.run();
        harness.connect(link);
        harness.run();
        for (const role of ROLES) {
          const { state } = harness.nodes[role];
          if (state.type === 'aborted') outcomes.add(`${role} ${state.why.code}`);
          else outcomes.add(`${role} ${state.type}`);
        }
        const funded = harness.broadcasts.length > 0;
        expect(harness.nodes.consumer.state.type === 'awaitingFunding').toBe(funded);
      }
    // the consumer may let go while it has the others' witnesses: they cannot know, and wait for the chain
    expect([...outcomes].sort()).toEqual([
      'consumer awaitingFunding',
      'consumer connectionLost',
      'producer awaitingFunding',
      'producer connectionLost',
      'producer fresh',
      'producer refused',
      'utility awaitingFunding',
      'utility connectionLost',
      'utility fresh',
      'utility refused',
    ]);
  });

  it('every signature there and the connections lost: the consumer goes on without them', () => {
    const harness = connected();
    harness.dispatch('consumer', { type: 'propose', proposal: proposalOf() });
    for (let i = 0; harness.nodes.consumer.state.type !== 'signingFunding' && i < 50; i++)
      if (!harness.answer())
        LINKS.some((link) => {
          const [a, b] = endsOf(link);
          return harness.deliver(a, b) || harness.deliver(b, a);
        });
    harness.cut('consumer-producer');
    harness.cut('consumer-utility');
    harness.run();
    expect(harness.nodes.consumer.state.type).toBe('awaitingFunding');
    expect(harness.broadcasts).toMatchObject([{ role: 'consumer', purpose: 'funding' }]);
    harness.mine(1);
    expect(harness.broadcasts).toHaveLength(2);
    harness.confirm(3);
    harness.connect('consumer-producer');
    harness.connect('consumer-utility');
    harness.run();
    expect(agreed(harness)).toBe(true);
  });

  it('channel_ready lost at any step: open after the reconnect', () => {
    for (const link of LINKS)
      for (let steps = 0; steps < 12; steps++) {
        const harness = proposed();
        harness.confirm(3, ['consumer', 'producer']);
        for (let i = 0; i < steps; i++)
          LINKS.some((each) => {
            const [a, b] = endsOf(each);
            return harness.deliver(a, b) || harness.deliver(b, a);
          });
        harness.cut(link);
        harness.confirm(3, ['utility']);
        harness.connect(link);
        harness.run();
        expect(agreed(harness)).toBe(true);
        expect(harness.nodes.utility.state.type).toBe('attesting');
      }
  });
});
