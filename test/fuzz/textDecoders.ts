import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { equalBytes } from '../../src/base/bytes.ts';
import { fromJson, toJson } from '../../src/base/json.ts';
import { type Answer, bitcoinAmount, fields, hash, hexBytes } from '../../src/chain/bitcoind/answer.ts';
import { fromPackage, fromReason, fromTestAccept } from '../../src/chain/bitcoind/mempoolAnswer.ts';
import { ChainError, type Network } from '../../src/chain/port.ts';
import { parseReadings } from '../../src/market/readings.ts';
import { metersFromJson } from '../../src/node/meters.ts';
import { withChecksum, withoutChecksum } from '../../src/store/checksum.ts';
import { buildCommitment } from '../../src/tx/commitment.ts';
import { addressOfScript, scriptOfAddress } from '../../src/wallet/address.ts';
import { createKeychain } from '../../src/wallet/hd.ts';
import { exportLabels, importLabels } from '../../src/wallet/labels.ts';
import { createWalletState } from '../../src/wallet/lookahead.ts';
import { mnemonicFromEntropy, seedFromMnemonic } from '../../src/wallet/mnemonic.ts';
import { createPsbt, inspectPsbt, openPsbt, psbtFromBase64, psbtToBase64 } from '../../src/wallet/psbt.ts';
import { walletStateFromJson, walletStateToJson } from '../../src/wallet/state.ts';
import { payoutScripts, states } from '../support/arbitraries.ts';
import { type Decoder, textual, whether } from './decoder.ts';

const sample = <T>(arbitrary: fc.Arbitrary<T>, count = 40): T[] =>
  fc.sample(arbitrary, { seed: 2, numRuns: count });

const seed = seedFromMnemonic(mnemonicFromEntropy(new Uint8Array(16)));
const wallet = createWalletState(seed.ok ? createKeychain(seed.value, 'regtest').accounts : [], 'regtest');
const PLACE = 'channel 00000000 state';
const NETWORKS: readonly Network[] = ['mainnet', 'testnet', 'signet', 'regtest'];

const psbts = () =>
  sample(states, 12).map(({ contract, state }) => {
    const { tx } = buildCommitment(contract, state, 'producer', contract.keys.consumer.revocation);
    const previousTx = { ...tx, inputs: tx.inputs.map((input) => ({ ...input, witness: [] })) };
    return createPsbt([{ previousTx, vout: 0 }], tx.outputs.slice(0, 2));
  });

const answers: readonly string[] = [
  JSON.stringify([{ txid: '00'.repeat(32), allowed: true, vsize: 100, fees: { base: 0.00001 } }]),
  JSON.stringify([
    { txid: '00'.repeat(32), allowed: false, 'reject-reason': 'min relay fee not met, 1 < 2' },
  ]),
  JSON.stringify({
    package_msg: 'transaction failed',
    'tx-results': { aa: { txid: '01'.repeat(32), error: 'package-not-validated' } },
  }),
  JSON.stringify({ value: 0.12345678, confirmations: 3, hash: 'ab'.repeat(32), hex: '00ff' }),
];

/** Every reader of an answer either reads or throws the one error that it promises. */
function answered(text: string): boolean {
  const json = fromText(text);
  if (json === undefined) return false;
  const answer: Answer = { value: json, where: 'answer' };
  const readers = [
    () => fromTestAccept(answer),
    () => fromPackage(answer, '01'.repeat(32), '02'.repeat(32)),
    () => bitcoinAmount(fields(answer)('value')),
    () => hash(fields(answer)('hash')),
    () => hexBytes(fields(answer)('hex')),
    () => fromReason(text),
  ];
  return readers.map(isRead).some((each) => each);
}

function isRead(read: () => unknown): boolean {
  try {
    read();
    return true;
  } catch (error) {
    if (error instanceof ChainError && error.code === 'badAnswer') return false;
    throw error;
  }
}

function fromText(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Formats of text: files, the store, the node's answers, what people type. */
export function textDecoders(stored: readonly string[]): readonly Decoder[] {
  return [
    textual(
      'stored JSON',
      () => stored,
      (text) => {
        const value = fromJson(text);
        if (!value.ok) return 'refused';
        const again = fromJson(toJson(value.value));
        return again.ok && toJson(again.value) === toJson(value.value)
          ? 'accepted'
          : { problem: 'read differently the second time' };
      },
    ),
    textual(
      'stored checksum',
      () => stored.map((text) => withChecksum(PLACE, text)),
      (text) => {
        const read = withoutChecksum(PLACE, text);
        if (!read.ok) return 'refused';
        return withChecksum(PLACE, read.value) === text ? 'accepted' : { problem: 'not what was written' };
      },
    ),
    textual(
      'wallet state',
      () => [walletStateToJson(wallet)],
      (text) => whether(walletStateFromJson(text).ok),
    ),
    textual(
      'meter book',
      () => stored,
      (text) => whether(metersFromJson(text) !== undefined),
    ),
    textual(
      'labels',
      () => [
        `{"type":"tx","ref":"${'0a'.repeat(32)}","label":"a"}\n`,
        '{"type":"output","ref":"' +
          '0b'.repeat(32) +
          ':1","label":"b"}\n{"type":"addr","ref":"bcrt1qqqqqqqqqqqqqq","label":"c"}\n',
      ],
      (text) => {
        const imported = importLabels(wallet, text);
        if (!imported.ok) return 'refused';
        const again = importLabels(wallet, exportLabels(imported.value));
        return again.ok ? 'accepted' : { problem: 'own labels refused' };
      },
    ),
    textual(
      'address',
      () =>
        sample(payoutScripts).flatMap((script) =>
          NETWORKS.map((network) => addressOfScript(script, network) ?? ''),
        ),
      (text) => whether(NETWORKS.map((network) => isAddress(text, network)).some((each) => each)),
    ),
    textual(
      'PSBT, base64',
      () => psbts().map(psbtToBase64),
      (text) => whether(psbtFromBase64(text).ok),
    ),
    { name: 'PSBT', samples: psbts, read: (bytes) => whether(openPsbt(bytes).ok && inspectPsbt(bytes).ok) },
    textual('readings (CSV)', readingsFiles, (text) => whether(parseReadings(text).ok)),
    textual(
      'bitcoind answer',
      () => answers,
      (text) => whether(answered(text)),
    ),
  ];
}

function isAddress(text: string, network: Network): boolean {
  const script = scriptOfAddress(text, network);
  if (!script.ok) return false;
  const back = addressOfScript(script.value, network);
  if (back === undefined) throw new Error('a script without an address');
  const again = scriptOfAddress(back, network);
  if (!again.ok || !equalBytes(again.value, script.value)) throw new Error('another script the second time');
  return true;
}

function readingsFiles(): readonly string[] {
  const file = new URL('../../examples/data/', import.meta.url);
  const lines = readFileSync(new URL('household-week.csv', file), 'utf8').split('\n');
  return [lines.slice(0, 30).join('\n'), lines.slice(0, 3).join('\n')];
}
