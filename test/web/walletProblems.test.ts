import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RpcConnectionError, RpcError } from '../../src/client/errors.ts';
import { type ErrorName, type ErrorValues, errorObject } from '../../src/rpc/errors.ts';
import { paymentProblem, psbtProblem } from '../../web/src/text/walletProblems.ts';
import {
  type Draft,
  EMPTY_DRAFT,
  judgeDraft,
  withRecipient,
} from '../../web/src/views/wallet/model/draft.ts';

const OURS = 'bcrt1qw508d6qejxtdg4y5r3zarvary0c5xw7kygt080';
const context = {
  spendableSat: 100_000n,
  estimates: { slow: 1000n, normal: 2000n, fast: 3000n },
  verdict: { ok: true },
  network: 'regtest',
  submitted: true,
} as const;
const draft: Draft = { ...EMPTY_DRAFT, recipient: OURS, amount: '5 000' };

function refusal<N extends ErrorName>(name: N, data: ErrorValues<N>): RpcError {
  return new RpcError(errorObject(name, data));
}

describe('why a payment was not made', () => {
  it.each([
    [
      'notEnoughCoins',
      'insufficientFunds',
      { neededSat: '45210', availableSat: '30000' },
      'amount',
      '30\u202f000 sat that it can spend; this takes 45\u202f210',
    ],
    ['badAddress', 'wrongNetwork', { network: 'regtest' }, 'recipient', 'another network'],
    ['badAddress', 'addressChecksum', {}, 'recipient', 'checksum'],
    ['cannotPay', 'amountBelowDust', { amountSat: '100', dustLimitSat: '330' }, 'amount', 'at least 330'],
    ['cannotPay', 'tooManyInputs', { inputs: '900', maxInputs: '800' }, 'amount', 'two parts'],
    ['cannotPay', 'feeRateTooLow', { feeRate: '1', leastFeeRate: '2001' }, 'fee', 'at least 2.001 sat/vB'],
    ['cannotPay', 'notReplaceable', { reason: 'confirmed' }, 'form', 'in a block already'],
  ] as const)('%s, %s: said at its field with its figures', (name, code, values, field, words) => {
    const problem = paymentProblem(refusal(name, { code, values }));
    expect(problem.field).toBe(field);
    expect(`${problem.what} ${problem.wayOut}`).toContain(words);
  });

  it.each([
    ['min relay fee not met', 'fee', 'too low'],
    ['mempool min fee not met', 'fee', 'too low'],
    ['insufficient fee', 'fee', 'too small a step'],
    ['bad-txns-inputs-missingorspent', 'form', 'spent in the meantime'],
    ['non-mandatory-script-verify-flag', 'form', 'non-mandatory-script-verify-flag'],
  ])('the Bitcoin node says “%s”: said at the field %s', (reason, field, words) => {
    const problem = paymentProblem(refusal('broadcastRejected', { reason, txid: '' }));
    expect(problem.field).toBe(field);
    expect(problem.what).toContain(words);
  });

  it('an answer that was lost, and one that is in doubt, never ask to pay anew', () => {
    expect(paymentProblem(new RpcConnectionError('lost', '')).wayOut).toContain('nothing is paid twice');
    expect(paymentProblem(refusal('broadcastUnknown', { reason: '', txid: '' })).wayOut).toContain(
      'Do not pay again',
    );
    expect(paymentProblem(refusal('requestInDoubt', {})).wayOut).toContain('Look in the history');
  });

  it('a code that nobody knows is said, and nothing is undefined', () => {
    fc.assert(
      fc.property(fc.string(), fc.dictionary(fc.string(), fc.string()), (code, values) => {
        const { what, wayOut } = paymentProblem(refusal('cannotPay', { code: `x${code}`, values }));
        expect(what).not.toContain('undefined');
        expect(wayOut).toContain(`x${code}`);
      }),
    );
    expect(psbtProblem(refusal('badData', { reason: 'constructor' })).what).toContain('neither a PSBT');
  });
});

describe('a payment that is filled in', () => {
  it('is what is asked of the node, with the rate that was chosen', () => {
    expect(judgeDraft(draft, context)).toEqual({
      ok: true,
      label: '',
      params: { address: OURS, amountSat: '5000', feeRateSatPerKvB: '2000' },
    });
    const all = { ...draft, all: true, subtractFee: true, fee: 'own', ownRate: '1.5' } as const;
    expect(judgeDraft(all, context)).toMatchObject({
      params: { address: OURS, amountSat: 'all', feeRateSatPerKvB: '1500' },
    });
    expect(judgeDraft({ ...draft, subtractFee: true }, context)).toMatchObject({
      params: { subtractFee: true },
    });
  });

  it('empty fields are problems once it is submitted, and not before', () => {
    const empty = { ...EMPTY_DRAFT, fee: 'own' } as const;
    const before = judgeDraft(empty, { ...context, submitted: false });
    expect(before).toEqual({ ok: false, problems: {} });
    const after = judgeDraft(empty, context);
    expect(after.ok ? [] : Object.keys(after.problems)).toEqual(['recipient', 'amount', 'fee']);
  });

  it('more than the wallet has, and a label of two lines: refused at their fields', () => {
    const judged = judgeDraft({ ...draft, amount: '100001', label: 'a\nb' }, context);
    expect(judged).toMatchObject({ ok: false, problems: { amount: {}, label: {} } });
  });

  it('a payment request that is pasted fills in its amount and what it is for', () => {
    const filled = withRecipient(
      { ...EMPTY_DRAFT, all: true },
      `bitcoin:${OURS}?amount=0.00005&message=a%0Ab`,
    );
    expect(filled).toMatchObject({ amount: '5\u202f000', all: false, label: 'a b' });
    expect(judgeDraft(filled, context)).toMatchObject({ ok: true, label: 'a b' });
  });
});
