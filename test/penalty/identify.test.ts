import { describe, expect, it } from 'vitest';
import { sat } from '../../src/base/amount.ts';
import { identify } from '../../src/penalty/identify.ts';
import { buildClose, buildPenalty } from '../../src/tx/settlement.ts';
import { type Tx, txid } from '../../src/tx/transaction.ts';
import {
  commitmentOf,
  contractOf,
  delivery,
  funded,
  knowledgeOf,
  known,
  PAYOUT,
  signCommitment,
  signFunding,
  stateOf,
} from './support.ts';

const { contract } = funded();
const latest = stateOf(7n, [delivery(1, 150)]);
const next = stateOf(8n, [delivery(1, 150), delivery(2, 150)]);
const consumers = knowledgeOf('consumer', contract, latest);
const producers = knowledgeOf('producer', contract, latest);
const utilitys = knowledgeOf('utility', contract, latest);
const signed = (broadcaster: 'consumer' | 'producer', state = latest) =>
  signCommitment(contract, commitmentOf(contract, broadcaster, state));

function settlement(built: ReturnType<typeof buildClose>): Tx {
  if (!built.ok) throw new Error(built.error.code);
  return built.value.tx;
}
const close = signFunding(
  contract,
  settlement(buildClose(contract, stateOf(7n), 'consumer', sat(500), PAYOUT)),
  ['consumer', 'producer'],
);
const penalty = settlement(buildPenalty(contract, latest, sat(500), PAYOUT));

describe('identify: commitments', () => {
  it('a trader sees its own commitment: ownCommitment, rebuilt', () => {
    const commitment = commitmentOf(contract, 'consumer', latest);
    expect(identify(consumers, signed('consumer'))).toEqual({ kind: 'ownCommitment', commitment });
  });

  it("a trader sees the peer's latest: peerLatest", () => {
    expect(identify(consumers, signed('producer')).kind).toBe('peerLatest');
    expect(identify(producers, signed('consumer')).kind).toBe('peerLatest');
  });

  it("a trader sees the peer's next, signed in a round that is not over: peerNext", () => {
    const commitments = [...consumers.commitments, known('producer', 'peerNext', next)];
    expect(identify({ ...consumers, commitments }, signed('producer', next)).kind).toBe('peerNext');
  });

  it('the utility sees a commitment that was proved to it: proved', () => {
    expect(identify(utilitys, signed('producer'))).toEqual({
      kind: 'proved',
      commitment: commitmentOf(contract, 'producer', latest),
    });
  });

  it('number below the lowest unrevoked: revoked, with whose it is', () => {
    const old = stateOf(6n);
    expect(identify(consumers, signed('producer', old))).toEqual({
      kind: 'revoked',
      n: 6n,
      broadcaster: 'producer',
      commitment: null,
    });
    expect(identify(utilitys, signed('consumer', old))).toEqual({
      kind: 'revoked',
      n: 6n,
      broadcaster: 'consumer',
      commitment: null,
    });
  });

  it('revoked by one trader only, the other broadcasts that number: not revoked', () => {
    const minimumRevokedBelow = { consumer: 7n, producer: 6n };
    const knowledge = { ...consumers, minimumRevokedBelow };
    expect(identify(knowledge, signed('producer', stateOf(6n)))).toEqual({ kind: 'unknown', n: 6n });
  });

  it("to_counterparty trimmed: a trader takes a revoked commitment for the peer's, the utility leaves open whose", () => {
    const poor = { ...stateOf(6n), consumerMsat: 990_000_000n, producerMsat: 0n } as typeof latest;
    const tx = signed('consumer', poor);
    expect(identify(producers, tx)).toEqual({
      kind: 'revoked',
      n: 6n,
      broadcaster: 'consumer',
      commitment: null,
    });
    expect(identify(utilitys, tx)).toEqual({
      kind: 'revoked',
      n: 6n,
      broadcaster: null,
      commitment: null,
    });
  });

  it('a number that we have no data for, as after data loss: unknown with its number', () => {
    expect(identify(consumers, signed('producer', stateOf(9n)))).toEqual({ kind: 'unknown', n: 9n });
  });

  it('a known number with other balances: unknown, not taken for the state we know', () => {
    const other = stateOf(7n, [delivery(3, 150)]);
    expect(identify(consumers, signed('producer', other))).toEqual({ kind: 'unknown', n: 7n });
  });
});

describe('identify: settlements', () => {
  it('a close that we signed: close', () => {
    const settlements = [{ txid: txid(close), kind: 'close' as const }];
    expect(identify({ ...consumers, settlements }, close)).toEqual({ kind: 'close' });
  });

  it('a close that both traders signed without the utility: close to the utility, unknown to a trader that has lost it', () => {
    expect(identify(utilitys, close)).toEqual({ kind: 'close' });
    expect(identify(consumers, close)).toEqual({ kind: 'unknown', n: null });
  });

  it('a penalty that the utility and the other trader signed: arbitrated, read from the witness', () => {
    const tx = signFunding(contract, penalty, ['consumer', 'utility']);
    for (const knowledge of [consumers, producers, utilitys])
      expect(identify(knowledge, tx)).toEqual({ kind: 'arbitrated' });
  });

  it('immediate arbitration, whose witness does not name the signers: only the settlements that we signed are told', () => {
    const now = contractOf(contract.funding, { type: 'immediate' });
    const tx = signFunding(now, penalty, ['consumer', 'utility']);
    const settlements = [{ txid: txid(tx), kind: 'arbitrated' as const }];
    expect(identify({ ...consumers, contract: now, settlements }, tx)).toEqual({ kind: 'arbitrated' });
    expect(identify({ ...producers, contract: now }, tx)).toEqual({ kind: 'unknown', n: null });
  });
});
