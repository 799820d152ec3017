import { describe, expect, it } from 'vitest';
import { toJson } from '../../src/base/json.ts';
import type { Role } from '../../src/base/role.ts';
import type { ChannelRecord } from '../../src/channel/action.ts';
import type { View } from './calls.ts';
import { caseOf, nameOf } from './cases.ts';
import type { Entry } from './journal.ts';
import { judge } from './oracle.ts';
import type { Outcome } from './run.ts';
import { SCENARIOS } from './scenarios.ts';

const KEY = '00000001';
const RECORD: ChannelRecord = { type: 'preimage', unit: 0n, preimage: new Uint8Array(32) };
const TEXT = `0011223344556677 ${toJson(RECORD)}`;

interface Given {
  readonly consumerMsat?: bigint;
  readonly type?: 'open' | 'closed';
  readonly confirmed?: bigint;
  readonly reserved?: bigint;
  readonly records?: readonly string[];
  readonly entries?: readonly Entry[];
  readonly reason?: string;
}

/** A run of which only what the oracle looks at is there. */
function outcome(given: Given = {}): Outcome {
  const ledger = {
    n: 3n,
    consumerMsat: given.consumerMsat ?? 5_000n,
    producerMsat: 7_000n,
    utilityMsat: 100n,
    deliveries: [],
    nextUnit: 1n,
  };
  const view = (role: Role): View => {
    const isConsumer = role === 'consumer';
    const confirmed = isConsumer ? (given.confirmed ?? 50_000n) : 50_000n;
    const reserved = isConsumer ? (given.reserved ?? 0n) : 0n;
    const rounds = { held: { ledger }, phase: { type: 'idle' } };
    const state = { type: given.type ?? 'open', role, rounds };
    return {
      role,
      height: 100,
      peers: [],
      reserved: {},
      metered: true,
      balance: { confirmed, reserved },
      channels: [
        { key: KEY, channelId: '', state, ledger: role === 'utility' ? undefined : ledger, untaken: null },
      ],
    } as unknown as View;
  };
  const records = { [KEY]: given.records ?? [TEXT] };
  const none: readonly Entry[] = [];
  return {
    scenario: SCENARIOS[0] as Outcome['scenario'],
    views: { consumer: view('consumer'), producer: view('producer'), utility: view('utility') },
    records: { consumer: records, producer: { [KEY]: [TEXT] }, utility: {} },
    journals: { consumer: given.entries ?? none, producer: none, utility: none },
    deaths: { consumer: 1, producer: 0, utility: 0 },
    feesSat: 500n,
    publishable: [{ role: 'consumer', reason: given.reason ?? null }],
  };
}

const violations = (given: Given, rehearsal: Given = {}) =>
  judge(outcome(rehearsal), outcome(given)).violations;

describe('the oracle of the crash matrix', () => {
  it('the rehearsal itself: nothing to say', () => {
    expect(judge(outcome(), outcome())).toEqual({ isSame: true, violations: [] });
  });

  it('one millisatoshi less in an open channel: said, at both traders', () => {
    expect(violations({ consumerMsat: 4_999n })).toHaveLength(2);
  });

  it('coins less by more than all fees and dust: not whole; by no more: whole, but not the same', () => {
    const ended = { type: 'closed' } as const;
    const allowed = 2n * 500n + 4n * 330n;
    expect(violations({ ...ended, confirmed: 50_000n - allowed - 1n }, ended)).toHaveLength(1);
    const whole = judge(outcome(ended), outcome({ ...ended, confirmed: 50_000n - allowed }));
    expect(whole).toEqual({ isSame: false, violations: [] });
  });

  it('a commitment that was broadcast and revoked, in either order: said', () => {
    const revealed: Entry = { type: 'revealed', n: 2n };
    const given: Entry = { type: 'broadcast', purpose: 'commitment', txid: '', n: 2n };
    expect(violations({ entries: [revealed, given] })).toHaveLength(1);
    expect(violations({ entries: [given, revealed] })).toHaveLength(1);
    expect(violations({ entries: [revealed, { ...given, n: 3n }] })).toEqual([]);
  });

  it('a held commitment whose secret was sent, or that the node refuses: said', () => {
    expect(violations({ entries: [{ type: 'revealed', n: 3n }] })).toHaveLength(1);
    expect(violations({ reason: 'bad-txns' })).toHaveLength(1);
  });

  it('a record that was durable and is gone, one that is there twice: said', () => {
    const entries: readonly Entry[] = [{ type: 'records', key: KEY, records: [TEXT] }];
    expect(violations({ entries, records: [] })).toHaveLength(1);
    expect(violations({ entries, records: [TEXT, TEXT] })).toHaveLength(1);
  });

  it('coins set aside twice, two funded channels, a bug of ours: said', () => {
    const funding = (txid: string): Entry => ({ type: 'broadcast', purpose: 'funding', txid, n: null });
    expect(violations({ reserved: 1n })).toHaveLength(1);
    expect(violations({ entries: [funding('aa'), funding('aa')] })).toEqual([]);
    expect(violations({ entries: [funding('aa'), funding('bb')] })).toHaveLength(1);
    expect(violations({ entries: [{ type: 'fault', text: 'halted' }] })).toHaveLength(1);
  });
});

describe('the name of a run', () => {
  it.each([
    'close: producer before send shutdown to consumer #1',
    'stream: consumer after write channel open, proposing #3 + consumer before send reestablish to producer #1',
    'settle: utility after write meters #1 + with consumer',
    'force: producer after broadcast claim #2 + power torn 7',
    'breach: utility at rest before blocks',
  ])('%s: names it again', (name) => {
    expect(nameOf(caseOf(name))).toBe(name);
  });
});
