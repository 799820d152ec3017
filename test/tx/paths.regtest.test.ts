import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Regtest, startRegtest } from '../../regtest/index.ts';
import { sat } from '../../src/base/amount.ts';
import { utf8 } from '../../src/base/bytes.ts';
import { counterpartyOf, ROLES, type Role, TRADERS } from '../../src/base/role.ts';
import type { BroadcastResult, Chain } from '../../src/chain/port.ts';
import { sha256 } from '../../src/crypto/hash.ts';
import { buildAnchorChild } from '../../src/tx/anchor.ts';
import { buildClaim, type ClaimInput } from '../../src/tx/claim.ts';
import { fundingSpec } from '../../src/tx/commitment.ts';
import { type Arbitration, fundingValueSat } from '../../src/tx/contract.ts';
import { buildClose, buildPenalty } from '../../src/tx/settlement.ts';
import { scriptSignature } from '../../src/tx/signature.ts';
import { absoluteLock, relativeLock, type Spend, signingKeys, witnessOf } from '../../src/tx/spending.ts';
import { type OutPoint, type Tx, txid, unsignedInput, withWitness } from '../../src/tx/transaction.ts';
import { flipBit } from '../support/flipBit.ts';
import { signaturesFor, signSpends } from '../support/keyring.ts';
import { spendsOf } from '../support/spends.ts';
import { p2wpkhOf, signP2wpkh } from '../support/walletCoin.ts';
import {
  commitmentOf,
  DELAY,
  type LiveChannel,
  liveChannel,
  PAYOUT,
  preimageOf,
  settled,
  signFunding,
} from './liveChannel.ts';

let node: Regtest;
let chain: Chain;

beforeAll(async () => {
  node = await startRegtest();
  chain = await node.chain();
});

afterAll(() => node.stop());

/** `accepted`, or the node's reason; of a script's failure what failed, since the words before it changed with versions. */
function said(result: BroadcastResult): string {
  if (result.accepted) return 'accepted';
  return /script-verify-flag-failed \((.*)\)$/.exec(result.reason)?.[1] ?? result.reason;
}

const answer = async (tx: Tx) => said(await chain.testAccept(tx));

const TOO_EARLY = 'Locktime requirement not satisfied';
const WRONG_SIGNATURE = 'Signature must be zero for failed CHECK(MULTI)SIG operation';
const NO_SIGNATURE =
  /^(Script failed an OP_CHECKSIGVERIFY operation|Script evaluated without error but finished with a false\/empty top stack element)$/;
const FALSE = 'Script evaluated without error but finished with a false/empty top stack element';
const WRONG_VALUE = 'Script failed an OP_EQUALVERIFY operation';

const EMPTY = new Uint8Array(0);
const PAIRS: readonly (readonly [Role, Role])[] = [
  ['consumer', 'producer'],
  ['consumer', 'utility'],
  ['producer', 'utility'],
];

describe.each(['immediate', 'afterHeight'] as const)('the funding output, %s', (type) => {
  let channel: LiveChannel;
  let close: Tx;
  let penalty: Tx;
  /** The height T of `afterHeight`. */
  let height: number;

  beforeAll(async () => {
    height = (await node.height()) + 12;
    const arbitration: Arbitration = type === 'immediate' ? { type } : { type, height };
    channel = await liveChannel(node, `funding ${type}`, arbitration, height + 50);
    const { contract, state } = channel;
    const built = [
      buildClose(contract, settled(state), 'consumer', sat(1_500), PAYOUT),
      buildPenalty(contract, state, sat(1_500), PAYOUT),
    ].map((result) => (result.ok ? result.value.tx : expect.fail(result.error.code)));
    [close, penalty] = built as [Tx, Tx];
  });

  const witnessItems = (tx: Tx) => tx.inputs[0]?.witness ?? [];
  const isSignature = (item: Uint8Array) => item[0] === 0x30 && item.length >= 68 && item.length <= 72;

  it('the two traders: at any time', async () => {
    expect(await answer(signFunding(channel, close, ['consumer', 'producer']))).toBe('accepted');
  });

  it('both signatures of one key, in any slots: refused', async () => {
    const items = witnessItems(signFunding(channel, close, ['consumer', 'producer']));
    const [first, second] = items.filter(isSignature);
    for (const [from, to] of [
      [first, second],
      [second, first],
    ]) {
      const doubled = items.map((item) => (item === from && to !== undefined ? to : item));
      expect(await answer(withWitness(close, 0, doubled))).toBe(WRONG_SIGNATURE);
    }
  });

  /** The transaction with one signature where two are needed. */
  function alone(tx: Tx, role: Role): Tx {
    const { contract, ring } = channel;
    const other = ROLES.find((each) => each !== role) ?? role;
    const spend = { path: 'twoOfThree', spec: fundingSpec(contract), signers: [role, other] } as const;
    const signatures = signaturesFor(ring, tx, 0, { spend, value: fundingValueSat(contract) });
    const absent = scriptSignature(signatures[1] ?? EMPTY).join();
    const witness = witnessOf(spend, signatures).map((item) => (item.join() === absent ? EMPTY : item));
    return withWitness(tx, 0, witness);
  }

  it('one signature too few, whoever gave the other: refused', async () => {
    const answers = await Promise.all(ROLES.map((role) => answer(alone(close, role))));
    // CHECKMULTISIG fails with a signature that is not empty, a threshold counts one of two
    const threshold = [FALSE, FALSE, TOO_EARLY];
    expect(answers).toEqual(type === 'immediate' ? ROLES.map(() => WRONG_SIGNATURE) : threshold);
  });

  it('a key that is none of the three: refused', async () => {
    const { contract, ring } = channel;
    const spend = {
      path: 'twoOfThree',
      spec: fundingSpec(contract),
      signers: ['consumer', 'producer'],
    } as const;
    const coin = { spend, value: fundingValueSat(contract) };
    for (const stranger of [contract.keys.producer.payment, contract.keys.utility.payment]) {
      const keys = [contract.keys.consumer.funding, stranger];
      const witness = witnessOf(spend, signaturesFor(ring, close, 0, coin, keys));
      expect(await answer(withWitness(close, 0, witness))).toBe(WRONG_SIGNATURE);
    }
  });

  it('signatures for another fee or another payout: refused', async () => {
    const signed = signFunding(channel, close, ['consumer', 'producer']);
    const [first, ...rest] = signed.outputs;
    if (first === undefined) expect.fail('an output');
    const altered = { ...signed, outputs: [{ ...first, value: sat(first.value - 1n) }, ...rest] };
    expect(await answer(altered)).toBe(WRONG_SIGNATURE);
  });

  if (type === 'immediate')
    it('the utility with either trader: at any time', async () => {
      for (const pair of PAIRS) expect(await answer(signFunding(channel, penalty, pair))).toBe('accepted');
    });
  else
    it('the utility with either trader: refused up to the block before T, whatever locktime they write, accepted from T', async () => {
      const answers = async (tx: Tx) =>
        Promise.all(PAIRS.slice(1).map((pair) => answer(signFunding(channel, tx, pair))));
      const below = { ...penalty, locktime: height - 1 };
      const none = { ...penalty, locktime: 0 };
      const final = { ...penalty, inputs: [unsignedInput(channel.contract.funding, 0xffffffff)] };
      await node.mine(height - 1 - (await node.height()));
      expect(await answers(penalty)).toEqual(['non-final', 'non-final']);
      for (const early of [below, none, final]) expect(await answers(early)).toEqual([TOO_EARLY, TOO_EARLY]);
      await node.mine(1);
      expect(await answers(penalty)).toEqual(['accepted', 'accepted']);
      for (const early of [below, none, final]) expect(await answers(early)).toEqual([TOO_EARLY, TOO_EARLY]);
      for (const role of ROLES) expect(await answer(alone(penalty, role))).toBe(FALSE);
    });

  it('the penalty in a block: everybody is paid what it says', async () => {
    const signed = signFunding(channel, penalty, ['consumer', 'utility']);
    expect(said(await chain.broadcast(signed))).toBe('accepted');
    await node.mine(1);
    expect(await chain.unspentOutput(channel.contract.funding)).toBeUndefined();
    const paid = await Promise.all(
      signed.outputs.map((_, vout) => chain.unspentOutput({ txid: txid(signed), vout })),
    );
    expect(paid).toMatchObject(
      signed.outputs.map(({ value, script }) => ({ value, script, confirmations: 1 })),
    );
  });
});

const SIDES = TRADERS.flatMap((broadcaster) =>
  (['immediate', 'afterHeight'] as const).map((type) => [broadcaster, type] as const),
);

describe.each(SIDES)("the %s's commitment, %s", (broadcaster, type) => {
  let channel: LiveChannel;
  let signed: Tx;
  let inputs: readonly ClaimInput[];
  /** Height of the block that has the commitment. */
  let confirmed: number;
  /** Takes the anchor. */
  let stranger: Tx;

  beforeAll(async () => {
    const now = await node.height();
    const arbitration: Arbitration = type === 'immediate' ? { type } : { type, height: now + 40 };
    channel = await liveChannel(node, `${broadcaster} ${type}`, arbitration, now + 14);
    const commitment = commitmentOf(channel, broadcaster);
    signed = signFunding(channel, commitment.tx, ['consumer', 'producer']);
    const parent = txid(signed);
    const anchor = commitment.outputs.findIndex(({ kind }) => kind === 'anchor');
    stranger = await childOf({ txid: parent, vout: anchor });
    inputs = commitment.outputs.flatMap((output, vout) =>
      spendsOf(output, preimageOf(output.kind === 'delivery' ? output.delivery : { id: -1n })).map(
        (spend) => ({
          outpoint: { txid: parent, vout },
          value: output.value,
          spend,
        }),
      ),
    );
    expect(said(await chain.broadcast(signed))).toBe('accepted');
  });

  const nameOf = ({ spec, path }: Spend) => `${spec.type} by ${path}`;

  function unsignedClaim(input: ClaimInput): Tx {
    const claim = buildClaim([input], PAYOUT.utility, 2_000n, sat(330));
    return claim.ok ? claim.value.tx : expect.fail(claim.error.code);
  }

  const claimOf = (input: ClaimInput, change: (tx: Tx) => Tx = (tx) => tx) =>
    signSpends(channel.ring, change(unsignedClaim(input)), [input]);

  /** What the node says of the claim over each path, by its name. */
  async function table(make: (input: ClaimInput) => Tx): Promise<Readonly<Record<string, string>>> {
    const rows = inputs.map(async (input) => [nameOf(input.spend), await answer(make(input))] as const);
    return Object.fromEntries(await Promise.all(rows));
  }

  const expected = (row: (spend: Spend) => string) =>
    Object.fromEntries(inputs.map(({ spend }) => [nameOf(spend), row(spend)]));

  it('its paths: all that there are', () => {
    expect(Object.keys(expected(nameOf)).sort()).toEqual([
      'buyerDelivery by expiry',
      'buyerDelivery by preimage',
      'sellerDelivery by expiry',
      'sellerDelivery by preimage',
      'sellerDelivery by revocation',
      'toBroadcaster by delayed',
      'toBroadcaster by revocation',
      'toCounterparty by payment',
      'toUtility by payment',
    ]);
  });

  it('unconfirmed: nothing but the anchor and the revocation paths can be spent', async () => {
    const tip = await node.height();
    const early = (spend: Spend) => (absoluteLock(spend) > tip ? 'non-final' : 'non-BIP68-final');
    // a child of an unconfirmed version 3 transaction has that version too
    const third = await table((input) => claimOf(input, (tx) => ({ ...tx, version: 3 })));
    expect(third).toEqual(expected((spend) => (spend.path === 'revocation' ? 'accepted' : early(spend))));
    const second = await table((input) => claimOf(input));
    expect(second).toEqual(
      expected((spend) => (spend.path === 'revocation' ? expect.stringMatching(/truc/i) : early(spend))),
    );
    expect(await answer(stranger)).toBe('accepted');
  });

  /** Spends the anchor, without a signature for it, and a coin of a stranger. */
  async function childOf(anchor: OutPoint): Promise<Tx> {
    const secret = sha256(utf8('anybody'));
    const [script, value] = [p2wpkhOf(secret), sat(50_000)];
    const coin = { outpoint: await node.fund(script, value), value, script };
    const child = buildAnchorChild(anchor, { vbytes: 0, feeSat: sat(0) }, [coin], script, 2_000n, sat(330));
    return child.ok ? signP2wpkh(child.value.tx, 1, value, secret) : expect.fail(child.error.code);
  }

  it('confirmed: each path exactly from its block on, refused in the one before', async () => {
    await node.mine(1);
    confirmed = await node.height();
    const from = (spend: Spend) => Math.max(absoluteLock(spend), confirmed + relativeLock(spend) - 1);
    const last = Math.max(...inputs.map(({ spend }) => from(spend)));
    expect(last).toBeGreaterThan(confirmed + Math.max(DELAY.consumer, DELAY.producer));
    for (let tip = confirmed; tip <= last; tip++) {
      const state = (spend: Spend) => {
        if (tip >= from(spend)) return 'accepted';
        return absoluteLock(spend) > tip ? 'non-final' : 'non-BIP68-final';
      };
      expect(await table((input) => claimOf(input)), `at height ${tip}`).toEqual(expected(state));
      if (tip < last) await node.mine(1);
    }
  });

  it('a lock understated so that the node itself would wait no longer: the script refuses', async () => {
    const sequenceLess = (tx: Tx) => ({
      ...tx,
      inputs: tx.inputs.map((input) => ({ ...input, sequence: input.sequence - 1 })),
    });
    const waits = (spend: Spend) => (relativeLock(spend) > 0 ? TOO_EARLY : 'accepted');
    expect(await table((input) => claimOf(input, sequenceLess))).toEqual(expected(waits));
    // BIP68 and BIP112 are for version 2 on
    expect(await table((input) => claimOf(input, (tx) => ({ ...tx, version: 1 })))).toEqual(expected(waits));
    const unlocked = (spend: Spend) => (absoluteLock(spend) > 0 ? TOO_EARLY : 'accepted');
    const lockLess = (tx: Tx) => ({ ...tx, locktime: Math.max(0, tx.locktime - 1) });
    expect(await table((input) => claimOf(input, lockLess))).toEqual(expected(unlocked));
    expect(await table((input) => claimOf(input, (tx) => ({ ...tx, locktime: 0 })))).toEqual(
      expected(unlocked),
    );
  });

  it('no signature: refused', async () => {
    const unsigned = (input: ClaimInput) => {
      const witness = [...witnessOf(input.spend, [new Uint8Array(64).fill(1)])];
      const at = witness.findIndex((item) => item[0] === 0x30 && item.length > 60);
      witness[at] = EMPTY;
      return withWitness(unsignedClaim(input), 0, witness);
    };
    expect(await table(unsigned)).toEqual(expected(() => expect.stringMatching(NO_SIGNATURE)));
  });

  it("any other key of the channel, also the path's owner's other ones: refused", async () => {
    const { ring } = channel;
    const { consumer, producer, utility } = ring.keys;
    const revocations = TRADERS.flatMap((side) => [
      ring.revocationKey(side, 7n),
      ring.revocationKey(side, 6n),
    ]);
    const all = [consumer, producer, utility].flatMap((keys) => Object.values(keys)).concat(revocations);
    for (const key of all) {
      const signedWith = (input: ClaimInput) => {
        const tx = unsignedClaim(input);
        return withWitness(tx, 0, witnessOf(input.spend, signaturesFor(ring, tx, 0, input, [key])));
      };
      const own = (spend: Spend) =>
        signingKeys(spend)[0]?.join() === key.join() ? 'accepted' : WRONG_SIGNATURE;
      expect(await table(signedWith)).toEqual(expected(own));
    }
  });

  it.each([
    ['one bit wrong', (preimage: Uint8Array) => flipBit(preimage, 200)],
    ['31 bytes', (preimage: Uint8Array) => preimage.subarray(1)],
    ['33 bytes', (preimage: Uint8Array) => Uint8Array.of(...preimage, 0)],
    ['no bytes', () => EMPTY],
    ["another delivery's", () => preimageOf({ id: 9n })],
  ])('a preimage, %s: refused', async (_, change) => {
    const wrong = (input: ClaimInput) => {
      const { spend } = input;
      if (spend.path !== 'preimage') return claimOf(input);
      return claimOf({ ...input, spend: { ...spend, preimage: change(spend.preimage) } });
    };
    const row = (spend: Spend) => (spend.path === 'preimage' ? WRONG_VALUE : 'accepted');
    expect(await table(wrong)).toEqual(expected(row));
  });

  it("another path's branch with this path's signature: refused", async () => {
    const crossed: Record<string, string> = {};
    for (const mine of inputs)
      for (const other of inputs) {
        if (mine === other || mine.outpoint.vout !== other.outpoint.vout) continue;
        const tx = unsignedClaim(other);
        const signatures = signaturesFor(channel.ring, tx, 0, other, signingKeys(mine.spend));
        const name = `${nameOf(other.spend)} with the key of ${mine.spend.path}`;
        crossed[name] = await answer(withWitness(tx, 0, witnessOf(other.spend, signatures)));
      }
    expect(new Set(Object.values(crossed))).toEqual(new Set([WRONG_SIGNATURE]));
    expect(Object.keys(crossed)).toHaveLength(2 + 6 + 2);
  });

  it('one claim over an output each, by different paths, and the anchor: all of it in a block', async () => {
    const vouts = [...new Set(inputs.map(({ outpoint }) => outpoint.vout))];
    const turn = SIDES.findIndex(([side, mode]) => side === broadcaster && mode === type);
    const chosen = vouts.map((vout) => {
      const paths = inputs.filter(({ outpoint }) => outpoint.vout === vout);
      return paths[turn % paths.length] ?? expect.fail('a path');
    });
    const claim = buildClaim(chosen, PAYOUT.producer, 2_000n, sat(330));
    if (!claim.ok) expect.fail(claim.error.code);
    const tx = signSpends(channel.ring, claim.value.tx, chosen);
    expect(said(await chain.broadcast(tx))).toBe('accepted');
    expect(said(await chain.broadcast(stranger))).toBe('accepted');
    await node.mine(1);
    expect(await chain.unspentOutput({ txid: txid(tx), vout: 0 })).toMatchObject({ confirmations: 1 });
    const left = signed.outputs.map((_, vout) => chain.unspentOutput({ txid: txid(signed), vout }));
    expect((await Promise.all(left)).filter((output) => output !== undefined)).toEqual([]);
  });
});

describe('a funding output that two commitments spend', () => {
  it('the first in a block: the other is refused', async () => {
    const now = await node.height();
    const channel = await liveChannel(node, 'conflict', { type: 'immediate' }, now + 40);
    const [ours, theirs] = TRADERS.map((side) =>
      signFunding(channel, commitmentOf(channel, side).tx, [side, counterpartyOf(side)]),
    );
    if (ours === undefined || theirs === undefined) expect.fail('two sides');
    expect(said(await chain.broadcast(ours))).toBe('accepted');
    await node.mine(1);
    expect(said(await chain.broadcast(theirs))).toMatch(/missing/);
  });
});
