import { describe, expect, it } from 'vitest';
import { counterpartyOf, TRADERS, type Trader } from '../../src/base/role.ts';
import { reestablishMessage, stateProof } from '../../src/channel/rounds.ts';
import type { Channel } from '../../src/channel/state.ts';
import { roundContext, type Transition } from '../../src/channel/step.ts';
import { transition } from '../../src/channel/transition.ts';
import type { MessageOf } from '../../src/wire/messages.ts';
import { type Harness, trader, tradingChannel, UNIT_WH } from '../support/channelHarness.ts';
import { flipBit } from '../support/flipBit.ts';

/** An old state of `role`, and what its peer says of itself and has proved: then, as a liar would, and now. */
function aged(role: Trader) {
  const peer = counterpartyOf(role);
  const harness = tradingChannel({ units: 2 });
  const said = (by: Harness) => {
    const state = trader(by, peer);
    const round = roundContext(state, by.contextOf(peer));
    return { hello: reestablishMessage(round, state.rounds), proof: stateProof(round, state.rounds) };
  };
  const old = trader(harness, role);
  const then = said(harness);
  harness.dispatch('consumer', { type: 'buy', units: 1 });
  harness.run();
  harness.produce(UNIT_WH);
  harness.run();
  const now = said(harness);
  expect(now.proof.proof.ledger.n).toBeGreaterThan(old.rounds.held.ledger.n);
  const tell = (
    state: Channel,
    from: 'consumer' | 'producer' | 'utility',
    message: MessageOf<'reestablish'> | MessageOf<'state_proof'>,
  ): Transition => transition(state, { type: 'messageReceived', from, message }, harness.contextOf(role));
  const does = (state: Channel, type: 'forceClose' | 'storeRestored') =>
    transition(state, { type }, harness.contextOf(role));
  const copied = does({ ...old, link: 'reestablishing' }, 'storeRestored').state;
  return { copied, peer, then, now, tell, does };
}

const isLost = { type: 'settling', why: { code: 'dataLost' }, candidates: [] };
const broadcasts = ({ actions }: Transition) => actions.filter(({ type }) => type === 'broadcast');

describe.each(TRADERS)('an old state of the %s', (role) => {
  it('a peer that lies about its number: the utility’s proof shows it all the same', () => {
    const { copied, peer, then, now, tell, does } = aged(role);
    const lied = tell(copied, peer, then.hello);
    expect(lied.state.type).toBe('open');
    const shown = tell(lied.state, 'utility', now.proof);
    expect(shown.state).toMatchObject(isLost);
    expect(broadcasts(does(shown.state, 'forceClose'))).toEqual([]);
    expect(shown.actions).toContainEqual(
      expect.objectContaining({
        type: 'send',
        to: peer,
        message: expect.objectContaining({ type: 'error' }),
      }),
    );
  });

  it('already on its way to the chain and unsure: the same, and nothing was sent', () => {
    const { copied, now, tell, does } = aged(role);
    const closing = does(copied, 'forceClose');
    expect(closing.state).toMatchObject({ type: 'settling', unsure: true, candidates: [] });
    expect(broadcasts(closing)).toEqual([]);
    expect(tell(closing.state, 'utility', now.proof).state).toMatchObject(isLost);
  });

  it('a proof that is altered, of our own side, or not newer: no data was lost', () => {
    const { copied, peer, then, now, tell } = aged(role);
    const { proof } = now.proof;
    const junk = [
      { ...proof, signature: flipBit(proof.signature, 9) },
      { ...proof, broadcaster: role },
      { ...proof, ledger: { ...proof.ledger, n: proof.ledger.n + 1n } },
    ];
    for (const each of junk)
      expect(tell(copied, 'utility', { ...now.proof, proof: each }).state).toEqual(copied);
    expect(tell(copied, peer, then.hello).state.type).toBe('open');
  });
});
