import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Regtest, startRegtest } from '../../regtest/index.ts';
import { type Sat, sat } from '../../src/base/amount.ts';
import { fromHex, toHex } from '../../src/base/bytes.ts';
import type { Chain } from '../../src/chain/port.ts';
import { decodeTx, encodeTx, type Tx, txid } from '../../src/tx/transaction.ts';
import { addressOfScript } from '../../src/wallet/address.ts';
import { createPsbt, inspectPsbt, psbtFromBase64, psbtToBase64 } from '../../src/wallet/psbt.ts';
import { finalizePsbt } from '../../src/wallet/psbtFinalize.ts';
import { createWallet, type Wallet } from '../../src/wallet/wallet.ts';

let regtest: Regtest;
let chain: Chain;
let seeds = 0;

beforeAll(async () => {
  regtest = await startRegtest();
  chain = await regtest.chain();
});

afterAll(async () => {
  await regtest?.stop();
});

function value<T>(result: { ok: true; value: T } | { ok: false; error: { code: string } }): T {
  if (!result.ok)
    throw new Error(JSON.stringify(result.error, (_, v) => (typeof v === 'bigint' ? `${v}` : v)));
  return result.value;
}

/** A new wallet that knows the chain so far. */
async function newWallet(): Promise<Wallet> {
  seeds += 1;
  const seed = new Uint8Array(32).fill(seeds);
  const wallet = value(createWallet({ seed, network: 'regtest', chain }));
  await wallet.scan(await regtest.height());
  return wallet;
}

async function fundedWallet(): Promise<Wallet> {
  const wallet = await newWallet();
  await regtest.fund(await wallet.newAddress({ scheme: 'bip84' }), 1_000_000n);
  await regtest.fund(await wallet.newAddress({ scheme: 'bip86' }), 2_000_000n);
  await wallet.scan();
  return wallet;
}

interface NodeWallet {
  call(method: string, ...params: readonly unknown[]): Promise<Record<string, unknown>>;
}

/** A wallet of the node itself. */
async function nodeWallet(name: string, options: { readonly watchOnly?: boolean } = {}): Promise<NodeWallet> {
  const { watchOnly = false } = options;
  await regtest.call('createwallet', name, watchOnly, watchOnly);
  const url = `${regtest.rpcUrl.replace(/\/$/, '')}/wallet/${name}`;
  const { readFile } = await import('node:fs/promises');
  const cookie = (await readFile(regtest.cookieFile, 'utf8')).trim();
  return {
    async call(method, ...params) {
      const response = await fetch(url, {
        method: 'POST',
        headers: { authorization: `Basic ${btoa(cookie)}` },
        body: JSON.stringify({ jsonrpc: '2.0', id: 1, method, params }),
      });
      const answer = (await response.json()) as {
        result?: Record<string, unknown>;
        error?: { message: string };
      };
      if (answer.error !== undefined) throw new Error(`${method}: ${answer.error.message}`);
      return answer.result as Record<string, unknown>;
    },
  };
}

test('receive, send, change, confirm: the same in the wallet and in a fresh scan of the chain', async () => {
  const wallet = await fundedWallet();
  const start = wallet.coins()[0]?.block?.height ?? 0;
  const other = await newWallet();
  expect(wallet.balance()).toMatchObject({ confirmed: 3_000_000n, spendable: 3_000_000n });
  for (const [scheme, amount] of [
    ['bip84', 300_000],
    ['bip86', 1_900_000],
    ['bip86', 100_000],
  ] as const)
    value(
      await wallet.send({ to: await other.newAddress({ scheme }), amount: sat(amount), feeRate: 2_500n }),
    );
  await regtest.mine(1);
  await Promise.all([wallet.scan(), other.scan()]);
  expect(other.balance().confirmed).toBe(2_300_000n);
  const fees = wallet.history().reduce((sum, { fee }) => sum + (fee ?? 0n), 0n);
  expect(wallet.balance().confirmed).toBe(700_000n - fees);
  value(await wallet.send({ to: await other.newAddress(), amount: 'all' }));
  await regtest.mine(1);
  await Promise.all([wallet.scan(), other.scan()]);
  expect(wallet.balance()).toMatchObject({ confirmed: 0n, pendingIn: 0n, pendingOut: 0n });

  const fresh = value(createWallet({ seed: new Uint8Array(32).fill(seeds), network: 'regtest', chain }));
  await fresh.scan(start - 1);
  expect(fresh.coins()).toEqual(other.coins());
});

test('a reorganisation takes a payment and a send back: pending again, then confirmed in other blocks', async () => {
  const wallet = await fundedWallet();
  const { txid: id } = value(await wallet.send({ to: await wallet.newAddress(), amount: sat(50_000) }));
  await regtest.mine(1);
  await wallet.scan();
  const before = wallet.balance();
  await regtest.reorg(2);
  await wallet.scan();
  expect(wallet.state().tip?.height).toBe(await regtest.height());
  expect(wallet.history().find((entry) => entry.txid === id)?.status).toBe('confirmed');
  expect(wallet.balance()).toEqual(before);
});

test('a pending payment is double-spent by its own seed elsewhere: conflicted once the block is there', async () => {
  const wallet = await fundedWallet();
  const twin = value(
    createWallet({ seed: new Uint8Array(32).fill(seeds), network: 'regtest', chain, state: wallet.state() }),
  );
  const coin = wallet.coins()[0];
  if (coin === undefined) throw new Error('no coin');
  const other = await newWallet();
  const sent = value(await wallet.send({ to: await other.newAddress(), amount: 'all', feeRate: 1_000n }));
  const rival = value(
    twin.signTx({
      version: 2,
      inputs: [
        { txid: coin.txid, vout: coin.vout, sequence: 0xfffffffd, scriptSig: new Uint8Array(), witness: [] },
      ],
      outputs: [{ value: (coin.value - 100_000n) as Sat, script: await other.newScript() }],
      locktime: 0,
    }),
  );
  expect(await chain.broadcast(rival)).toEqual({ accepted: true });
  await regtest.mine(1);
  await Promise.all([wallet.scan(), other.scan()]);
  expect(wallet.history().find((entry) => entry.txid === sent.txid)?.status).toBe('conflicted');
  expect(wallet.balance()).toMatchObject({ confirmed: 2_000_000n, spendable: 2_000_000n, pendingIn: 0n });
  expect(other.balance().confirmed).toBe(coin.value - 100_000n);
});

test("a fee is bumped: the node's mempool holds the replacement only", async () => {
  const wallet = await fundedWallet();
  const other = await newWallet();
  const original = value(
    await wallet.send({ to: await other.newAddress(), amount: sat(70_000), feeRate: 1_000n }),
  );
  const bumped = value(await wallet.bumpFee(original.txid, 12_000n));
  const mempool = (await regtest.call('getrawmempool')) as string[];
  expect(mempool).toContain(bumped.txid);
  expect(mempool).not.toContain(original.txid);
  const entry = (await regtest.call('getmempoolentry', bumped.txid)) as {
    vsize: number;
    fees: { base: number };
  };
  expect(BigInt(Math.round(entry.fees.base * 1e8))).toBe(bumped.fee);
  expect(Number(bumped.fee) / entry.vsize).toBeGreaterThanOrEqual(12);
  await regtest.mine(1);
});

test('our descriptors in a wallet of the node: the same addresses, the same balance', async () => {
  const wallet = await fundedWallet();
  const watcher = await nodeWallet('watcher', { watchOnly: true });
  const imported = await watcher.call(
    'importdescriptors',
    wallet.descriptors().map(({ descriptor, branch }) => ({
      desc: descriptor,
      active: true,
      internal: branch === 'change',
      range: [0, 25],
      timestamp: 0,
    })),
  );
  expect(imported).toMatchObject([
    { success: true },
    { success: true },
    { success: true },
    { success: true },
  ]);
  for (const { scheme, branch, descriptor } of wallet.descriptors()) {
    const derived = (await regtest.call('deriveaddresses', descriptor, [0, 19])) as string[];
    const scripts = wallet
      .state()
      .branches.find((each) => each.scheme === scheme && each.branch === branch)?.scripts;
    expect(derived).toEqual(
      scripts?.slice(0, 20).map((script) => addressOfScript(fromHex(script), 'regtest')),
    );
  }
  const balance = async () => {
    const { mine } = (await watcher.call('getbalances')) as { mine: { trusted: number } };
    return BigInt(Math.round(mine.trusted * 1e8));
  };
  expect(await balance()).toBe(wallet.balance().confirmed);
  value(await wallet.send({ to: await (await newWallet()).newAddress(), amount: sat(123_456) }));
  await regtest.mine(1);
  await wallet.scan();
  expect(await balance()).toBe(wallet.balance().confirmed);
});

test("a PSBT goes to the node's wallet and back, in both directions: what both read agrees, the node takes the result", async () => {
  const wallet = await fundedWallet();
  const signer = await nodeWallet('signer');
  for (const type of ['bech32', 'bech32m'] as const)
    await regtest.fund((await signer.call('getnewaddress', '', type)) as unknown as string, 500_000n);
  const theirs = (await signer.call('listunspent')) as unknown as { txid: string; vout: number }[];
  const previousTxs = await Promise.all(theirs.map(({ txid: id }) => transactionOf(id)));
  const part = value(
    await wallet.contribute({ target: sat(2_500_000), baseWeight: 800, feeRate: 3_000n, purpose: 'joint' }),
  );
  const joint = createPsbt(
    [
      ...part.inputs.map(({ previousTx, vout }) => ({ previousTx: value(decodeTx(previousTx)), vout })),
      ...theirs.map(({ vout }, i) => ({ previousTx: previousTxs[i] as Tx, vout })),
    ],
    [
      { value: sat(3_490_000), script: fromHex(`0020${'5a'.repeat(32)}`) },
      ...(part.change === null ? [] : [part.change]),
    ],
  );
  const decoded = (await regtest.call('decodepsbt', psbtToBase64(joint))) as {
    tx: { txid: string };
    fee: number;
    inputs: { witness_utxo?: { amount: number } }[];
  };
  const summary = value(inspectPsbt(joint));
  expect(decoded.tx.txid).toBe(summary.txid);
  expect(BigInt(Math.round(decoded.fee * 1e8))).toBe(summary.fee);
  expect(decoded.inputs.map((input) => BigInt(Math.round((input.witness_utxo?.amount ?? 0) * 1e8)))).toEqual(
    summary.inputs.map(({ spends }) => spends?.value),
  );

  const process = async (psbt: Uint8Array, finalize: boolean) => {
    const answer = await signer.call(
      'walletprocesspsbt',
      psbtToBase64(psbt),
      true,
      'DEFAULT',
      true,
      finalize,
    );
    return value(psbtFromBase64(answer.psbt as string));
  };
  const sign = (psbt: Uint8Array) => {
    const signed = value(wallet.signPsbt(psbt));
    expect(signed.signed).toEqual(part.inputs.map((_, i) => i));
    return signed.psbt;
  };
  for (const finalize of [true, false]) {
    const oursFirst = value(finalizePsbt(await process(sign(joint), finalize))).tx;
    const theirsFirst = value(finalizePsbt(sign(await process(joint, finalize)))).tx;
    for (const tx of [oursFirst, theirsFirst]) {
      expect(txid(tx)).toBe(summary.txid);
      expect(await chain.testAccept(tx)).toEqual({ accepted: true });
    }
  }
  const ours = sign(await process(joint, false));
  const finalized = (await signer.call('finalizepsbt', psbtToBase64(ours))) as {
    complete: boolean;
    hex: string;
  };
  expect(finalized.complete).toBe(true);
  expect(finalized.hex).toBe(toHex(encodeTx(value(finalizePsbt(ours)).tx)));
  value(await wallet.broadcast(value(finalizePsbt(ours)).tx));
  await regtest.mine(1);
  await wallet.scan();
  expect(wallet.history().at(-1)).toMatchObject({ txid: summary.txid, status: 'confirmed', fee: null });
});

test('a PSBT that the node made without the previous transaction of a P2WPKH coin: not signed', async () => {
  const wallet = await fundedWallet();
  const coin = wallet.coins().find(({ script }) => script.length === 22);
  if (coin === undefined) throw new Error('no coin');
  const inputs = [{ txid: coin.txid, vout: coin.vout }];
  const raw = await regtest.call('createpsbt', inputs, [{ [await wallet.newAddress()]: 0.009 }]);
  const updated = (await regtest.call('utxoupdatepsbt', raw)) as string;
  expect(wallet.signPsbt(value(psbtFromBase64(updated)))).toEqual({
    ok: false,
    error: { code: 'amountUnproven', input: 0 },
  });
});

test('a PSBT that we prepared and signed: the node finds nothing missing', async () => {
  const wallet = await fundedWallet();
  const to = await wallet.newAddress();
  const { psbt } = value(await wallet.prepare({ to, amount: sat(900_000), purpose: 'export' }));
  const signed = psbtToBase64(value(wallet.signPsbt(psbt)).psbt);
  expect(await regtest.call('analyzepsbt', signed)).toMatchObject({ next: 'finalizer' });
});

async function transactionOf(id: string): Promise<Tx> {
  for (let height = await regtest.height(); height >= 0; height--) {
    const block = await chain.block((await chain.blockHash(height)) ?? '');
    const found = block?.transactions.find((each) => each.txid === id);
    if (found !== undefined) return found.tx;
  }
  throw new Error(`no transaction ${id}`);
}
