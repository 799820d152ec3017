import { describe, expect, it } from 'vitest';
import { msat, sat } from '../../src/base/amount.ts';
import { TRADERS, type Trader } from '../../src/base/role.ts';
import { fundingSighash } from '../../src/channel/localSigner.ts';
import { stateProof } from '../../src/channel/rounds.ts';
import type { Channel } from '../../src/channel/state.ts';
import { roundContext, type Transition } from '../../src/channel/step.ts';
import { transition } from '../../src/channel/transition.ts';
import { commitmentNumberOf } from '../../src/tx/commitment.ts';
import { verifyStateProof } from '../../src/tx/stateProof.ts';
import type { MessageOf, StateProof } from '../../src/wire/messages.ts';
import {
  channelIdOf,
  contractOf,
  DEFAULT_PARAMS,
  type Harness,
  ledgerOf,
  noticesOf,
  refusals,
  SETTLEMENT,
  trader,
  traderSignerOf,
  tradingChannel,
  UNIT_WH,
  utility,
} from '../support/channelHarness.ts';

const IMMEDIATE = { params: { arbitration: { type: 'immediate' } } } as const;

function buy(harness: Harness, units: number): void {
  harness.dispatch('consumer', { type: 'buy', units });
  harness.run();
}

function pay(harness: Harness): void {
  const update = { type: 'transfer', from: 'consumer', amountMsat: msat(5_000_000) } as const;
  harness.dispatch('consumer', { type: 'update', update });
  harness.run();
}

function proofOf(harness: Harness, role: Trader): MessageOf<'state_proof'> {
  const state = trader(harness, role);
  return stateProof(roundContext(state, harness.contextOf(role)), state.rounds);
}

function claimOf(harness: Harness, proof: StateProof): MessageOf<'request_arbitration'> {
  return { type: 'request_arbitration', channelId: channelIdOf(harness), proof, feeSat: sat(600) };
}

/** The utility's machine goes on alone, from `state`, to the verdict of this claim. */
function verdictOn(harness: Harness, state: Channel, proof: StateProof): MessageOf<'arbitration_verdict'> {
  const context = harness.contextOf('utility');
  const message = claimOf(harness, proof);
  const opened = transition(state, { type: 'messageReceived', from: proof.broadcaster, message }, context);
  const height = harness.nodes.utility.height + DEFAULT_PARAMS.contestWindow;
  const { actions } = transition(opened.state, { type: 'block', height }, { ...context, height });
  const [verdict] = actions.flatMap((action) =>
    action.type === 'send' && action.message.type === 'arbitration_verdict' ? [action.message] : [],
  );
  if (verdict === undefined) throw new Error('no verdict');
  return verdict;
}

const sent = ({ actions }: Transition) => actions.filter(({ type }) => type === 'broadcast');

describe('a utility that may sign at any time', () => {
  it('is never shown a signature that completes a commitment', () => {
    const harness = tradingChannel(IMMEDIATE);
    buy(harness, 1);
    harness.produce(UNIT_WH);
    harness.run();
    pay(harness);
    harness.dispatch('consumer', { type: 'requestArbitration', feeSat: 600n });
    harness.run();
    const contract = contractOf(harness);
    const proofs = TRADERS.flatMap((trader) =>
      harness.nodes[trader].actions.flatMap((action) =>
        action.type === 'send' && 'proof' in action.message ? [action.message.proof] : [],
      ),
    );
    expect(proofs.length).toBeGreaterThan(4);
    const { secp } = harness.contextOf('utility');
    for (const proof of proofs) {
      const proven = verifyStateProof(secp, contract, proof);
      if (!proven.ok) throw new Error(proven.error.code);
      const { tx } = proven.value.commitment;
      for (const trader of TRADERS)
        expect(
          secp.verify(fundingSighash(contract, tx), contract.keys[trader].funding, proof.signature),
        ).toBe(false);
    }
  });

  it.each(['propose_update', 'accept_update'] as const)(
    '%s without the signature that proves the state: badCommitmentSignature',
    (type) => {
      const harness = tradingChannel({
        ...IMMEDIATE,
        tamper: (_from, _to, message) =>
          message.type === type ? { ...message, stateSignature: null } : message,
      });
      pay(harness);
      const victim = type === 'propose_update' ? 'producer' : 'consumer';
      expect(harness.nodes[victim].state).toMatchObject({
        why: { code: 'protocolError', error: { code: 'badCommitmentSignature' } },
      });
    },
  );
});

describe('a trader that lies to the utility about a state that the other one signed', () => {
  it('two deliveries with one id: no case, and the utility’s machine goes on', () => {
    const harness = tradingChannel();
    buy(harness, 2);
    const { proof } = proofOf(harness, 'consumer');
    const deliveries = proof.ledger.deliveries.map((each) => ({ ...each, id: 0n }));
    const lie = { ...proof, ledger: { ...proof.ledger, deliveries } };
    harness.inject('consumer', 'utility', claimOf(harness, lie));
    expect(() => harness.mine(SETTLEMENT - harness.nodes.utility.height, ['utility'])).not.toThrow();
    expect(utility(harness).arbitration).toBeNull();
    expect(noticesOf(harness, 'utility', 'arbitrationRefused')).toMatchObject([{ reason: 'deliveryTwice' }]);
  });

  it.each(['energyWh', 'paymentMsat'] as const)(
    'a higher state with another %s while a case is open: the verdict rests on what was checked',
    (field) => {
      const harness = tradingChannel();
      buy(harness, 1);
      harness.cut('consumer-producer');
      harness.produce(UNIT_WH);
      harness.run();
      harness.dispatch('producer', { type: 'requestArbitration', feeSat: 600n });
      harness.run();
      const contract = contractOf(harness);
      const { ledger } = proofOf(harness, 'consumer').proof;
      const higher = { ...ledger, n: ledger.n + 1n };
      const point = traderSignerOf('consumer').point(higher.n);
      const { signature } = traderSignerOf('producer').signCommitment(contract, higher, 'consumer', point);
      const deliveries = higher.deliveries.map((each) =>
        field === 'energyWh'
          ? { ...each, energyWh: 1n }
          : { ...each, paymentMsat: each.bondMsat, bondMsat: each.paymentMsat },
      );
      const proof = { broadcaster: 'consumer', ledger: { ...higher, deliveries }, point, signature } as const;
      harness.inject('consumer', 'utility', {
        type: 'state_proof',
        channelId: channelIdOf(harness),
        proof,
      });
      expect(refusals(harness, 'utility')).toMatchObject([{ code: 'badStateProof' }]);
      harness.mine(SETTLEMENT - harness.nodes.utility.height, ['utility']);
      expect(noticesOf(harness, 'utility', 'verdict')).toMatchObject([
        { statement: { n: ledger.n, outcomes: [{ outcome: 'delivered' }] } },
      ]);
    },
  );
});

describe('a buyer that shows a state with its deliveries in another order', () => {
  it('every unit is metered and attested all the same', () => {
    const harness = tradingChannel();
    harness.cut('producer-utility');
    harness.cut('consumer-utility');
    buy(harness, 3);
    const message = proofOf(harness, 'consumer');
    const { proof } = message;
    const deliveries = proof.ledger.deliveries.toReversed();
    expect(deliveries.map(({ unit }) => unit)).toEqual([2n, 1n, 0n]);
    const reversed = { ...proof, ledger: { ...proof.ledger, deliveries } };
    harness.inject('consumer', 'utility', { ...message, proof: reversed });
    harness.connect('producer-utility');
    harness.run();
    harness.produce(3 * UNIT_WH);
    harness.run();
    expect(noticesOf(harness, 'producer', 'unitAttested').map(({ unit }) => unit)).toEqual([0n, 1n, 2n]);
  });
});

describe('a verdict that is not of our newest state', () => {
  it('of an older one, signed while we could not hear of the case: we trade no more, our newest commitment goes out', () => {
    const harness = tradingChannel(IMMEDIATE);
    pay(harness);
    const { proof } = proofOf(harness, 'consumer');
    harness.cut('producer-utility');
    harness.cut('consumer-utility');
    const verdict = verdictOn(harness, utility(harness), proof);
    pay(harness);
    const { n } = ledgerOf(harness, 'producer');
    expect(n).toBeGreaterThan(proof.ledger.n);
    const done = harness.inject('utility', 'producer', verdict);
    expect(done.state).toMatchObject({ type: 'settling', why: { code: 'badVerdict', reason: 'otherState' } });
    const out = harness.broadcasts.filter(({ role }) => role === 'producer');
    expect(out.map(({ purpose }) => purpose)).toEqual(['commitment']);
    expect(out.map(({ tx }) => commitmentNumberOf(contractOf(harness), tx))).toEqual([n]);
  });

  it('not signed by the utility: refused, the channel goes on', () => {
    const harness = tradingChannel(IMMEDIATE);
    pay(harness);
    const verdict = verdictOn(harness, utility(harness), proofOf(harness, 'consumer').proof);
    pay(harness);
    const signed = { ...verdict.signed, signature: new Uint8Array(64) };
    const done = harness.inject('utility', 'producer', { ...verdict, signed });
    expect(done.state.type).toBe('open');
    expect(sent(done)).toEqual([]);
  });

  it('the same again and again: one broadcast, one record', () => {
    const harness = tradingChannel(IMMEDIATE);
    pay(harness);
    const verdict = verdictOn(harness, utility(harness), proofOf(harness, 'consumer').proof);
    pay(harness);
    for (let i = 0; i < 5; i++) harness.inject('utility', 'producer', verdict);
    const { records } = harness.nodes.producer;
    expect(records.filter(({ type }) => type === 'verdict')).toHaveLength(1);
  });

  it('of the state that we have, our data lost: it is older than the newest, and not completed', () => {
    const harness = tradingChannel(IMMEDIATE);
    pay(harness);
    const old = trader(harness, 'producer');
    const verdict = verdictOn(harness, utility(harness), proofOf(harness, 'consumer').proof);
    pay(harness);
    const context = harness.contextOf('producer');
    const tell = (state: Channel, message: MessageOf<'state_proof'> | MessageOf<'arbitration_verdict'>) =>
      transition(state, { type: 'messageReceived', from: 'utility', message }, context);
    const lost = tell(old, proofOf(harness, 'consumer'));
    expect(lost.state).toMatchObject({ type: 'settling', why: { code: 'dataLost' } });
    const done = tell(lost.state, verdict);
    expect(sent(done)).toEqual([]);
    expect(done.state).toMatchObject({ candidates: [] });
  });
});

describe('a copied database, and a peer that only says error', () => {
  it('nothing can be broadcast, but the utility may still be asked to decide, and its verdict is completed', () => {
    const harness = tradingChannel(IMMEDIATE);
    pay(harness);
    harness.cut('consumer-producer');
    harness.dispatch('producer', { type: 'storeRestored' });
    const error = { type: 'error', channelId: channelIdOf(harness), data: new Uint8Array(0) } as const;
    const closing = harness.inject('consumer', 'producer', error);
    expect(closing.state).toMatchObject({ type: 'settling', unsure: true });
    expect(sent(closing)).toEqual([]);
    harness.dispatch('producer', { type: 'requestArbitration', feeSat: 600n });
    harness.run();
    harness.mine(DEFAULT_PARAMS.contestWindow, ['utility']);
    harness.run();
    const out = harness.broadcasts.filter(({ role }) => role === 'producer');
    expect(out.map(({ purpose }) => purpose)).toEqual(['penalty']);
  });
});

describe('a spend that a reorganisation took back', () => {
  it('the other trader’s, and nothing of ours was ever sent: our newest commitment goes out', () => {
    const harness = tradingChannel();
    buy(harness, 1);
    harness.cut('consumer-producer');
    harness.dispatch('consumer', { type: 'forceClose' });
    harness.confirmSpend();
    expect(harness.nodes.producer.state).toMatchObject({ type: 'settling', candidates: [] });
    const { n } = ledgerOf(harness, 'producer');
    const done = harness.dispatch('producer', { type: 'fundingUnspent' });
    expect(sent(done)).toMatchObject([{ purpose: 'commitment' }]);
    const out = harness.broadcasts.filter(({ role }) => role === 'producer').at(-1);
    expect(out && commitmentNumberOf(contractOf(harness), out.tx)).toBe(n);
  });
});
