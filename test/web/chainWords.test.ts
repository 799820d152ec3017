import { describe, expect, it } from 'vitest';
import { ROLES } from '../../src/base/role.ts';
import { OUTPUT_MEANINGS, TX_KINDS } from '../../src/rpc/shapes/transactions.ts';
import type { ChannelTransaction, TransactionOutput } from '../../web/src/views/chain/transaction.ts';
import { fateOf, outputWords, purposeOf, standingText, titleOf } from '../../web/src/views/chain/words.ts';
import { spendOf } from '../../web/src/views/channel/countdown.ts';

const output = (parts: Partial<TransactionOutput>): TransactionOutput => ({
  vout: 0,
  valueSat: '1000',
  script: '',
  address: null,
  descriptor: 'raw()',
  owner: null,
  what: 'payout',
  spentBy: null,
  ...parts,
});

const transaction = (parts: Partial<ChannelTransaction>): ChannelTransaction => ({
  txid: '11'.repeat(32),
  kind: 'commitment',
  status: 'confirmed',
  broadcaster: 'consumer',
  n: '7',
  height: 120,
  hex: '00',
  weight: 400,
  vsize: 100,
  feeSat: '100',
  inputs: [],
  outputs: [],
  ...parts,
});

describe('a transaction in plain words', () => {
  it('every kind and every output: something to read, without a hole', () => {
    for (const kind of TX_KINDS)
      for (const broadcaster of [...ROLES, null])
        for (const what of OUTPUT_MEANINGS)
          for (const owner of [...ROLES, null]) {
            const told = transaction({ kind, broadcaster, n: null });
            const { name, when } = outputWords(told, output({ what, owner }));
            for (const text of [titleOf(told), purposeOf(told).text, name, when]) {
              expect(text.length).toBeGreaterThan(2);
              expect(text).not.toMatch(/undefined|null|NaN|\s\s/);
            }
          }
  });

  it('a commitment: its number, and its publisher’s delay as a block', () => {
    const told = transaction({});
    const own = output({
      what: 'toBroadcaster',
      owner: 'consumer',
      descriptor: 'wsh(or_i(pk(02),and_v(v:older(24),pk(03))))#x',
    });
    expect(titleOf(told)).toBe('Consumer’s commitment 7');
    expect(outputWords(told, own).when).toContain('from block 144 on');
    expect(outputWords(transaction({ height: null }), own).when).toContain(
      '24 blocks after this is in a block',
    );
  });

  it('an old commitment: called a cheat, and who can take what', () => {
    const told = transaction({ kind: 'revokedCommitment', broadcaster: 'producer' });
    expect(purposeOf(told).text).toContain('A cheat: the producer published state 7');
    const own = output({
      what: 'toBroadcaster',
      descriptor: 'wsh(or_i(pk(02),and_v(v:older(24),pk(03))))#x',
    });
    expect(outputWords(told, own).when).toContain('For 24 blocks only the consumer can take it');
  });

  it('a unit in flight: the first block of the utility’s claim is the one after the expiry', () => {
    const unit = output({
      what: 'delivery',
      descriptor: 'wsh(andor(pk(02),older(1),and_v(v:pk(03),after(200))))#x',
    });
    expect(outputWords(transaction({}), unit).when).toContain('from block 201 on');
  });

  it('an output says what spent it, also when that is no transaction of the channel', () => {
    const claim = transaction({ txid: '22'.repeat(32), kind: 'claim', broadcaster: 'producer' });
    expect(fateOf(output({ spentBy: claim.txid }), [claim])).toEqual({
      text: 'Spent by “Producer’s claim”.',
      by: claim.txid,
    });
    expect(fateOf(output({ spentBy: '33'.repeat(32) }), [claim]).by).toBe(null);
    expect(fateOf(output({}), [claim]).text).toBe('Not spent yet.');
  });

  it('how deep it is, counted with its own block; waiting or sent where it is in none', () => {
    expect(standingText(transaction({}), 120)).toBe('in block 120, 1 confirmation');
    expect(standingText(transaction({}), 125)).toBe('in block 120, 6 confirmations');
    expect(standingText(transaction({ height: null, status: 'mempool' }), 125)).toBe('waits for a block');
  });
});

describe('what ended a channel', () => {
  const inputs = [{ txid: '00'.repeat(32), vout: 0, what: 'funding' as const }];

  it('a commitment in a block: whose it is, and whether it was given up', () => {
    expect(spendOf([transaction({ kind: 'funding' }), transaction({ inputs })])).toEqual({
      height: 120,
      broadcaster: 'consumer',
      revoked: false,
    });
    expect(spendOf([transaction({ inputs, kind: 'revokedCommitment' })])?.revoked).toBe(true);
  });

  it('a close: nobody waits; in no block yet: nothing has ended', () => {
    expect(spendOf([transaction({ inputs, kind: 'close', broadcaster: null })])?.broadcaster).toBe(null);
    expect(spendOf([transaction({ inputs, height: null })])).toBe(null);
  });
});
