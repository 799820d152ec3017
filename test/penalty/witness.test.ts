import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { concat } from '../../src/base/bytes.ts';
import { readWitness, readWitnessScript } from '../../src/penalty/witness.ts';
import { type OutputSpec, witnessScript } from '../../src/tx/outputs.ts';
import { type Spend, witnessOf } from '../../src/tx/spending.ts';
import { DELAY, funded, KEYS, lockOf, preimageOf, revocationKeyOf } from './support.ts';

const { contract } = funded();
const revocation = revocationKeyOf('producer', 3n);
const lock = lockOf(1);
const shared = { utility: KEYS.utility.payment, lock, expiry: 170 };
const toBroadcaster = {
  type: 'toBroadcaster',
  revocation,
  delayed: KEYS.producer.delayed,
  delay: DELAY.producer,
} as const;
const sellers = {
  type: 'sellerDelivery',
  revocation,
  sellerDelayed: KEYS.producer.delayed,
  delay: 1,
  ...shared,
} as const;
const buyers = { type: 'buyerDelivery', sellerPayment: KEYS.producer.payment, ...shared } as const;
const toUtility = { type: 'toUtility', payment: KEYS.utility.payment } as const;
const toConsumer = { type: 'toCounterparty', payment: KEYS.consumer.payment } as const;
const preimage = preimageOf(1);
const revealed = { lock, preimage };

const read = (spend: Spend) => readWitness(contract, witnessOf(spend, [new Uint8Array(64).fill(1)]));

describe('readWitness', () => {
  it.each([
    ['to_broadcaster', { path: 'delayed', spec: toBroadcaster }, 'producer', null],
    ['to_broadcaster', { path: 'revocation', spec: toBroadcaster }, 'consumer', null],
    ['to_counterparty', { path: 'payment', spec: toConsumer }, 'consumer', null],
    ['to_utility', { path: 'payment', spec: toUtility }, 'utility', null],
    ["delivery, seller's version", { path: 'preimage', spec: sellers, preimage }, 'producer', revealed],
    ["delivery, seller's version", { path: 'expiry', spec: sellers }, 'utility', null],
    ["delivery, seller's version", { path: 'revocation', spec: sellers }, 'consumer', null],
    ["delivery, buyer's version", { path: 'preimage', spec: buyers, preimage }, 'producer', revealed],
    ["delivery, buyer's version", { path: 'expiry', spec: buyers }, 'utility', null],
  ] as const)('%s by $1.path: who took it, and how', (_, spend, by, shown) => {
    expect(read(spend)).toEqual({ by, how: spend.path, revealed: shown });
  });

  it('no witness: an anchor, taken by nobody in particular', () => {
    expect(readWitness(contract, [])).toEqual({ by: null, how: 'anchor', revealed: null });
  });

  it('a branch chosen by an unusual true or false, which consensus takes: the same path', () => {
    const signature = new Uint8Array(71);
    const script = witnessScript(sellers);
    const [yes, no] = [Uint8Array.of(0, 2), Uint8Array.of(0, 0x80)];
    expect(readWitness(contract, [preimage, signature, yes, no, script]).how).toBe('preimage');
    expect(readWitness(contract, [signature, no, no, script]).how).toBe('expiry');
    expect(readWitness(contract, [signature, yes, script]).how).toBe('revocation');
  });

  it('a script with a foreign key: nobody that we know', () => {
    const spec = { type: 'toCounterparty', payment: revocation } as const;
    expect(read({ path: 'payment', spec })).toEqual({ by: null, how: 'payment', revealed: null });
  });

  it('any other script: unknown', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 120 }), { minLength: 1, maxLength: 6 }), (witness) => {
        expect(readWitness(contract, witness)).toEqual({ by: null, how: 'unknown', revealed: null });
      }),
    );
  });
});

const key = fc.uint8Array({ minLength: 33, maxLength: 33 });
const hash = fc.uint8Array({ minLength: 32, maxLength: 32 });
const delay = fc.integer({ min: 1, max: 65_535 });
const expiry = fc.integer({ min: 1, max: 0xffffffff });
const delivered = { utility: key, lock: hash, expiry };
const anySpec: fc.Arbitrary<Exclude<OutputSpec, { type: 'funding' }>> = fc.oneof(
  fc.record({ type: fc.constant('toBroadcaster' as const), revocation: key, delayed: key, delay }),
  fc.record({ type: fc.constant('toCounterparty' as const), payment: key }),
  fc.record({ type: fc.constant('buyerDelivery' as const), sellerPayment: key, ...delivered }),
  fc.record({
    type: fc.constant('sellerDelivery' as const),
    revocation: key,
    sellerDelayed: key,
    delay,
    ...delivered,
  }),
);

describe('readWitnessScript', () => {
  it('every script of the protocol: its spec again', () => {
    fc.assert(
      fc.property(anySpec, (spec) => {
        expect(readWitnessScript(witnessScript(spec))).toEqual(spec);
      }),
    );
  });

  it('a script with a byte changed, cut or added: never another reading of other bytes', () => {
    fc.assert(
      fc.property(anySpec, fc.nat(), fc.integer({ min: 1, max: 255 }), (spec, at, flip) => {
        const script = witnessScript(spec);
        const altered = script.slice();
        const place = at % script.length;
        altered[place] = (script[place] as number) ^ flip;
        for (const bytes of [altered, script.slice(0, place), concat(script, Uint8Array.of(flip))]) {
          const result = readWitnessScript(bytes);
          if (result !== undefined) expect(witnessScript(result)).toEqual(bytes);
        }
      }),
    );
  });
});
