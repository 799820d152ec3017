import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { msat } from '../../src/base/amount.ts';
import { fromJson, toJson } from '../../src/base/json.ts';
import { ROLES, type Role } from '../../src/base/role.ts';
import type { Command } from '../../src/channel/event.ts';
import type { Channel } from '../../src/channel/state.ts';
import type { Transition } from '../../src/channel/step.ts';
import { transition } from '../../src/channel/transition.ts';
import { capacityMsat } from '../../src/tx/contract.ts';
import { decodeMessage, encodeMessage, type Message } from '../../src/wire/messages.ts';
import {
  openChannel,
  proposalOf,
  proposed,
  START_TIME,
  totalOf,
  tradingChannel,
  UNIT_WH,
} from '../support/channelHarness.ts';
import { EFFORT } from '../support/effort.ts';
import { messages, messagesOf } from '../wire/arbitraries.ts';

interface Seen {
  readonly role: Role;
  readonly state: Channel;
}

/** One state of each type that each role comes to: an opening, trade, a close, a forced close, a refusal. */
function everyState(): readonly Seen[] {
  const seen = new Map<string, Seen>();
  const onState = (role: Role, state: Channel) => {
    const key = `${role} ${state.type}`;
    if (!seen.has(key)) seen.set(key, { role, state });
  };
  for (const role of ROLES) onState(role, { type: 'fresh', role });
  const closed = tradingChannel({ onState });
  closed.dispatch('consumer', { type: 'buy', units: 2 });
  closed.run();
  // with something in flight, an open channel has more to lose
  for (const role of ROLES) {
    const { state } = closed.nodes[role];
    seen.set(`${role} ${state.type}`, { role, state });
  }
  closed.dispatch('producer', { type: 'close', payoutScript: null, feeRate: 1000n });
  closed.run();
  closed.produce(2 * UNIT_WH);
  closed.run();
  closed.confirmSpend();
  for (const role of ROLES) closed.dispatch(role, { type: 'resolved' });
  const forced = tradingChannel();
  forced.dispatch('consumer', { type: 'buy', units: 2 });
  forced.run();
  forced.dispatch('consumer', { type: 'forceClose' });
  forced.run();
  forced.confirmSpend();
  for (const role of ROLES) seen.set(`${role} settling`, { role, state: forced.nodes[role].state });
  proposed({ onState, review: () => ({ type: 'refuseOpening', reason: 'no' }) });
  return [...seen.values()].sort((a, b) => compare(nameOf(a), nameOf(b)));
}

const compare = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0);

function nameOf({ role, state }: Seen): string {
  return `${state.type} (${role})`;
}

const STATES = everyState();
const harness = openChannel();

/** What came of an event, in one word where it was not simply taken. */
function outcomeOf(before: Channel, { state, actions }: Transition): string {
  const refusal = actions.find((action) => action.type === 'notify' && action.notice.type === 'refused');
  if (refusal?.type === 'notify' && refusal.notice.type === 'refused') {
    expect(state).toEqual('link' in state ? { ...before, link: state.link } : before);
    return `refused: ${refusal.notice.error.code}`;
  }
  if (state.type === 'aborted' && before.type !== 'aborted') return `aborted: ${state.why.code}`;
  if (state.type === 'settling' && before.type !== 'settling')
    return `settling: ${state.why.code === 'protocolError' ? state.why.error.code : state.why.code}`;
  return isDeepStrictEqual(state, before) && actions.length === 0 ? 'nothing' : 'taken';
}

/** What holds whatever a peer says: the state survives the disk, the coins are all there. */
function expectSound({ state }: Transition): void {
  const read = fromJson(toJson(state));
  expect(read.ok && isDeepStrictEqual(read.value, state)).toBe(true);
  if (!('rounds' in state) || state.rounds === null) return;
  expect(totalOf(state.rounds.held.ledger)).toBe(capacityMsat(state.identity.contract.contributions));
}

describe('any message in any state', () => {
  it('well-formed and wrong: an answer that has a name, always the same', async () => {
    const lines: string[] = [];
    for (const seen of STATES)
      for (const from of ROLES) {
        if (from === seen.role) continue;
        lines.push(`${nameOf(seen)}, from the ${from}`);
        const outcomes = new Map<string, string[]>();
        for (const [type, arbitrary] of Object.entries(messagesOf)) {
          const [message] = fc.sample<Message>(arbitrary, { seed: 7, numRuns: 1 });
          if (message === undefined) throw new Error('no sample');
          const event = { type: 'messageReceived', from, message: fromWire(message) } as const;
          const done = transition(seen.state, event, harness.contextOf(seen.role));
          expectSound(done);
          const outcome = outcomeOf(seen.state, done);
          outcomes.set(outcome, [...(outcomes.get(outcome) ?? []), type]);
        }
        for (const [outcome, types] of [...outcomes].sort(([a], [b]) => compare(a, b)))
          lines.push(`  ${outcome}: ${types.sort().join(' ')}`);
      }
    await expect(`${lines.join('\n')}\n`).toMatchFileSnapshot('answers.txt');
  });

  it('anything that can be read, one after the other: no machine throws, nothing is lost', () => {
    const said = fc.array(fc.record({ from: fc.constantFrom(...ROLES), message: messages }), {
      minLength: 1,
      maxLength: 5,
    });
    fc.assert(
      fc.property(anyState, said, (name, list) => hear(name, list)),
      { numRuns: 1500 * EFFORT },
    );
  });

  it('what was really said, replayed to anybody at any time: no machine throws, nothing is lost', () => {
    const real = realMessages();
    const said = fc.array(fc.nat(real.length - 1), { minLength: 1, maxLength: 6 });
    fc.assert(
      fc.property(anyState, said, (name, list) =>
        hear(
          name,
          list.flatMap((index) => real[index] ?? []),
        ),
      ),
      { numRuns: 750 * EFFORT },
    );
  });
});

const anyState = fc.constantFrom(...STATES.map(nameOf));

/** A machine in the state of that name hears these messages, one after the other, as they come from the wire. */
function hear(name: string, said: readonly { readonly from: Role; readonly message: Message }[]): void {
  const seen = STATES.find((each) => nameOf(each) === name);
  if (seen === undefined) throw new Error(`no state ${name}`);
  said.reduce((state, { from, message }) => {
    const event = { type: 'messageReceived', from, message: fromWire(message) } as const;
    const done = transition(state, event, harness.contextOf(seen.role));
    expectSound(done);
    return done.state;
  }, seen.state);
}

function fromWire(message: Message): Message {
  const decoded = decodeMessage(encodeMessage(message));
  if (!decoded.ok) throw new Error(decoded.error.code);
  return decoded.value;
}

/** All that is said in the life of a channel. */
function realMessages(): { from: Role; message: Message }[] {
  const said: { from: Role; message: Message }[] = [];
  const trading = tradingChannel({
    tamper: (from, _to, message) => {
      said.push({ from, message });
      return message;
    },
  });
  trading.dispatch('consumer', { type: 'buy', units: 3 });
  trading.run();
  trading.produce(UNIT_WH);
  trading.run();
  trading.cut('consumer-producer');
  trading.connect('consumer-producer');
  trading.dispatch('producer', {
    type: 'update',
    update: { type: 'transfer', from: 'producer', amountMsat: msat(1000) },
  });
  trading.run();
  trading.produce(2 * UNIT_WH);
  trading.dispatch('consumer', { type: 'close', payoutScript: null, feeRate: 1000n });
  trading.run();
  return said;
}

describe('any command in any state', () => {
  const proposal = proposalOf();
  const commands: readonly Command[] = [
    { type: 'propose', proposal },
    {
      type: 'acceptOpening',
      part: proposal.consumer.part,
      payoutScript: new Uint8Array(0),
      meter: new Uint8Array(0),
    },
    { type: 'refuseOpening', reason: 'no' },
    { type: 'offer', units: 1, unitEnergyWh: 1000, minMsatPerWh: 0n, until: START_TIME + 9999 },
    { type: 'buy', units: 3 },
    { type: 'update', update: { type: 'cancel', id: 77n } },
    {
      type: 'publishTariff',
      slot: 0,
      from: START_TIME,
      until: START_TIME + 9999,
      msatPerWh: 1n,
      unitEnergyWh: 1,
      units: 1,
    },
    { type: 'close', payoutScript: null, feeRate: 1000n },
    { type: 'forceClose' },
    { type: 'requestArbitration', feeSat: 1000n },
  ];

  it('one that makes no sense there: refused by name, nothing changes', async () => {
    const lines = STATES.map((seen) => {
      const outcomes = commands.map((command) => {
        const done = transition(seen.state, command, harness.contextOf(seen.role));
        expectSound(done);
        return `${command.type} ${outcomeOf(seen.state, done)}`;
      });
      return `${nameOf(seen)}\n  ${outcomes.join('\n  ')}`;
    });
    await expect(`${lines.join('\n')}\n`).toMatchFileSnapshot('commands.txt');
  });
});
