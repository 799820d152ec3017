import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findBitcoind, type Regtest, startRegtest } from '../../regtest/index.ts';
import { sat } from '../../src/base/amount.ts';
import { utf8 } from '../../src/base/bytes.ts';
import { TRADERS, type Trader } from '../../src/base/role.ts';
import type { Chain } from '../../src/chain/port.ts';
import { sha256 } from '../../src/crypto/hash.ts';
import { buildAnchorChild, type FeeCoin } from '../../src/tx/anchor.ts';
import { fundingValueSat } from '../../src/tx/contract.ts';
import { type OutPoint, type Tx, txid, vsize } from '../../src/tx/transaction.ts';
import { fillMempool } from '../support/fullMempool.ts';
import { p2wpkhOf, signP2wpkh } from '../support/walletCoin.ts';
import { commitmentOf, type LiveChannel, liveChannel, signFunding } from './liveChannel.ts';

const WALLET = sha256(utf8('wallet'));
const WALLET_SCRIPT = p2wpkhOf(WALLET);
const ACCEPTED = { accepted: true };

/** Bitcoin Core always enforces the rules of version 3. */
const policies = (await findBitcoind()).knots ? (['accept', 'enforce'] as const) : (['enforce'] as const);

interface Ready {
  readonly channel: LiveChannel;
  readonly commitment: Tx;
  readonly anchor: OutPoint;
  readonly feeSat: bigint;
  readonly coin: FeeCoin;
}

/** A signed commitment and a confirmed coin of the wallet that shall pay for it. */
async function ready(node: Regtest, seed: string, broadcaster: Trader, inFlight = 2): Promise<Ready> {
  const value = sat(1_000_000);
  const outpoint = await node.fund(WALLET_SCRIPT, value);
  const channel = await liveChannel(node, seed, { type: 'immediate' }, 400, inFlight);
  const { tx, outputs } = commitmentOf(channel, broadcaster);
  const commitment = signFunding(channel, tx, ['consumer', 'producer']);
  const vout = outputs.findIndex(({ kind }) => kind === 'anchor');
  const paid = outputs.reduce((sum, output) => sum + output.value, 0n);
  return {
    channel,
    commitment,
    anchor: { txid: txid(commitment), vout },
    feeSat: fundingValueSat(channel.contract) - paid,
    coin: { outpoint, value, script: WALLET_SCRIPT },
  };
}

/** The child that lifts itself and the commitment to a rate, signed. */
function childOf({ commitment, anchor, feeSat, coin }: Ready, feeRate: bigint): Tx {
  const parent = { vbytes: vsize(commitment), feeSat: sat(feeSat) };
  const child = buildAnchorChild(anchor, parent, [coin], WALLET_SCRIPT, feeRate, sat(330));
  return child.ok ? signP2wpkh(child.value.tx, 1, coin.value, WALLET) : expect.fail(child.error.code);
}

async function expectMined(node: Regtest, chain: Chain, ...txs: readonly Tx[]): Promise<void> {
  const [tip] = await node.mine(1);
  const block = tip === undefined ? undefined : await chain.block(tip);
  const ids = block?.transactions.map((each) => each.txid) ?? [];
  for (const tx of txs) expect(ids).toContain(txid(tx));
}

describe.each(policies)('a node that does this with version 3: %s', (mempoolTruc) => {
  let node: Regtest;
  let chain: Chain;

  beforeAll(async () => {
    node = await startRegtest({ mempoolTruc });
    chain = await node.chain();
  });
  afterAll(() => node.stop());

  it.each([0, 1, 2, 100])(
    'a commitment with %i deliveries in flight: relays alone, both versions',
    async (inFlight) => {
      for (const broadcaster of TRADERS) {
        const { commitment, feeSat } = await ready(
          node,
          `alone ${inFlight} ${broadcaster}`,
          broadcaster,
          inFlight,
        );
        expect(Number(feeSat)).toBeLessThan(1.5 * vsize(commitment));
        expect(await chain.broadcast(commitment)).toEqual(ACCEPTED);
        await expectMined(node, chain, commitment);
      }
    },
  );

  it('fees rise later: the anchor pays for a commitment that waits, and pays again for more', async () => {
    const waiting = await ready(node, 'bumped', 'consumer');
    expect(await chain.broadcast(waiting.commitment)).toEqual(ACCEPTED);
    const children = [5_000n, 20_000n, 100_000n].map((rate) => childOf(waiting, rate));
    for (const child of children) expect(await chain.broadcast(child)).toEqual(ACCEPTED);
    const last = children.at(-1) ?? expect.fail('a child');
    await expectMined(node, chain, waiting.commitment, last);
  });
});

describe.each(policies)('a full mempool, version 3: %s', (mempoolTruc) => {
  let node: Regtest;
  let chain: Chain;

  beforeAll(async () => {
    node = await startRegtest({ mempoolTruc, extraArgs: ['-maxmempool=5'] });
    chain = await node.chain();
  });
  afterAll(() => node.stop());

  it('the commitment alone: refused; with a child that pays for both: accepted, and mined', async () => {
    const cases = [
      await ready(node, 'full consumer', 'consumer'),
      await ready(node, 'full 100', 'producer', 100),
    ];
    await fillMempool(node, chain);
    const minimum = await chain.minimumFeeRate();
    expect(minimum).toBeGreaterThan(5_000n);
    for (const each of cases) {
      const refused = { accepted: false, reason: 'mempool min fee not met' };
      expect(await chain.broadcast(each.commitment)).toEqual(refused);
      const short = childOf(each, minimum / 2n);
      expect(await chain.broadcastPackage(each.commitment, short)).toMatchObject({ accepted: false });
      const child = childOf(each, minimum + 1_000n);
      expect(await chain.broadcastPackage(each.commitment, child)).toEqual(ACCEPTED);
      await expectMined(node, chain, each.commitment, childOf(each, minimum + 1_000n));
    }
  });
});

describe.each(policies)('a node that relays nothing under 5 sat/vB, version 3: %s', (mempoolTruc) => {
  let node: Regtest;
  let chain: Chain;

  beforeAll(async () => {
    node = await startRegtest({ mempoolTruc, minRelayFeeSatPerKvB: 5_000 });
    chain = await node.chain();
  });
  afterAll(() => node.stop());

  const refused = { accepted: false, reason: 'min relay fee not met' };

  it('the commitment alone: refused; in a package: taken where the rules of version 3 are enforced, else refused', async () => {
    const each = await ready(node, 'raised', 'consumer');
    expect(await chain.broadcast(each.commitment)).toEqual(refused);
    const child = childOf(each, 10_000n);
    // without the rules no member of a package may be under the node's own minimum; a full mempool is no such minimum
    const expected = mempoolTruc === 'enforce' ? ACCEPTED : refused;
    expect(await chain.broadcastPackage(each.commitment, child)).toEqual(expected);
    if (mempoolTruc === 'enforce') await expectMined(node, chain, each.commitment, child);
  });
});
