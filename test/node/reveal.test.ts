import { describe, expect, it } from 'vitest';
import { msat } from '../../src/base/amount.ts';
import type { Trader } from '../../src/base/role.ts';
import { type Ending, endedUnits, type RegisteredUnit } from '../../src/channel/register.ts';
import type { Channel } from '../../src/channel/state.ts';
import { deliveryPreimage } from '../../src/crypto/deliveryLock.ts';
import { generateFromSeed, shachainIndex } from '../../src/crypto/shachain.ts';
import { breachOf } from '../../src/node/breach.ts';
import { type BreachFile, deliveriesIn, emptyFile, withState, withWord } from '../../src/node/breachFile.ts';
import { surelyRevokedBelow } from '../../src/node/knowledge.ts';
import type { Knowledge } from '../../src/penalty/knowledge.ts';
import type { Monitor } from '../../src/penalty/monitor.ts';
import type { Balances, Delivery } from '../../src/tx/contract.ts';
import {
  commitmentOf,
  delivery,
  funded,
  knowledgeOf,
  known,
  lockOf,
  preimageOf,
  proofOf,
  START,
  secretOf,
  signCommitment,
  stateOf,
} from '../penalty/support.ts';
import { secp } from '../support/curve.ts';

const { contract } = funded();
const units = [1, 2, 3, 4, 5].map((unit) => delivery(unit, 150, 'producer', 3_000));
const old = stateOf(3n, units);
const STATEMENT = { body: new Uint8Array(), signature: new Uint8Array(64) };

/** The utility's channel with what each trader proved last. */
function utilityAt(proofs: Balances, other: Balances): Channel {
  const utility = {
    register: [],
    tariffs: [],
    proofs: [proofOf(contract, 'consumer', proofs), proofOf(contract, 'producer', other)],
  };
  return { type: 'settling', role: 'utility', identity: { contract }, utility } as unknown as Channel;
}

function utilitysFile(): BreachFile {
  const ended = (unit: number, how: Ending) =>
    ({ type: 'ended', unit: BigInt(unit), lock: lockOf(unit), how }) as const;
  const proved = withState(emptyFile(3n), { type: 'proved', proof: proofOf(contract, 'consumer', old) });
  const file = [
    ended(1, 'cancelled'),
    ended(2, 'settled'),
    ended(3, 'forfeited'),
    ended(4, 'settled'),
  ].reduce((next, record) => withWord(next, deliveriesIn(proved), record), proved);
  return { ...file, said: [{ unit: 4n, verdict: 'notDelivered' }] };
}

function revealedBy(channel: Channel, file = utilitysFile()): readonly bigint[] | undefined {
  const tx = signCommitment(contract, commitmentOf(contract, 'consumer', old));
  const monitor = { spend: { tx, txid: '', height: START.height }, taken: [] } as unknown as Monitor;
  const before = knowledgeOf('utility', contract, stateOf(9n));
  const knowledge: Knowledge = {
    ...before,
    commitments: [...before.commitments, known('consumer', 'revoked', old)],
  };
  return breachOf(channel, monitor, knowledge, file, secp)?.units.map(({ unit }) => unit);
}

describe('what the utility reveals to the victim', () => {
  it('units that were cancelled or settled without its word; none that was refused, forfeited or is undecided', () => {
    expect(revealedBy(utilityAt(stateOf(9n), stateOf(9n)))).toEqual([1n, 2n]);
  });

  it('nothing of a commitment that may be in force', () => {
    expect(revealedBy(utilityAt(old, stateOf(4n)))).toEqual([]);
    expect(revealedBy(utilityAt(stateOf(9n), old))).toEqual([]);
    expect(revealedBy(utilityAt(stateOf(4n), stateOf(4n)))).toEqual([1n, 2n]);
  });

  it('the cheater’s secret, shown by the victim: what may have been in force is revoked; another secret changes nothing', () => {
    const inForce = utilityAt(old, stateOf(4n));
    const secret = (n: bigint) => generateFromSeed(secretOf('consumer seed'), shachainIndex(n));
    const shownBy = (trader: Trader, n: bigint, shown: Uint8Array) =>
      revealedBy({ ...inForce, shownSecrets: { [trader]: { n, secret: shown } } } as Channel);
    expect(shownBy('producer', 3n, secret(3n))).toEqual([1n, 2n]);
    expect(shownBy('producer', 3n, secret(4n))).toEqual([]);
    expect(shownBy('producer', 4n, secret(3n))).toEqual([]);
    expect(shownBy('consumer', 3n, secret(3n))).toEqual([]);
  });

  it('a cheater that keeps its proofs to itself hides nothing: the victim’s number tells', () => {
    expect(revealedBy(utilityAt(old, stateOf(5n)))).toEqual([1n, 2n]);
    expect(surelyRevokedBelow(utilityAt(old, stateOf(5n))).consumer).toBe(4n);
  });
});

describe('what a record says', () => {
  it('a preimage that does not fit the lock is not taken', () => {
    const file = withState(emptyFile(3n), { type: 'revoked', ...old });
    const [first, second] = [preimageOf(1), deliveryPreimage(new Uint8Array(32), new Uint8Array(32), 1n)];
    const keptOf = (preimage: Uint8Array) =>
      withWord(file, deliveriesIn(file), { type: 'preimage', unit: 1n, preimage }).preimages;
    expect(keptOf(first)).toEqual([{ lock: lockOf(1), preimage: first }]);
    expect(keptOf(second)).toEqual([]);
  });

  it('states of another number are not in the file', () => {
    const file = withState(emptyFile(4n), { type: 'revoked', ...old });
    expect(file).toEqual(emptyFile(4n));
  });
});

describe('how the utility judges that a unit ended', () => {
  const [one, two] = units.slice(0, 2) as [Delivery, Delivery];
  const register = (
    first: RegisteredUnit['type'],
    second: RegisteredUnit['type'],
  ): readonly RegisteredUnit[] =>
    (
      [
        [one, first],
        [two, second],
      ] as const
    ).map(([each, type]) =>
      type === 'ordered' ? { type, delivery: each } : { type, delivery: each, statement: STATEMENT },
    );
  const before: Balances = stateOf(5n, [one, two]);
  const ends = (state: readonly RegisteredUnit[], changes: Partial<Balances>, gridFeePpm = 0) =>
    endedUnits(state, before, { ...before, n: 6n, deliveries: [], ...changes } as Balances, gridFeePpm).map(
      ({ delivery: { unit }, how }) => [unit, how],
    );
  const value = one.paymentMsat + one.bondMsat;
  const add = (amount: bigint, more: bigint) => msat(amount + more);

  it('what it gained itself was forfeited', () => {
    const gained = { utilityMsat: add(before.utilityMsat, 2n * value) };
    expect(ends(register('ordered', 'ordered'), gained)).toEqual([
      [1n, 'forfeited'],
      [2n, 'forfeited'],
    ]);
  });

  it('of two of which one was forfeited, it was the refused one', () => {
    const gained = {
      utilityMsat: add(before.utilityMsat, value),
      producerMsat: add(before.producerMsat, value),
    };
    expect(ends(register('ordered', 'notDelivered'), gained)).toEqual([
      [2n, 'forfeited'],
      [1n, 'settled'],
    ]);
  });

  it('a grid fee is no forfeit, and an attested unit is not judged', () => {
    const fee = one.paymentMsat / 50n;
    const gained = {
      utilityMsat: add(before.utilityMsat, 2n * fee),
      producerMsat: add(before.producerMsat, 2n * (value - fee)),
    };
    expect(ends(register('delivered', 'ordered'), gained, 20_000)).toEqual([[2n, 'settled']]);
  });

  it('payment back at the buyer: cancelled', () => {
    const back = {
      consumerMsat: add(before.consumerMsat, 2n * one.paymentMsat),
      producerMsat: add(before.producerMsat, 2n * one.bondMsat),
    };
    expect(ends(register('ordered', 'ordered'), back)).toEqual([
      [1n, 'cancelled'],
      [2n, 'cancelled'],
    ]);
  });
});
