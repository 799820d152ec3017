import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RpcConnectionError, RpcError } from '../../src/client/errors.ts';
import { errorObject } from '../../src/rpc/errors.ts';
import { satText } from '../../web/src/text/amounts.ts';
import { COMMANDS, type CommandedChannel, whyNot } from '../../web/src/views/channel/commands.ts';
import {
  FIRST_FIELDS,
  type OpenField,
  type OpenFields,
  readOpenForm,
} from '../../web/src/views/channel/openForm.ts';
import { causeIn, failureOfCall, failureOfCause } from '../../web/src/views/channel/openProblem.ts';
import { knownParties } from '../../web/src/views/channel/parties.ts';
import { readTransfer } from '../../web/src/views/channel/transfer.ts';

const OWN = `02${'11'.repeat(32)}`;
const PRODUCER = `02${'22'.repeat(32)}`;
const UTILITY = `03${'33'.repeat(32)}`;
const FACTS = { height: 200, spendableSat: 1_000_000n, nodeId: OWN };
const GOOD: OpenFields = {
  ...FIRST_FIELDS,
  bond: 'proportional',
  producer: `${PRODUCER}@127.0.0.1:9735`,
  utility: `${UTILITY}@example.org:9735`,
};

const problemsOf = (fields: Partial<OpenFields>, facts = FACTS) =>
  Object.keys(readOpenForm({ ...GOOD, ...fields }, facts).problems ?? {});

describe('the form that opens a channel', () => {
  it('filled in: a proposal with exactly what was typed', () => {
    const { proposal } = readOpenForm(GOOD, FACTS);
    expect(proposal?.params).toEqual({
      producer: PRODUCER,
      utility: UTILITY,
      consumerSat: '500000',
      producerSat: '100000',
      utilitySat: '0',
      settlementHeight: 1208,
      params: { arbitration: 'afterHeight', maxInFlight: 8, bondPpm: 1_000_000 },
    });
    expect(proposal?.producer).toEqual({ nodeId: PRODUCER, address: '127.0.0.1:9735' });
    expect(proposal?.reserveSat).toBe(884n);
  });

  it('the whole stake as bond: no part of the price, one unit in flight whatever the hidden fields say', () => {
    const { proposal } = readOpenForm({ ...GOOD, bond: 'stake', bondPercent: 'x', inFlight: 'y' }, FACTS);
    expect(proposal?.params.params).toEqual({ arbitration: 'afterHeight', maxInFlight: 1 });
  });

  it.each<[string, Partial<OpenFields>, OpenField]>([
    ['no node', { producer: '' }, 'producer'],
    ['an address without a port', { utility: `${UTILITY}@127.0.0.1` }, 'utility'],
    ['the own node', { producer: `${OWN}@127.0.0.1:1` }, 'producer'],
    ['one node for two parties', { utility: `${PRODUCER}@127.0.0.1:2` }, 'utility'],
    ['a part of a satoshi', { consumerSat: '1000.5' }, 'consumerSat'],
    ['nothing of one’s own', { consumerSat: '0' }, 'consumerSat'],
    ['a negative amount', { producerSat: '-5' }, 'producerSat'],
    ['no number', { utilitySat: 'much' }, 'utilitySat'],
    ['more than the wallet has', { consumerSat: '1000000' }, 'consumerSat'],
    ['a settlement too soon', { settleIn: '56' }, 'settleIn'],
    ['too many units in flight', { inFlight: '101' }, 'inFlight'],
    ['a bond above 1000 times the price', { bondPercent: '100001' }, 'bondPercent'],
    ['a fee rate that no node relays', { feeRate: '0.5' }, 'feeRate'],
  ])('%s: said at its field', (_, fields, field) => {
    expect(problemsOf(fields)).toEqual([field]);
  });

  it('several problems: all said at once', () => {
    expect(problemsOf({ producer: '', consumerSat: 'x', settleIn: '' })).toEqual([
      'producer',
      'consumerSat',
      'settleIn',
    ]);
  });

  it('the least settlement that is taken: one block more than the deadlines need', () => {
    expect(problemsOf({ settleIn: '57' })).toEqual([]);
  });

  it('whatever is typed: a proposal or a problem, never an exception', () => {
    const typed = fc.oneof(fc.string(), fc.constantFrom('0', '1e9', '٣', '9'.repeat(30), ' 7 000'));
    fc.assert(
      fc.property(typed, fc.constantFrom(...(Object.keys(GOOD) as OpenField[])), (text, field) => {
        if (field === 'bond' || field === 'arbitration') return;
        const { proposal, problems } = readOpenForm({ ...GOOD, [field]: text }, FACTS);
        expect((proposal === undefined) !== (problems === undefined)).toBe(true);
      }),
    );
  });
});

describe('why there is no channel', () => {
  const rpc = (object: ReturnType<typeof errorObject>) => failureOfCall(new RpcError(object), UTILITY);

  it('a peer that cannot be reached: at the field of that peer', () => {
    const unreachable = (id: string) =>
      errorObject('peerNotConnected', { reason: `peer ${id} cannot be reached` });
    expect(rpc(unreachable(UTILITY)).field).toBe('utility');
    expect(rpc(unreachable(PRODUCER)).field).toBe('producer');
  });

  it('not enough coins: what it takes and what is there', () => {
    const reason = 'insufficientFunds neededSat=500884 availableSat=4000';
    const { field, problem } = rpc(errorObject('notEnoughCoins', { code: 'coinsShort', values: { reason } }));
    expect(field).toBe('consumerSat');
    expect(problem.what).toContain(`${satText(500_884n)} sat`);
  });

  it.each([
    ['producer', 'producerSat'],
    ['utility', 'utilitySat'],
  ] as const)(
    'the %s’s own limit: at what it was asked to put in, with the setting that raises it',
    (by, field) => {
      const reason = `refused by=${by} reason=it asks for more of our coins than we bring`;
      const failure = failureOfCause({ code: 'refused', values: { by, reason } });
      expect(failure.field).toBe(field);
      expect(failure.problem.wayOut).toContain('acceptContributionSat');
    },
  );

  it('a parameter that another node does not take: at its field', () => {
    const said = 'badParameter name=settlementHeight value=260 allowed=more than 56 blocks ahead of 204';
    const failure = failureOfCause({ code: 'refused', values: { by: 'producer', reason: said } });
    expect(failure.field).toBe('settleIn');
    expect(failure.problem.wayOut).toBe('Choose more than 56 blocks.');
  });

  it('the other two lost each other: at the one that is gone', () => {
    const reason = 'connectionLost peer=utility';
    expect(failureOfCause({ code: 'refused', values: { by: 'producer', reason } }).field).toBe('utility');
  });

  it('no answer at all, or a code of a later version: said, at no field', () => {
    expect(failureOfCall(new RpcConnectionError('lost', ''), UTILITY).field).toBe(null);
    expect(failureOfCause({ code: 'somethingNew', values: {} }).problem.what).not.toBe('');
  });

  it('an error as a line: its code and values, whatever spaces are in them', () => {
    expect(causeIn('refused by=utility reason=it is late now')).toEqual({
      code: 'refused',
      values: { by: 'utility', reason: 'it is late now' },
    });
  });
});

describe('what can be asked of a channel', () => {
  const OPEN: CommandedChannel = {
    role: 'consumer',
    state: 'open',
    link: 'up',
    onChain: null,
    funding: { txid: '00'.repeat(32), vout: 0 },
    halted: false,
  };
  const possible = (channel: Partial<CommandedChannel>) =>
    COMMANDS.filter((command) => whyNot(command, { ...OPEN, ...channel }) === null);

  it('open: everything; with the other trader offline all but a payment', () => {
    expect(possible({})).toEqual(COMMANDS);
    expect(possible({ link: 'down' })).toEqual(COMMANDS.filter((each) => each !== 'transfer'));
  });

  it('the utility saves evidence and nothing else', () => {
    expect(possible({ role: 'utility', state: 'attesting', link: null })).toEqual(['evidence']);
  });

  it('while it is opened: nothing', () => {
    expect(possible({ state: 'reviewing', funding: null })).toEqual([]);
  });

  it('ended on the chain, or closed: the evidence is left', () => {
    const onChain = {
      followedTo: 9,
      confirmedAt: 1,
      spentBy: { txid: '11'.repeat(32), height: 9 },
      resolvedAt: null,
    };
    expect(possible({ state: 'settling', onChain })).toEqual(['evidence']);
    expect(possible({ state: 'closed' })).toEqual(['evidence']);
  });
});

describe('a payment to the other trader', () => {
  const params = { consumerReserveMsat: '1000000', producerReserveMsat: '2000000' };
  const balances = {
    n: '0',
    consumerMsat: '5000000',
    producerMsat: '1500000',
    utilityMsat: '0',
    inFlightMsat: '0',
  };
  const pay = (role: 'consumer' | 'producer', value: bigint) =>
    readTransfer({ ok: true, value }, { role, balances, params } as unknown as Parameters<
      typeof readTransfer
    >[1]);

  it('up to the balance above the reserve, to the millisatoshi', () => {
    expect(pay('consumer', 4_000_000n)).toEqual({ msat: 4_000_000n, leftMsat: 1_000_000n });
    expect(pay('consumer', 4_000_001n)).toHaveProperty('problem');
    expect(pay('producer', 1n)).toHaveProperty('problem');
  });
});

describe('the nodes that one can open a channel with', () => {
  const peer = (nodeId: string, connected: boolean, addresses: readonly string[]) => ({
    nodeId,
    connected,
    addresses: [...addresses],
    direction: null,
    since: null,
    channels: [],
  });

  it('nodes of this page by their role, then strangers; not one that cannot be reached', () => {
    const stranger = `02${'44'.repeat(32)}`;
    const gone = `02${'55'.repeat(32)}`;
    const page = [
      { role: 'consumer', nodeId: OWN, address: '127.0.0.1:1' },
      { role: 'producer', nodeId: PRODUCER, address: '127.0.0.1:2' },
      { role: 'utility', nodeId: UTILITY, address: null },
    ] as const;
    const peers = [peer(stranger, true, []), peer(gone, false, []), peer(UTILITY, true, ['10.0.0.3:3'])];
    expect(knownParties('producer', peers, page)).toEqual([
      { uri: `${PRODUCER}@127.0.0.1:2`, role: 'producer', connected: false },
      { uri: stranger, role: null, connected: true },
    ]);
    expect(knownParties('utility', peers, page)[0]).toEqual({
      uri: `${UTILITY}@10.0.0.3:3`,
      role: 'utility',
      connected: true,
    });
  });
});
