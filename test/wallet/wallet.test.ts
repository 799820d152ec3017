import { inspect } from 'node:util';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Sat, sat } from '../../src/base/amount.ts';
import { toHex } from '../../src/base/bytes.ts';
import { ChainError, feeFor } from '../../src/chain/port.ts';
import { type SimulatedChain, simulatedChain } from '../../src/chain/simulated/index.ts';
import { buildAnchorChild } from '../../src/tx/anchor.ts';
import { ANCHOR_SCRIPT } from '../../src/tx/outputs.ts';
import { type Tx, txid, vsize } from '../../src/tx/transaction.ts';
import { TX_OVERHEAD_WEIGHT } from '../../src/tx/weights.ts';
import { scriptOfAddress } from '../../src/wallet/address.ts';
import { confirmationsOf } from '../../src/wallet/coins.ts';
import type { Scheme } from '../../src/wallet/hd.ts';
import { finalizePsbt } from '../../src/wallet/psbtFinalize.ts';
import { type WalletState, walletStateFromJson, walletStateToJson } from '../../src/wallet/state.ts';
import { createWallet, type SendRequest, type Wallet, type WalletOptions } from '../../src/wallet/wallet.ts';
import { EFFORT } from '../support/effort.ts';

const MNEMONIC = 'legal winner thank year wave sausage worth useful legal winner thank yellow';
const ELSEWHERE = 'bcrt1qw508d6qejxtdg4y5r3zarvary0c5xw7kygt080';

function value<T>(result: { ok: true; value: T } | { ok: false; error: { code: string } }): T {
  if (!result.ok) throw new Error(inspect(result.error));
  return result.value;
}

function script(address: string): Uint8Array {
  return value(scriptOfAddress(address, 'regtest'));
}

function walletOn(chain: SimulatedChain, options: Partial<WalletOptions> = {}): Wallet {
  return value(createWallet({ mnemonic: MNEMONIC, network: 'regtest', chain, ...options }));
}

/** A wallet with one coin of each scheme. */
async function funded(chain = simulatedChain(), options: Partial<WalletOptions> = {}) {
  const wallet = walletOn(chain, options);
  chain.fund(script(await wallet.newAddress({ scheme: 'bip84' })), 100_000n);
  chain.fund(script(await wallet.newAddress({ scheme: 'bip86' })), 200_000n);
  await wallet.scan();
  return { chain, wallet };
}

test('a payment comes in: balance, coins, history', async () => {
  const { wallet } = await funded();
  expect(wallet.balance()).toMatchObject({ confirmed: 300_000n, spendable: 300_000n });
  expect(wallet.coins().map((coin) => [coin.value, coin.status])).toEqual([
    [100_000n, 'confirmed'],
    [200_000n, 'confirmed'],
  ]);
  expect(wallet.history().map((entry) => [entry.received, entry.sent, entry.status])).toEqual([
    [100_000n, 0n, 'confirmed'],
    [200_000n, 0n, 'confirmed'],
  ]);
});

test('sends of every kind: each is taken by the mempool, pays its rate, and the books balance', async () => {
  const { chain, wallet } = await funded();
  const requests: SendRequest[] = [
    { to: ELSEWHERE, amount: sat(30_000) },
    { to: ELSEWHERE, amount: sat(40_000), feeRate: 7_300n, label: 'second' },
    { to: ELSEWHERE, amount: sat(50_000), subtractFee: true, feeRate: 2_000n },
    { to: await wallet.newAddress(), amount: sat(60_000), feeRate: 1_000n },
    { to: ELSEWHERE, amount: 'all', feeRate: 3_000n },
  ];
  for (const request of requests) {
    const before = wallet.balance();
    const { tx, fee, txid: id } = value(await wallet.send(request));
    expect(fee >= feeFor(vsize(tx), request.feeRate ?? 1000n)).toBe(true);
    const entry = wallet.history().find((each) => each.txid === id);
    expect(entry).toMatchObject({ status: 'pending', fee });
    const after = wallet.balance();
    const worth = (b: typeof before) => b.confirmed - b.pendingOut + b.pendingIn;
    expect(worth(after)).toBe(worth(before) - (entry?.sent ?? 0n) + (entry?.received ?? 0n));
    chain.mine();
    await wallet.scan();
    expect(wallet.balance()).toMatchObject({ pendingIn: 0n, pendingOut: 0n });
  }
  expect(wallet.history().find(({ label }) => label === 'second')).toBeDefined();
  expect(wallet.balance().confirmed).toBe(0n);
});

test('a chain of sends from unconfirmed change: taken; with the policy off: refused for want of coins', async () => {
  const { wallet } = await funded();
  for (let i = 0; i < 5; i++) value(await wallet.send({ to: ELSEWHERE, amount: sat(40_000) }));
  const strict = await funded(simulatedChain(), { policy: { change: false } });
  value(await strict.wallet.send({ to: ELSEWHERE, amount: sat(250_000) }));
  expect(await strict.wallet.send({ to: ELSEWHERE, amount: sat(10_000) })).toMatchObject({
    ok: false,
    error: { code: 'insufficientFunds', availableSat: 0n },
  });
});

test('requests that cannot be met: named, and nothing changes', async () => {
  const { wallet } = await funded();
  const before = wallet.state();
  for (const [request, code] of [
    [{ to: 'no address', amount: sat(1000) }, 'malformedAddress'],
    [{ to: 'bc1qcr8te4kr609gcawutmrza0j4xv80jy8z306fyu', amount: sat(1000) }, 'wrongNetwork'],
    [{ to: ELSEWHERE, amount: sat(293) }, 'amountBelowDust'],
    [{ to: ELSEWHERE, amount: sat(400), subtractFee: true, feeRate: 1000n }, 'amountBelowDust'],
    [{ to: ELSEWHERE, amount: sat(299_999) }, 'insufficientFunds'],
    [{ to: ELSEWHERE, amount: 'all', feeRate: 5_000_000n }, 'insufficientFunds'],
  ] as const)
    expect(await wallet.send(request)).toMatchObject({ ok: false, error: { code } });
  expect(wallet.state()).toBe(before);
});

test('reorganisation: what was received and sent is undone, pending again, confirmed again', async () => {
  const { chain, wallet } = await funded();
  const { txid: id } = value(await wallet.send({ to: ELSEWHERE, amount: sat(30_000) }));
  chain.mine();
  await wallet.scan();
  const before = wallet.balance();
  chain.reorg(1, { include: 'nothing' });
  await wallet.scan();
  expect(wallet.history().find((entry) => entry.txid === id)?.status).toBe('pending');
  chain.mine();
  await wallet.scan();
  expect(wallet.balance()).toEqual(before);
  const fresh = walletOn(chain);
  await fresh.scan();
  expect(fresh.coins()).toEqual(wallet.coins());
});

test('the mempool refuses: the wallet is as before, its coins are free', async () => {
  const { chain, wallet } = await funded();
  const { coins, balance } = { coins: wallet.coins(), balance: wallet.balance() };
  chain.setMinimumFeeRate(50_000n);
  expect(await wallet.send({ to: ELSEWHERE, amount: sat(30_000), feeRate: 1000n })).toMatchObject({
    ok: false,
    error: { code: 'rejected' },
  });
  expect(wallet.coins()).toEqual(coins);
  expect(wallet.balance()).toEqual(balance);
});

test('the node does not answer: the payment stays pending, is not paid twice, goes out with the next rebroadcast', async () => {
  const { chain, wallet: setup } = await funded();
  const down = {
    ...connected(chain),
    broadcast: () => Promise.reject(new ChainError('unreachable', 'connection refused')),
  };
  const wallet = walletOn(chain, { chain: down, state: setup.state() });
  const sent = await wallet.send({ to: ELSEWHERE, amount: sat(30_000), feeRate: 1000n });
  if (sent.ok || sent.error.code !== 'broadcastUnknown') throw new Error(inspect(sent));
  expect(chain.mempool()).toEqual([]);
  const again = walletOn(chain, { state: wallet.state() });
  expect(await again.rebroadcast()).toEqual([{ txid: sent.error.txid, accepted: true }]);
  expect(chain.mempool().map(txid)).toEqual([sent.error.txid]);
});

/** The chain as plain functions, so that one of them can be replaced. */
function connected(chain: SimulatedChain): WalletOptions['chain'] {
  const other = chain.connect();
  return {
    network: other.network,
    genesisHash: () => other.genesisHash(),
    tip: () => other.tip(),
    blockHash: (height) => other.blockHash(height),
    block: (hash) => other.block(hash),
    isAbandoned: (block) => other.isAbandoned(block),
    unspentOutput: (outpoint) => other.unspentOutput(outpoint),
    transaction: (id, blockHash) => other.transaction(id, blockHash),
    mempoolSpenders: (outpoints) => other.mempoolSpenders(outpoints),
    broadcast: (tx) => other.broadcast(tx),
    broadcastPackage: (parent, child) => other.broadcastPackage(parent, child),
    testAccept: (tx) => other.testAccept(tx),
    feeRate: (blocks) => other.feeRate(blocks),
    minimumFeeRate: () => other.minimumFeeRate(),
    onTip: (listener) => other.onTip(listener),
    close: () => other.close(),
  };
}

test('a fee is bumped: the replacement is taken, the recipient gets the same, the original is gone', async () => {
  const { chain, wallet } = await funded();
  const original = value(
    await wallet.send({ to: ELSEWHERE, amount: sat(30_000), feeRate: 1000n, label: 'rent' }),
  );
  expect(await wallet.bumpFee(original.txid, 1100n)).toMatchObject({
    ok: false,
    error: { code: 'feeRateTooLow' },
  });
  const bumped = value(await wallet.bumpFee(original.txid, 9_000n));
  expect(chain.mempool().map(txid)).toEqual([bumped.txid]);
  expect(bumped.tx.outputs).toContainEqual({ value: 30_000n, script: script(ELSEWHERE) });
  expect(wallet.history().at(-1)).toMatchObject({ txid: bumped.txid, label: 'rent' });
  expect(wallet.history().some((entry) => entry.txid === original.txid)).toBe(false);
  chain.mine();
  await wallet.scan();
  expect(await wallet.bumpFee(bumped.txid, 20_000n)).toMatchObject({
    ok: false,
    error: { code: 'notReplaceable', reason: 'confirmed' },
  });
  expect(await wallet.bumpFee(original.txid, 20_000n)).toMatchObject({
    ok: false,
    error: { reason: 'unknown' },
  });
});

test('a bump at the least rate that the error names: taken', async () => {
  const { wallet } = await funded();
  const original = value(await wallet.send({ to: ELSEWHERE, amount: sat(30_000), feeRate: 1000n }));
  const refused = await wallet.bumpFee(original.txid, 1001n);
  if (refused.ok || refused.error.code !== 'feeRateTooLow') throw new Error('bumped by one');
  value(await wallet.bumpFee(original.txid, refused.error.leastFeeRate));
});

test('a bump that change does not pay for: another coin comes in', async () => {
  const { chain, wallet } = await funded();
  const large = wallet.coins().slice(1);
  value(await wallet.reserve(large, 'kept out of the first'));
  const original = value(await wallet.send({ to: ELSEWHERE, amount: sat(60_000), feeRate: 1000n }));
  await wallet.release(large);
  const bumped = value(await wallet.bumpFee(original.txid, 380_000n));
  expect([original, bumped].map(({ tx }) => tx.inputs.length)).toEqual([1, 2]);
  expect(chain.mempool().map(txid)).toEqual([bumped.txid]);
});

test('a bump that the mempool refuses: the original is pending as before', async () => {
  const { chain, wallet } = await funded();
  const original = value(await wallet.send({ to: ELSEWHERE, amount: sat(30_000), feeRate: 1000n }));
  const before = wallet.balance();
  const strict = { ...connected(chain), broadcast: async () => ({ accepted: false, reason: 'no' }) as const };
  const other = walletOn(chain, { chain: strict, state: wallet.state() });
  expect(await other.bumpFee(original.txid, 9_000n)).toMatchObject({
    ok: false,
    error: { code: 'rejected' },
  });
  expect(other.balance()).toEqual(before);
  expect(other.history().at(-1)).toMatchObject({ txid: original.txid, status: 'pending' });
});

test('a pending send is double-spent: conflicted, the coin that was not spent is free again', async () => {
  const { chain, wallet } = await funded();
  const twin = walletOn(chain, { state: wallet.state() });
  const { txid: id } = value(await wallet.send({ to: ELSEWHERE, amount: sat(250_000), feeRate: 1000n }));
  const rival = value(twin.signTx(spendOf(twin, 0, 99_000n)));
  chain.mine(1, { include: [rival] });
  await wallet.scan();
  expect(wallet.history().find((entry) => entry.txid === id)?.status).toBe('conflicted');
  expect(wallet.balance()).toMatchObject({
    confirmed: 200_000n,
    pendingIn: 0n,
    pendingOut: 0n,
    spendable: 200_000n,
  });
  await wallet.dropPending(id);
  expect(wallet.history().some((entry) => entry.txid === id)).toBe(false);
});

function spendOf(wallet: Wallet, index: number, amount: bigint): Tx {
  const coin = wallet.coins()[index];
  if (coin === undefined) throw new Error('no such coin');
  return {
    version: 2,
    inputs: [
      { txid: coin.txid, vout: coin.vout, sequence: 0xfffffffd, scriptSig: new Uint8Array(), witness: [] },
    ],
    outputs: [{ value: amount as Sat, script: script(ELSEWHERE) }],
    locktime: 0,
  };
}

test('prepared: coins are set aside until the signed transaction goes out', async () => {
  const { chain, wallet } = await funded();
  const { psbt } = value(await wallet.prepare({ to: ELSEWHERE, amount: sat(250_000), purpose: 'review' }));
  expect(wallet.balance().spendable).toBe(0n);
  const { tx } = value(finalizePsbt(value(wallet.signPsbt(psbt)).psbt));
  value(await wallet.broadcast(tx));
  expect(chain.mempool().map(txid)).toEqual([txid(tx)]);
  expect(wallet.state().reserved).toEqual({});
  const other = await funded();
  value(await other.wallet.prepare({ to: ELSEWHERE, amount: sat(250_000), purpose: 'review' }));
  await other.wallet.releasePurpose('review');
  expect(other.wallet.balance().spendable).toBe(300_000n);
});

test('a contribution: pays its share exactly, its coins are set aside, its proofs are whole', async () => {
  const { wallet } = await funded();
  const part = value(
    await wallet.contribute({
      target: sat(120_000),
      baseWeight: TX_OVERHEAD_WEIGHT,
      feeRate: 2000n,
      purpose: 'channel 1',
      leastChange: sat(330),
    }),
  );
  const brought = part.inputs.reduce((sum, input) => sum + input.value, 0n);
  expect(brought - (part.change?.value ?? 0n)).toBe(120_000n + part.fee);
  expect(wallet.balance().reserved).toBe(brought);
});

test("an anchor child: the wallet signs its coin beside the anchor, the pair is taken as a package's worth", async () => {
  const { chain, wallet } = await funded();
  const [coin] = wallet.coins();
  if (coin === undefined) throw new Error('no coin');
  const parent = value(
    wallet.signTx({
      ...spendOf(wallet, 1, 199_000n),
      version: 3,
      outputs: [
        { value: 198_000n as Sat, script: script(ELSEWHERE) },
        { value: 240n as Sat, script: ANCHOR_SCRIPT },
      ],
    }),
  );
  const child = value(
    buildAnchorChild(
      { txid: txid(parent), vout: 1 },
      { vbytes: vsize(parent), feeSat: sat(1760) },
      [{ ...coin, outpoint: coin }],
      await wallet.newScript(),
      30_000n,
      sat(330),
    ),
  );
  const signed = value(wallet.signTx(child.tx, [parent]));
  expect(await chain.broadcastPackage(parent, signed)).toEqual({ accepted: true });
});

test('each change is handed over before the wallet acts on it; the stored state makes the same wallet', async () => {
  const stored: string[] = [];
  const chain = simulatedChain();
  const seen: number[] = [];
  const { wallet } = await funded(chain, {
    onChange: async (state: WalletState) => {
      await Promise.resolve();
      stored.push(walletStateToJson(state));
      seen.push(chain.mempool().length);
    },
  });
  seen.length = 0;
  value(await wallet.send({ to: ELSEWHERE, amount: sat(30_000) }));
  expect(seen).toEqual([0]);
  const state = value(walletStateFromJson(stored.at(-1) ?? ''));
  expect(state).toEqual(wallet.state());
  expect(walletOn(chain, { state }).balance()).toEqual(wallet.balance());
});

test('a store that fails: the payment is not broadcast', async () => {
  const { chain, wallet: setup } = await funded();
  const wallet = walletOn(chain, {
    state: setup.state(),
    onChange: () => Promise.reject(new Error('disk full')),
  });
  await expect(wallet.send({ to: ELSEWHERE, amount: sat(30_000) })).rejects.toThrow('disk full');
  expect(chain.mempool()).toEqual([]);
  expect(wallet.balance()).toEqual(setup.balance());
});

test('two sends at once: no coin twice', async () => {
  const { chain, wallet } = await funded();
  const sent = await Promise.all(
    [80_000, 90_000].map((amount) => wallet.send({ to: ELSEWHERE, amount: sat(amount) })),
  );
  const inputs = sent.flatMap((each) => value(each).tx.inputs.map((input) => `${input.txid}:${input.vout}`));
  expect(new Set(inputs).size).toBe(inputs.length);
  expect(chain.mempool().length).toBe(2);
});

test('two scans at once, or a follower meanwhile: each block counts once', async () => {
  const { chain, wallet } = await funded();
  chain.mine(5);
  await Promise.all([wallet.scan(), wallet.scan()]);
  expect(wallet.state().tip?.height).toBe(chain.height);
  const [block] = chain.mine();
  if (block === undefined) throw new Error('no block');
  await Promise.all([wallet.scan(), wallet.connectBlock(block)]);
  expect(wallet.state().tip?.hash).toBe(block.hash);
  expect(confirmationsOf(block, wallet.state().tip)).toBe(1);
});

type Step =
  | {
      readonly type: 'fund' | 'send';
      readonly amount: number;
      readonly scheme: Scheme;
      readonly rate: number;
    }
  | { readonly type: 'bump'; readonly pick: number; readonly rate: number }
  | { readonly type: 'mine' }
  | { readonly type: 'reorg'; readonly depth: number; readonly include: 'mempool' | 'nothing' };

const payment = {
  amount: fc.integer({ min: 200, max: 400_000 }),
  scheme: fc.constantFrom<Scheme>('bip84', 'bip86'),
  rate: fc.integer({ min: 1000, max: 60_000 }),
};
const steps = fc.array(
  fc.oneof(
    fc.record({ type: fc.constantFrom('fund', 'send', 'send'), ...payment }),
    fc.record({ type: fc.constant('bump'), pick: fc.nat(), rate: payment.rate }),
    fc.constant({ type: 'mine' } as const),
    fc.record({
      type: fc.constant('reorg'),
      depth: fc.integer({ min: 1, max: 3 }),
      include: fc.constantFrom('mempool', 'nothing'),
    }),
  ),
  { maxLength: 15 },
) as fc.Arbitrary<readonly Step[]>;

async function take(step: Step, wallet: Wallet, chain: SimulatedChain): Promise<void> {
  if (step.type === 'mine') chain.mine();
  if (step.type === 'reorg' && chain.height > step.depth) chain.reorg(step.depth, { include: step.include });
  if (step.type === 'fund')
    chain.fund(script(await wallet.newAddress({ scheme: step.scheme })), BigInt(step.amount));
  if (step.type === 'send') {
    const to = await wallet.newAddress({ scheme: step.scheme });
    const sent = await wallet.send({ to, amount: sat(step.amount), feeRate: BigInt(step.rate) });
    if (!sent.ok) expect(['insufficientFunds', 'amountBelowDust']).toContain(sent.error.code);
  }
  if (step.type === 'bump') {
    const pending = wallet.history().filter(({ status }) => status === 'pending');
    const id = pending[step.pick % Math.max(pending.length, 1)]?.txid;
    const bumped = id === undefined ? undefined : await wallet.bumpFee(id, BigInt(step.rate));
    if (bumped?.ok === false)
      expect(['insufficientFunds', 'feeRateTooLow', 'notReplaceable']).toContain(bumped.error.code);
  }
  await wallet.scan();
}

test('any life of a wallet: the mempool takes all it makes, its coins are those of the chain, a fresh scan finds the same', async () => {
  await fc.assert(
    fc.asyncProperty(steps, async (life) => {
      const { chain, wallet } = await funded();
      for (const step of life) {
        await take(step, wallet, chain);
        const pending = wallet.history().filter(({ status }) => status === 'pending');
        const mempool = new Set(chain.mempool().map(txid));
        expect(pending.filter((entry) => !mempool.has(entry.txid))).toEqual([]);
      }
      const fresh = walletOn(chain);
      await fresh.scan();
      for (const coin of fresh.coins()) expect((await chain.unspentOutput(coin))?.value).toBe(coin.value);
      const { confirmed, immature } = wallet.balance();
      expect(fresh.balance()).toMatchObject({ confirmed, immature });
    }),
    { numRuns: 20 * EFFORT },
  );
});

test('labels: of addresses and transactions, out and into another wallet', async () => {
  const { chain, wallet } = await funded();
  await wallet.newAddress({ label: 'solar' });
  const other = walletOn(chain);
  value(await other.importLabels(wallet.exportLabels()));
  expect(other.state().labels).toEqual(wallet.state().labels);
  expect(Object.values(other.state().labels.addresses)).toEqual(['solar']);
});

test('a wrong phrase, another network, the state of another seed: refused by name', async () => {
  const { chain, wallet } = await funded();
  expect(createWallet({ mnemonic: 'one two', network: 'regtest', chain })).toMatchObject({
    error: { code: 'mnemonicLength' },
  });
  expect(createWallet({ mnemonic: MNEMONIC, network: 'signet', chain })).toMatchObject({
    error: { code: 'otherNetwork' },
  });
  expect(
    createWallet({ seed: new Uint8Array(32), network: 'regtest', chain, state: wallet.state() }),
  ).toMatchObject({ error: { code: 'otherSeed' } });
});

test('a wallet printed, serialized, its state stored, its errors shown: no secret anywhere', async () => {
  const { wallet } = await funded();
  value(await wallet.send({ to: ELSEWHERE, amount: sat(30_000) }));
  const failed = [
    await wallet.send({ to: ELSEWHERE, amount: sat(10 ** 9) }),
    wallet.signPsbt(new Uint8Array(5)),
    createWallet({ mnemonic: `${MNEMONIC} wrong`, network: 'regtest', chain: simulatedChain() }),
    createWallet({
      mnemonic: MNEMONIC.replace('yellow', 'zebra'),
      network: 'regtest',
      chain: simulatedChain(),
    }),
  ];
  const shown = [
    inspect(wallet, { depth: 30, showHidden: true }),
    JSON.stringify(wallet),
    walletStateToJson(wallet.state()),
    inspect(failed, { depth: 30 }),
    inspect(wallet.descriptors(), { depth: 30 }),
  ].join('\n');
  const secrets = [
    ...new Set(MNEMONIC.split(' ')),
    'tprv',
    'xprv',
    toHex(wallet.keys.channelSecret('funding', 0)),
    toHex(wallet.keys.channelSecret('nodeIdentity', 0)),
  ];
  for (const secret of secrets) expect(new RegExp(`\\b${secret}\\b`).test(shown)).toBe(false);
  expect(shown).not.toMatch(/privateKey|__D\b|seed:/);
});
