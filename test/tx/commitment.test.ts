import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { msatToSatFloor } from '../../src/base/amount.ts';
import { equalBytes, toHex } from '../../src/base/bytes.ts';
import { counterpartyOf, TRADERS } from '../../src/base/role.ts';
import {
  balanceOf,
  buildCommitment,
  type Commitment,
  type CommitmentOutput,
  commitmentNumberOf,
  fundingSpec,
} from '../../src/tx/commitment.ts';
import { commitmentReserveSat, fundingValueSat } from '../../src/tx/contract.ts';
import { ANCHOR_SCRIPT, outputScript } from '../../src/tx/outputs.ts';
import { compareOutputs, unsignedInput, vsize } from '../../src/tx/transaction.ts';
import { states, type TestState, traders } from '../support/arbitraries.ts';
import { signSpends } from '../support/keyring.ts';

const commitmentOf = ({ contract, ring, state }: TestState, broadcaster: 'consumer' | 'producer') =>
  buildCommitment(contract, state, broadcaster, ring.revocationKey(broadcaster, state.n));

const total = ({ outputs }: Commitment) => outputs.reduce((sum, output) => sum + output.value, 0n);

/** What is the same on both sides: the value, and whose it is. */
function meaning(output: CommitmentOutput, broadcaster: 'consumer' | 'producer'): string {
  switch (output.kind) {
    case 'toBroadcaster':
      return `${broadcaster} ${output.value}`;
    case 'toCounterparty':
      return `${counterpartyOf(broadcaster)} ${output.value}`;
    case 'delivery':
      return `delivery ${output.delivery.id} ${output.value}`;
    default:
      return `${output.kind} ${output.value}`;
  }
}

describe('a commitment', () => {
  it('outputs and fee: the whole funding output', () => {
    fc.assert(
      fc.property(states, traders, (channel, broadcaster) => {
        const { contract, state } = channel;
        const commitment = commitmentOf(channel, broadcaster);
        const feeSat = fundingValueSat(contract) - total(commitment);
        const dust = contract.params.dustLimitSat;
        const balances = [state.consumerMsat, state.producerMsat, state.utilityMsat];
        const inFlight = state.deliveries.map((each) => each.paymentMsat + each.bondMsat);
        const lostMsat = [...balances, ...inFlight]
          .map((amount) => (amount / 1000n < dust ? amount : amount % 1000n))
          .reduce((sum, lost) => sum + lost, 0n);
        const fixed = commitmentReserveSat(contract.params.maxInFlight) - 240n;
        expect(1000n * feeSat).toBe(1000n * fixed + lostMsat);
      }),
    );
  });

  it('the fixed fee, with any number of deliveries: at least 300 sat and 1 sat/vB of the signed transaction', () => {
    fc.assert(
      fc.property(states, traders, (channel, broadcaster) => {
        const { contract, ring } = channel;
        const commitment = commitmentOf(channel, broadcaster);
        const value = fundingValueSat(contract);
        const spend = {
          path: 'twoOfThree',
          spec: fundingSpec(contract),
          signers: ['consumer', 'producer'],
        } as const;
        const signed = signSpends(ring, commitment.tx, [{ spend, value }]);
        const feeSat = value - total(commitment);
        expect(feeSat).toBeGreaterThanOrEqual(300n);
        expect(feeSat).toBeGreaterThanOrEqual(BigInt(vsize(signed)));
      }),
    );
  });

  it('its shape: version 3, the funding output as its one input, one anchor, outputs in order', () => {
    fc.assert(
      fc.property(states, traders, (channel, broadcaster) => {
        const { contract } = channel;
        const { tx, outputs } = commitmentOf(channel, broadcaster);
        expect(tx.version).toBe(3);
        expect(tx.inputs).toEqual([unsignedInput(contract.funding, tx.inputs[0]?.sequence)]);
        expect(tx.outputs).toEqual(outputs.map(({ value, script }) => ({ value, script })));
        expect([...tx.outputs].sort(compareOutputs)).toEqual(tx.outputs);
        const anchors = outputs.filter(({ kind }) => kind === 'anchor');
        expect(anchors).toEqual([{ kind: 'anchor', value: 240n, script: ANCHOR_SCRIPT }]);
        for (const output of outputs)
          if (output.kind !== 'anchor') expect(output.script).toEqual(outputScript(output.spec));
      }),
    );
  });

  it('a balance under the dust limit: left out; any other, and every delivery: there', () => {
    fc.assert(
      fc.property(states, traders, (channel, broadcaster) => {
        const { contract, state } = channel;
        const { outputs } = commitmentOf(channel, broadcaster);
        const present = (kind: CommitmentOutput['kind']) =>
          outputs.filter((output) => output.kind === kind).map(({ value }) => value);
        const expected = (amount: typeof state.utilityMsat) => {
          const value = msatToSatFloor(amount);
          return value < contract.params.dustLimitSat ? [] : [value];
        };
        expect(present('toBroadcaster')).toEqual(expected(balanceOf(state, broadcaster)));
        expect(present('toCounterparty')).toEqual(expected(balanceOf(state, counterpartyOf(broadcaster))));
        expect(present('toUtility')).toEqual(expected(state.utilityMsat));
        expect(present('delivery')).toHaveLength(state.deliveries.length);
      }),
    );
  });

  it("both sides' versions of a state: the same amounts to the same people, other scripts where the own version waits", () => {
    fc.assert(
      fc.property(states, (channel) => {
        const [ours, theirs] = TRADERS.map((broadcaster) => commitmentOf(channel, broadcaster));
        if (ours === undefined || theirs === undefined) expect.fail('two sides');
        const said = ({ outputs, broadcaster }: Commitment) =>
          outputs.map((output) => meaning(output, broadcaster)).sort();
        expect(said(ours)).toEqual(said(theirs));
        expect(ours.tx.inputs).toEqual(theirs.tx.inputs);
        expect(ours.tx.locktime).toBe(theirs.tx.locktime);
        const shared = ours.outputs.filter((output) =>
          theirs.outputs.some((other) => equalBytes(other.script, output.script)),
        );
        expect(
          shared.map(({ kind }) => kind).filter((kind) => kind !== 'anchor' && kind !== 'toUtility'),
        ).toEqual([]);
      }),
    );
  });

  it('each delivery: with a revocation path and the delay in its seller’s version, without in the buyer’s', () => {
    fc.assert(
      fc.property(states, traders, (channel, broadcaster) => {
        const { contract, state, ring } = channel;
        const { keys, params } = contract;
        for (const output of commitmentOf(channel, broadcaster).outputs) {
          if (output.kind !== 'delivery') continue;
          const { seller, lock, expiry } = output.delivery;
          const common = { utility: keys.utility.payment, lock, expiry };
          expect(output.spec).toEqual(
            seller === broadcaster
              ? {
                  type: 'sellerDelivery',
                  revocation: ring.revocationKey(broadcaster, state.n),
                  sellerDelayed: keys[seller].delayed,
                  delay: params.toSelfDelay[seller],
                  ...common,
                }
              : { type: 'buyerDelivery', sellerPayment: keys[seller].payment, ...common },
          );
        }
      }),
    );
  });

  it('the order in which the state lists its deliveries: no matter', () => {
    fc.assert(
      fc.property(states, traders, (channel, broadcaster) => {
        const deliveries = [...channel.state.deliveries].reverse();
        const other = commitmentOf({ ...channel, state: { ...channel.state, deliveries } }, broadcaster);
        expect(other).toEqual(commitmentOf(channel, broadcaster));
      }),
    );
  });

  it('its number: hidden under the mask of the channel, read back by whoever knows the channel', () => {
    fc.assert(
      fc.property(states, traders, (channel, broadcaster) => {
        const { contract, state } = channel;
        const { tx } = commitmentOf(channel, broadcaster);
        expect(commitmentNumberOf(contract, tx)).toBe(state.n);
      }),
    );
  });

  it('two channels: another mask', () => {
    const masks = new Set(
      fc.sample(states, 20).map((channel) => {
        const { tx } = commitmentOf({ ...channel, state: { ...channel.state, n: 0n } }, 'consumer');
        return `${tx.inputs[0]?.sequence} ${tx.locktime} ${toHex(channel.contract.keys.consumer.payment)}`;
      }),
    );
    const mask = (text: string) => text.split(' ').slice(0, 2).join(' ');
    expect(new Set([...masks].map(mask)).size).toBe(masks.size);
  });

  it.each([
    ['two inputs', { inputs: 2, sequence: 0x80000000, locktime: 0x20000000 }],
    ['another sequence', { inputs: 1, sequence: 0xfffffffd, locktime: 0x20000000 }],
    ['another locktime', { inputs: 1, sequence: 0x80000000, locktime: 500 }],
  ])('%s: not a commitment', (_, { inputs, sequence, locktime }) => {
    fc.assert(
      fc.property(states, ({ contract }) => {
        const input = unsignedInput(contract.funding, sequence);
        const tx = { version: 3, inputs: new Array(inputs).fill(input), outputs: [], locktime };
        expect(commitmentNumberOf(contract, tx)).toBeUndefined();
      }),
      { numRuns: 5 },
    );
  });
});
