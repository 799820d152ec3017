import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { msat } from '../../src/base/amount.ts';
import { counterpartyOf, TRADERS, type Trader } from '../../src/base/role.ts';
import { reestablishMessage } from '../../src/channel/rounds.ts';
import type { Channel, TraderChannel } from '../../src/channel/state.ts';
import { roundContext } from '../../src/channel/step.ts';
import { transition } from '../../src/channel/transition.ts';
import type { Message, MessageOf } from '../../src/wire/messages.ts';
import {
  agreed,
  type Harness,
  ledgerOf,
  trader,
  traderSignerOf,
  tradingChannel,
  UNIT_WH,
} from '../support/channelHarness.ts';

/** Where a round stands when the connection is lost: at the proposer and at the other trader. */
const MOMENTS = ['quiet', 'proposed', 'accepted', 'revoked'] as const;

/** A channel some states old, its traders cut off at this moment, and connected again with no word said yet. */
function interrupted(moment: (typeof MOMENTS)[number]): Harness {
  const harness = tradingChannel({ units: 8 });
  harness.dispatch('consumer', { type: 'buy', units: 2 });
  harness.run();
  harness.produce(UNIT_WH);
  harness.run();
  const proposer = turnOf(harness);
  const other = counterpartyOf(proposer);
  const update = { type: 'transfer', from: proposer, amountMsat: msat(1_000_000) } as const;
  if (moment !== 'quiet') harness.dispatch(proposer, { type: 'update', update });
  if (moment === 'accepted' || moment === 'revoked') harness.deliver(proposer, other);
  if (moment === 'revoked') harness.deliver(other, proposer);
  harness.cut('consumer-producer');
  harness.connect('consumer-producer');
  return harness;
}

function turnOf(harness: Harness): Trader {
  return trader(harness, 'consumer').rounds.turn % 2n === 0n ? 'consumer' : 'producer';
}

function helloOf(harness: Harness, role: Trader): MessageOf<'reestablish'> {
  const state = trader(harness, role);
  return reestablishMessage(roundContext(state, harness.contextOf(role)), state.rounds);
}

/** Any word in a greeting changed, often to something that would be right elsewhere. */
function altered(honest: MessageOf<'reestablish'>, victim: Trader) {
  const { secret, point } = secretsOf(victim);
  const near = (n: bigint) =>
    fc.oneof(
      fc.constant(n),
      fc.bigInt({ min: -3n, max: 3n }).map((by) => (n + by < 0n ? 0n : n + by)),
      fc.bigInt({ min: 0n, max: (1n << 64n) - 1n }),
    );
  return fc.record({
    type: fc.constant('reestablish' as const),
    channelId: fc.constant(honest.channelId),
    n: near(honest.n),
    secretsHeld: near(honest.secretsHeld),
    lastSecret: fc.oneof(
      fc.constant(honest.lastSecret),
      fc.bigInt({ min: 0n, max: 6n }).map(secret),
      fc.uint8Array({ minLength: 32, maxLength: 32 }),
    ),
    nextPoint: fc.oneof(
      fc.constant(honest.nextPoint),
      fc.bigInt({ min: 0n, max: 9n }).map(point),
      fc.uint8Array({ minLength: 33, maxLength: 33 }),
    ),
    turn: near(honest.turn),
  });
}

function secretsOf(role: Trader) {
  const signer = traderSignerOf(role);
  return { secret: (n: bigint) => signer.releaseSecret(n), point: (n: bigint) => signer.point(n) };
}

const told = (state: Channel, from: Trader, message: Message, harness: Harness, at: Trader) =>
  transition(state, { type: 'messageReceived', from, message }, harness.contextOf(at));

/** The state that is at stake, whatever the connection is at. */
const essence = ({ rounds, market, type }: TraderChannel) => ({
  type,
  held: rounds.held,
  secrets: rounds.remoteSecrets,
  market,
});

describe.each(TRADERS)('an altered greeting to the %s', (victim) => {
  const peer = counterpartyOf(victim);

  it.each(MOMENTS)('%s: nothing is closed or forgotten, and an honest one goes on after', (moment) => {
    const harness = interrupted(moment);
    const before = trader(harness, victim);
    const own = before.rounds.held.ledger.n;
    fc.assert(
      fc.property(
        fc.array(altered(helloOf(harness, peer), victim), { minLength: 1, maxLength: 3 }),
        (words) => {
          let state: Channel = before;
          for (const word of words) {
            const { state: next, actions } = told(state, peer, word, harness, victim);
            expect(actions.filter(({ type }) => type === 'broadcast')).toEqual([]);
            if (next.type === 'settling') {
              // only a secret of a commitment that was never revoked proves that
              expect(next.why).toMatchObject({ code: 'dataLost' });
              expect(word.secretsHeld).toBeGreaterThan(own);
              expect(word.lastSecret).toEqual(secretsOf(victim).secret(word.secretsHeld - 1n));
              expect(next.candidates).toEqual([]);
              expect(next.rounds?.held).toEqual(before.rounds.held);
              return;
            }
            expect(essence(next as TraderChannel)).toEqual(essence(before));
            state = next;
          }
          // a peer that says that it gave its turn away is taken at its word
          fc.pre((state as TraderChannel).rounds.turn === before.rounds.turn);
          const again = transition(state, { type: 'disconnected', peer }, harness.contextOf(victim)).state;
          const met = transition(again, { type: 'connected', peer }, harness.contextOf(victim)).state;
          expect(told(met, peer, helloOf(harness, peer), harness, victim).state).toMatchObject({
            type: 'open',
            link: 'up',
          });
        },
      ),
      { numRuns: 60 },
    );
  });

  it('that no loss explains, then words of a round: nothing of them counts, and the next connection goes on', () => {
    for (const moment of MOMENTS) {
      const harness = interrupted(moment);
      const hello = helloOf(harness, peer);
      const state = trader(harness, victim);
      const stale = told(state, peer, { ...hello, n: hello.n + 9n }, harness, victim).state;
      expect(stale).toMatchObject({ type: 'open', link: 'stale' });
      const { channelId, n, turn } = hello;
      const signature = new Uint8Array(64).fill(1);
      const round = { channelId, n: n + 1n, secret: hello.lastSecret, nextPoint: hello.nextPoint };
      const words: Message[] = [
        { type: 'propose_update', channelId, n: n + 1n, updates: [], signature, stateSignature: null },
        { type: 'accept_update', ...round, signature, stateSignature: null },
        { type: 'revoke', ...round },
        { type: 'yield_turn', channelId, turn: turn + 1n },
        { type: 'request_turn', channelId, turn },
        { type: 'shutdown', channelId, payoutScript: new Uint8Array(22) },
        hello,
      ];
      for (const word of words) {
        const done = told(stale, peer, word, harness, victim);
        expect(done.state).toEqual(stale);
        expect(done.actions).toEqual([]);
      }
      harness.nodes[victim].state = stale;
      harness.cut('consumer-producer');
      harness.connect('consumer-producer');
      harness.run();
      expect(agreed(harness)).toBe(true);
    }
  });

  it('said twice, or before and after `channel_ready`: answered once, and the second changes nothing', () => {
    const harness = interrupted('quiet');
    const { channelId } = trader(harness, victim).identity;
    const hello = helloOf(harness, peer);
    const ready = { type: 'channel_ready', channelId } as const;
    const first = told(trader(harness, victim), peer, hello, harness, victim).state;
    expect(first).toMatchObject({ type: 'open', link: 'up' });
    for (const word of [hello, ready, hello]) {
      const done = told(first, peer, word, harness, victim);
      expect(done.state).toEqual(first);
      expect(done.actions.filter(({ type }) => type !== 'notify')).toEqual([]);
    }
    const met = told(trader(harness, victim), peer, ready, harness, victim).state;
    expect(told(met, peer, hello, harness, victim).state).toMatchObject({ type: 'open', link: 'up' });
  });
});

it('a proof of a secret that was never given out: data is lost, and nothing of ours is broadcast ever after', () => {
  for (const victim of TRADERS) {
    const harness = interrupted('quiet');
    const peer = counterpartyOf(victim);
    const { n } = ledgerOf(harness, victim);
    const word = {
      ...helloOf(harness, peer),
      secretsHeld: n + 1n,
      lastSecret: secretsOf(victim).secret(n),
    };
    const lost = told(trader(harness, victim), peer, word, harness, victim);
    expect(lost.state).toMatchObject({ type: 'settling', why: { code: 'dataLost' }, candidates: [] });
    const forced = transition(lost.state, { type: 'forceClose' }, harness.contextOf(victim));
    const blocks = transition(forced.state, { type: 'block', height: 599 }, harness.contextOf(victim));
    for (const { actions } of [lost, forced, blocks])
      expect(actions.filter(({ type }) => type === 'broadcast')).toEqual([]);
  }
});
