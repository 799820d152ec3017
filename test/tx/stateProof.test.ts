import { describe, expect, it } from 'vitest';
import { msat } from '../../src/base/amount.ts';
import { counterpartyOf, type Trader } from '../../src/base/role.ts';
import { fundingSighash } from '../../src/channel/localSigner.ts';
import { fundingSpec } from '../../src/tx/commitment.ts';
import { type Balances, fundingValueSat } from '../../src/tx/contract.ts';
import { witnessScript } from '../../src/tx/outputs.ts';
import { type StateProof, verifyStateProof } from '../../src/tx/stateProof.ts';
import { sighashV0 } from '../../src/tx/transaction.ts';
import { commitmentOf, delivery, funded, pointOf, proofOf, secretOf, stateOf } from '../penalty/support.ts';
import { secp } from '../support/curve.ts';

const { contract } = funded();
const state = stateOf(7n, [delivery(1, 150), delivery(2, 151, 'consumer')]);
const proof = proofOf(contract, 'consumer', state);
const verify = (altered: Partial<StateProof>) => verifyStateProof(secp, contract, { ...proof, ...altered });
const withState = (altered: Partial<Balances>) => verify({ ledger: { ...state, ...altered } });
const refused = (error: object) => ({ ok: false, error: expect.objectContaining(error) });
const [first, second] = state.deliveries;
if (first === undefined || second === undefined) throw new Error('two deliveries');

describe('verifyStateProof', () => {
  it.each(['consumer', 'producer'] as const)(
    'what the other side of the %s signed: its commitment',
    (trader) => {
      const result = verifyStateProof(secp, contract, proofOf(contract, trader, state));
      expect(result).toMatchObject({
        ok: true,
        value: { commitment: commitmentOf(contract, trader, state) },
      });
    },
  );

  it.each([
    ['signed by the broadcaster itself', { signature: signedBy('consumer') }],
    ['shown for the other side', { broadcaster: 'producer' }],
    ['with another point', { point: pointOf('consumer', 8n) }],
    ['with another number', { ledger: { ...state, n: 8n } }],
    ['with a signature of zeros', { signature: new Uint8Array(64) }],
    ['with a signature cut short', { signature: proof.signature.slice(0, 63) }],
  ] as const)('%s: badSignature', (_, altered) => {
    expect(verify(altered)).toEqual(refused({ code: 'badSignature' }));
  });

  it('under `immediate`: what the utility is shown signs no commitment, and a commitment’s signature proves nothing', () => {
    const immediate = {
      ...contract,
      params: { ...contract.params, arbitration: { type: 'immediate' } as const },
    };
    const shown = proofOf(immediate, 'consumer', state);
    const { tx } = commitmentOf(immediate, 'consumer', state);
    const key = immediate.keys.producer.funding;
    expect(verifyStateProof(secp, immediate, shown).ok).toBe(true);
    expect(secp.verify(fundingSighash(immediate, tx), key, shown.signature)).toBe(false);
    const signature = secp.sign(fundingSighash(immediate, tx), secretOf('producer funding'));
    expect(secp.verify(fundingSighash(immediate, tx), key, signature)).toBe(true);
    expect(verifyStateProof(secp, immediate, { ...shown, signature })).toEqual(
      refused({ code: 'badSignature' }),
    );
  });

  it('a satoshi moved from one side to the other: badSignature', () => {
    const moved = {
      consumerMsat: msat(state.consumerMsat + 1000n),
      producerMsat: msat(state.producerMsat - 1000n),
    };
    expect(withState(moved)).toEqual(refused({ code: 'badSignature' }));
  });

  it.each([
    ['seller', { ...first, seller: 'consumer', deadline: first.expiry - 5 - 3 }],
    ['lock', { ...first, lock: secretOf('another') }],
    ['expiry', { ...first, expiry: first.expiry + 1, deadline: first.deadline + 1 }],
  ] as const)('another %s of a delivery: badSignature', (_, altered) => {
    expect(withState({ deliveries: [altered, second] })).toEqual(refused({ code: 'badSignature' }));
  });

  it('a deadline that does not belong to the signed expiry: wrongDeadline', () => {
    const deliveries = [{ ...first, deadline: first.deadline - 1 }, second];
    expect(withState({ deliveries })).toEqual(refused({ code: 'wrongDeadline', id: 1n, expected: 150 }));
  });

  it('coins out of nowhere: notConserved', () => {
    expect(withState({ utilityMsat: msat(state.utilityMsat + 1n) })).toEqual(
      refused({ code: 'notConserved' }),
    );
  });

  it('a delivery that would be trimmed: deliveryBelowDust', () => {
    const tiny = { ...first, paymentMsat: msat(329_999), bondMsat: msat(0) };
    const rest = first.paymentMsat + first.bondMsat - 329_999n;
    const altered = { deliveries: [tiny, second], consumerMsat: msat(state.consumerMsat + rest) };
    expect(withState(altered)).toEqual(refused({ code: 'deliveryBelowDust', id: 1n }));
  });

  it('more deliveries than the channel allows, a number out of range, a point off the curve: named', () => {
    const deliveries = Array.from({ length: 11 }, () => first);
    expect(withState({ deliveries })).toEqual(refused({ code: 'tooManyDeliveries', count: 11, limit: 10 }));
    expect(withState({ n: 2n ** 48n })).toEqual(refused({ code: 'numberOutOfRange' }));
    expect(verify({ point: new Uint8Array(33).fill(5) })).toEqual(refused({ code: 'badPoint' }));
  });
});

function signedBy(trader: Trader): Uint8Array {
  const { tx } = commitmentOf(
    contract,
    counterpartyOf(trader) === 'producer' ? 'consumer' : 'producer',
    state,
  );
  const hash = sighashV0(tx, 0, witnessScript(fundingSpec(contract)), fundingValueSat(contract));
  return secp.sign(hash, secretOf(`${trader} funding`));
}
