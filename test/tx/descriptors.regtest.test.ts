import { networks } from 'bitcoinjs-lib';
import { ECPairFactory } from 'ecpair';
import fc from 'fast-check';
import * as ecc from 'tiny-secp256k1';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Regtest, startRegtest } from '../../regtest/index.ts';
import { concat, toHex } from '../../src/base/bytes.ts';
import { TRADERS, type Trader } from '../../src/base/role.ts';
import { RpcClient } from '../../src/chain/bitcoind/index.ts';
import type { Chain } from '../../src/chain/port.ts';
import { fundingSpec } from '../../src/tx/commitment.ts';
import type { Arbitration } from '../../src/tx/contract.ts';
import { type OutputSpec, outputDescriptor, outputScript } from '../../src/tx/outputs.ts';
import { absoluteLock, relativeLock, type Spend, sequenceOf, signingKeys } from '../../src/tx/spending.ts';
import { txid } from '../../src/tx/transaction.ts';
import { addressOfScript } from '../../src/wallet/address.ts';
import { bytes32, delays, heights, keyrings } from '../support/arbitraries.ts';
import type { Keyring } from '../support/keyring.ts';
import { spendsOf } from '../support/spends.ts';
import { commitmentOf, type LiveChannel, liveChannel, preimageOf, signFunding } from './liveChannel.ts';

const ECPair = ECPairFactory(ecc);

let node: Regtest;
let chain: Chain;

beforeAll(async () => {
  node = await startRegtest();
  chain = await node.chain();
});

afterAll(() => node.stop());

/** The descriptor, with the private key (WIF) in the place of one of the keys. */
function descriptorWith(spec: OutputSpec, ring: Keyring, own: Uint8Array): string {
  return outputDescriptor(spec, (key) => {
    if (key.join() !== own.join()) return toHex(key);
    return ECPair.fromPrivateKey(ring.secretOf(key), { network: networks.regtest }).toWIF();
  });
}

/** Keys are all different, as an opening demands: miniscript with a key twice is not sane. */
function specOf<S extends OutputSpec, N>(
  numbers: fc.Arbitrary<N>,
  make: (keys: Keyring['keys'], numbers: N) => S,
): fc.Arbitrary<OutputSpec> {
  return fc.tuple(keyrings, numbers).map(([{ keys }, values]) => make(keys, values));
}

const arbitrations: fc.Arbitrary<Arbitration> = fc.oneof(
  fc.constant<Arbitration>({ type: 'immediate' }),
  heights.map((height): Arbitration => ({ type: 'afterHeight', height })),
);
const revocation = ({ consumer }: Keyring['keys']) => consumer.revocation;

const specs: Readonly<Record<OutputSpec['type'], fc.Arbitrary<OutputSpec>>> = {
  funding: specOf(arbitrations, ({ consumer, producer, utility }, arbitration) => ({
    type: 'funding',
    keys: { consumer: consumer.funding, producer: producer.funding, utility: utility.funding },
    arbitration,
  })),
  toBroadcaster: specOf(delays, (keys, delay) => ({
    type: 'toBroadcaster',
    revocation: revocation(keys),
    delayed: keys.producer.delayed,
    delay,
  })),
  toCounterparty: specOf(fc.constant(0), ({ producer }) => ({
    type: 'toCounterparty',
    payment: producer.payment,
  })),
  toUtility: specOf(fc.constant(0), ({ utility }) => ({ type: 'toUtility', payment: utility.payment })),
  sellerDelivery: specOf(fc.record({ delay: delays, lock: bytes32, expiry: heights }), (keys, numbers) => ({
    type: 'sellerDelivery',
    revocation: revocation(keys),
    sellerDelayed: keys.producer.delayed,
    utility: keys.utility.payment,
    ...numbers,
  })),
  buyerDelivery: specOf(fc.record({ lock: bytes32, expiry: heights }), (keys, numbers) => ({
    type: 'buyerDelivery',
    sellerPayment: keys.producer.payment,
    utility: keys.utility.payment,
    ...numbers,
  })),
};

describe('descriptors', () => {
  it.each(Object.entries(specs))(
    '%s: the node knows it, with the same checksum, as solvable, at the same address',
    async (_, specsOfType) => {
      await fc.assert(
        fc.asyncProperty(specsOfType, async (spec) => {
          const descriptor = outputDescriptor(spec);
          const [bare, checksum] = descriptor.split('#');
          const info = await node.call('getdescriptorinfo', bare);
          expect(info).toMatchObject({ checksum, isrange: false, issolvable: true, hasprivatekeys: false });
          const address = addressOfScript(outputScript(spec), 'regtest');
          expect(await node.call('deriveaddresses', descriptor)).toEqual([address]);
        }),
        { numRuns: 40 },
      );
    },
  );

  it('a descriptor with a private key: the same address', async () => {
    const [ring] = fc.sample(keyrings, { numRuns: 1, seed: 1 });
    if (ring === undefined) expect.fail('a keyring');
    const own = ring.keys.consumer.payment;
    const spec = { type: 'toCounterparty', payment: own } as const;
    const secret = descriptorWith(spec, ring, own);
    expect(secret).not.toBe(outputDescriptor(spec));
    expect(await node.call('deriveaddresses', secret)).toEqual([
      addressOfScript(outputScript(spec), 'regtest'),
    ]);
  });
});

/** A wallet of the node that knows one descriptor, with one private key in it, and nothing else. */
async function walletWith(name: string, descriptor: string): Promise<RpcClient> {
  await node.call('createwallet', name, false, true, '', false, true);
  const wallet = new RpcClient({
    url: `${node.rpcUrl}/wallet/${name}`,
    login: { cookieFile: node.cookieFile },
  });
  const imported = await wallet.call('importdescriptors', [[{ desc: descriptor, timestamp: 0 }]]);
  expect(imported).toMatchObject([{ success: true }]);
  return wallet;
}

const HOME = addressOfScript(Uint8Array.of(0, 20, ...new Uint8Array(20).fill(5)), 'regtest');

describe.each(TRADERS)("the %s's commitment confirmed, our software gone", (broadcaster: Trader) => {
  let channel: LiveChannel;
  let id: string;
  let ways: readonly { readonly vout: number; readonly spend: Spend }[];

  beforeAll(async () => {
    const now = await node.height();
    channel = await liveChannel(node, `recovery of ${broadcaster}`, { type: 'immediate' }, now + 14);
    const commitment = commitmentOf(channel, broadcaster);
    const signed = signFunding(channel, commitment.tx, ['consumer', 'producer']);
    id = txid(signed);
    ways = commitment.outputs.flatMap((output, vout) =>
      spendsOf(output, preimageOf(output.kind === 'delivery' ? output.delivery : { id: -1n })).map(
        (spend) => ({
          vout,
          spend,
        }),
      ),
    );
    expect(await chain.broadcast(signed)).toEqual({ accepted: true });
    await node.mine(1);
  });

  const wayOf = (type: OutputSpec['type'], path: Spend['path']) =>
    ways.find(({ spend }) => spend.spec.type === type && spend.path === path) ?? expect.fail('a path');

  /** `sendall`, the node's way to sweep, from a wallet with the key of this path alone. */
  async function sweep(type: OutputSpec['type'], path: Spend['path'], from = 0): Promise<void> {
    const { vout, spend } = wayOf(type, path);
    const [own = new Uint8Array(0)] = signingKeys(spend);
    const descriptor = descriptorWith(spend.spec, channel.ring, own);
    const wallet = await walletWith(`${broadcaster} ${type} ${path}`, descriptor);
    const options = {
      inputs: [{ txid: id, vout, sequence: sequenceOf(spend) }],
      locktime: absoluteLock(spend),
      fee_rate: 2,
      add_to_wallet: false,
    };
    const made = await wallet.call('sendall', [[HOME], null, 'unset', null, options]);
    wallet.close();
    expect(made).toMatchObject({ complete: true });
    await expectFrom(from, field(made, 'hex'));
  }

  /** The transaction is refused in the block before `height` and taken in that one. */
  async function expectFrom(height: number, hex: string): Promise<void> {
    const early = height - 1 - (await node.height());
    if (early >= 0) {
      await node.mine(early);
      const refused = await node.call('testmempoolaccept', [hex]);
      expect(refused).toMatchObject([
        { allowed: false, 'reject-reason': expect.stringMatching(/non-(BIP68-)?final/) },
      ]);
      await node.mine(1);
    }
    const swept = await node.call('sendrawtransaction', hex);
    await node.mine(1);
    expect(await chain.unspentOutput({ txid: String(swept), vout: 0 })).toMatchObject({ confirmations: 1 });
  }

  it('to_counterparty and to_utility: swept by the node, at once', async () => {
    await sweep('toCounterparty', 'payment');
    await sweep('toUtility', 'payment');
  });

  it("the seller's claim, with the preimage in the PSBT: the node signs and finalizes it", async () => {
    const { vout, spend } = wayOf('buyerDelivery', 'preimage');
    if (spend.path !== 'preimage') expect.fail('another path');
    const [own = new Uint8Array(0)] = signingKeys(spend);
    const wallet = await walletWith(`${broadcaster} preimage`, descriptorWith(spend.spec, channel.ring, own));
    const input = { txid: id, vout, sequence: relativeLock(spend) };
    const created = await node.call('createpsbt', [input], [{ [HOME ?? '']: 0.0002 }]);
    const known = await wallet.call('walletprocesspsbt', [created, false]);
    const psbt = withPreimage(field(known, 'psbt'), spend.spec.lock, spend.preimage);
    const signed = await wallet.call('walletprocesspsbt', [psbt]);
    wallet.close();
    expect(signed).toMatchObject({ complete: true });
    const taken = await node.call('testmempoolaccept', [field(signed, 'hex')]);
    expect(taken).toMatchObject([{ allowed: true }]);
  });

  it('to_broadcaster: swept after its delay, not before', async () => {
    const { vout, spend } = wayOf('toBroadcaster', 'delayed');
    const confirmations = (await chain.unspentOutput({ txid: id, vout }))?.confirmations ?? 0;
    const confirmed = (await node.height()) - confirmations + 1;
    await sweep('toBroadcaster', 'delayed', confirmed + relativeLock(spend) - 1);
  });

  it("deliveries that nobody claimed, both versions: the utility's from their expiry on, not before", async () => {
    const types = ['sellerDelivery', 'buyerDelivery'] as const;
    const expiryOf = (type: (typeof types)[number]) => absoluteLock(wayOf(type, 'expiry').spend);
    for (const type of [...types].sort((a, b) => expiryOf(a) - expiryOf(b)))
      await sweep(type, 'expiry', expiryOf(type));
  });
});

describe('the funding output, our software gone', () => {
  it.each([
    ['immediate', 'consumer', 'producer'],
    ['immediate', 'producer', 'utility'],
    ['afterHeight', 'consumer', 'producer'],
    ['afterHeight', 'consumer', 'utility'],
  ] as const)('%s: wallets of %s and %s sign one PSBT', async (type, first, second) => {
    const signers = [first, second] as const;
    const height = (await node.height()) + 5;
    const name = `${type} ${signers.join(' ')}`;
    const arbitration = type === 'immediate' ? { type } : { type, height };
    const { contract, ring } = await liveChannel(node, name, arbitration, height + 50);
    const spec = fundingSpec(contract);
    const spend: Spend = { path: 'twoOfThree', spec, signers };
    const input = { ...contract.funding, sequence: sequenceOf(spend) };
    const locktime = absoluteLock(spend);
    let psbt = await node.call('createpsbt', [input], [{ [HOME ?? '']: 0.009 }], locktime);
    for (const signer of signers) {
      const descriptor = descriptorWith(spec, ring, spec.keys[signer]);
      const wallet = await walletWith(`${name} ${signer}`, descriptor);
      psbt = field(await wallet.call('walletprocesspsbt', [psbt]), 'psbt');
      wallet.close();
    }
    const final = await node.call('finalizepsbt', psbt);
    expect(final).toMatchObject({ complete: true });
    await node.mine(Math.max(0, locktime - (await node.height())));
    const sent = await node.call('sendrawtransaction', field(final, 'hex'));
    await node.mine(1);
    expect(await chain.unspentOutput({ txid: String(sent), vout: 0 })).toMatchObject({ confirmations: 1 });
  });
});

/** A PSBT with one more field (BIP174, PSBT_IN_SHA256) at the start of its first input's map. */
function withPreimage(psbt: string, lock: Uint8Array, preimage: Uint8Array): string {
  const bytes = Uint8Array.from(Buffer.from(psbt, 'base64'));
  // magic, then the one global field: length and type of its key, length of the transaction, which is a short one
  const start = 5 + 2 + 1 + (bytes[7] ?? 0) + 1;
  const added = concat(Uint8Array.of(33, 0x0b), lock, Uint8Array.of(32), preimage);
  return Buffer.from(concat(bytes.subarray(0, start), added, bytes.subarray(start))).toString('base64');
}

/** A text field of an RPC answer. */
function field(answer: unknown, name: string): string {
  const value: unknown =
    typeof answer === 'object' && answer !== null ? Reflect.get(answer, name) : undefined;
  return typeof value === 'string' ? value : expect.fail(`no ${name} in ${JSON.stringify(answer)}`);
}
