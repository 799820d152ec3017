import { describe, expect, it } from 'vitest';
import { utf8 } from '../../src/base/bytes.ts';
import { invariant } from '../../src/base/invariant.ts';
import { counterpartyOf, type Role, TRADERS, type Trader } from '../../src/base/role.ts';
import { reestablishMessage, stateProof } from '../../src/channel/rounds.ts';
import type { AwaitingFunding, Channel } from '../../src/channel/state.ts';
import { roundContext, type Transition } from '../../src/channel/step.ts';
import { transition } from '../../src/channel/transition.ts';
import type { Message } from '../../src/wire/messages.ts';
import {
  channelIdOf,
  DEFAULT_PARAMS,
  type Harness,
  offerUnits,
  proposed,
  publishTariff,
  trader,
  UNIT_WH,
} from '../support/channelHarness.ts';
import { flipBit } from '../support/flipBit.ts';

const SENT_READY = DEFAULT_PARAMS.minimumDepth;

/** A trader that waits for its funding, `depth` deep, while the other says nothing. */
function waiting(role: Trader, depth: number) {
  const harness = proposed();
  harness.confirm(depth, [role]);
  return { harness, state: awaitingFunding(harness, role), ...acts(harness, role) };
}

function awaitingFunding(harness: Harness, role: Trader): AwaitingFunding {
  const { state } = harness.nodes[role];
  invariant(state.type === 'awaitingFunding', `${role} is ${state.type}`);
  return state;
}

function acts(harness: Harness, role: Trader) {
  return {
    tell: (state: Channel, from: Role, message: Message): Transition =>
      transition(state, { type: 'messageReceived', from, message }, harness.contextOf(role)),
    does: (state: Channel, type: 'forceClose' | 'storeRestored'): Transition =>
      transition(state, { type }, harness.contextOf(role)),
    error: { type: 'error', channelId: channelIdOf(harness), data: utf8('enough') } as const,
  };
}

/** The state of a trader that waits, once the channel has opened without a trade, and what the peer says of itself then. */
function opened(role: Trader, depth: number) {
  const peer = counterpartyOf(role);
  const { harness, state: old, ...act } = waiting(role, depth);
  harness.confirm(3);
  harness.run();
  const said = () => {
    const state = trader(harness, peer);
    const round = roundContext(state, harness.contextOf(peer));
    return { hello: reestablishMessage(round, state.rounds), proof: stateProof(round, state.rounds) };
  };
  return { harness, said, old, copied: act.does(old, 'storeRestored').state, peer, ...act };
}

/** The same, once the channel was traded in. */
function aged(role: Trader, depth: number) {
  const { harness, said, ...rest } = opened(role, depth);
  publishTariff(harness, 0, 9);
  offerUnits(harness, 9);
  harness.run();
  harness.dispatch('consumer', { type: 'buy', units: 1 });
  harness.run();
  harness.produce(UNIT_WH);
  harness.run();
  const now = said();
  invariant(now.hello.secretsHeld > 0n, 'the channel was traded in');
  return { ...rest, now };
}

const broadcasts = ({ actions }: Transition) => actions.filter(({ type }) => type === 'broadcast');

describe.each(TRADERS)('the %s waits for its funding', (role) => {
  const peer = counterpartyOf(role);

  it('`error` of the other trader before the funding is deep enough: it is signed, nothing changes', () => {
    const { state, tell, error } = waiting(role, SENT_READY - 1);
    expect(tell(state, peer, error)).toMatchObject({ state, actions: [] });
  });

  it('`error` of the other trader after `channel_ready`: it leaves by its commitment 0', () => {
    const { state, tell, error } = waiting(role, SENT_READY);
    const left = tell(state, peer, error);
    expect(left.state).toMatchObject({
      type: 'settling',
      why: { code: 'peerFailed', message: 'enough' },
      rounds: { held: { ledger: { n: 0n } } },
      candidates: [{ purpose: 'commitment' }],
    });
    expect(broadcasts(left)).toHaveLength(1);
    const own = broadcasts(waiting(role, SENT_READY).does(state, 'forceClose'));
    expect(broadcasts(left)).toEqual(own);
  });

  it('`error` of the utility closes nothing', () => {
    const { state, tell, error } = waiting(role, SENT_READY);
    expect(tell(state, 'utility', error)).toMatchObject({ state, actions: [] });
  });

  it('`error` of the other trader to a copy that may be old: the channel ends, and no commitment is sent', () => {
    const { state, tell, does, error } = waiting(role, SENT_READY);
    const left = tell(does(state, 'storeRestored').state, peer, error);
    expect(left.state).toMatchObject({ type: 'settling', unsure: true, candidates: [] });
    expect(broadcasts(left)).toEqual([]);
  });
});

describe.each(TRADERS)('a copy of the %s from before its channel opened', (role) => {
  describe.each([0, SENT_READY])('with the funding %i deep', (depth) => {
    const expectLost = (lost: Transition, peer: Trader, again: Transition) => {
      expect(lost.state).toMatchObject({ type: 'settling', why: { code: 'dataLost' }, candidates: [] });
      expect('unsure' in lost.state).toBe(false);
      expect(broadcasts(lost)).toEqual([]);
      expect(broadcasts(again)).toEqual([]);
      const asked = { type: 'send', to: peer, message: expect.objectContaining({ type: 'error' }) };
      expect(lost.actions).toContainEqual(expect.objectContaining(asked));
    };

    it('`reestablish` shows that its commitment 0 is revoked: data is lost, nothing is ever broadcast', () => {
      const { old, copied, peer, now, tell, does } = aged(role, depth);
      for (const state of [old, copied]) {
        const lost = tell(state, peer, now.hello);
        expectLost(lost, peer, does(lost.state, 'forceClose'));
      }
    });

    it('the utility’s proof shows it as well, also of a copy that nobody said is one', () => {
      const { old, copied, peer, now, tell, does } = aged(role, depth);
      for (const state of [old, copied]) {
        const lost = tell(state, 'utility', now.proof);
        expectLost(lost, peer, does(lost.state, 'forceClose'));
        expect(lost.state).toMatchObject({ why: { n: now.proof.proof.ledger.n }, shown: now.proof.proof });
      }
    });

    it('a secret that is not its own, a proof that is altered, its own or not from the utility: nothing changes', () => {
      const { copied, peer, now, tell } = aged(role, depth);
      const { proof } = now.proof;
      const lies: readonly (readonly [Role, Message])[] = [
        [peer, { ...now.hello, lastSecret: flipBit(now.hello.lastSecret, 3) }],
        [peer, { ...now.hello, secretsHeld: 0n, lastSecret: new Uint8Array(32) }],
        ['utility', now.hello],
        [peer, now.proof],
        ['utility', { ...now.proof, proof: { ...proof, signature: flipBit(proof.signature, 9) } }],
        ['utility', { ...now.proof, proof: { ...proof, broadcaster: role } }],
        [
          'utility',
          { ...now.proof, proof: { ...proof, ledger: { ...proof.ledger, n: proof.ledger.n + 1n } } },
        ],
      ];
      for (const [from, message] of lies)
        expect(tell(copied, from, message)).toMatchObject({ state: copied, actions: [] });
    });
  });

  it('the other trader is at state 0 as well: the copy is the newest, and its commitment goes out when asked', () => {
    const { said, copied, peer, tell, does } = opened(role, SENT_READY);
    const { hello, proof } = said();
    expect(broadcasts(does(copied, 'forceClose'))).toEqual([]);
    for (const sure of [tell(copied, peer, hello), tell(copied, 'utility', proof)]) {
      expect('unsure' in sure.state).toBe(false);
      expect(broadcasts(does(sure.state, 'forceClose'))).toMatchObject([{ purpose: 'commitment' }]);
    }
  });
});
