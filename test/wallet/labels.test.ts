import fc from 'fast-check';
import { expect, test } from 'vitest';
import { exportLabels, importLabels, setLabel } from '../../src/wallet/labels.ts';
import { createWalletState } from '../../src/wallet/lookahead.ts';
import { KEYS } from './chainModel.ts';

const EMPTY = createWalletState(KEYS.accounts, 'regtest');
const TXID = 'f91d0a8a78462bc59398f2c5d7a84fcff491c26ba54c4833478b202796c8aafd';

test('labels exported and imported into another wallet: the same labels', () => {
  fc.assert(
    fc.property(
      fc.string({ minLength: 1 }),
      fc.string({ minLength: 1 }),
      fc.nat({ max: 9 }),
      (a, b, vout) => {
        const labelled = setLabel(
          setLabel(
            setLabel(EMPTY, { address: 'bc1q34aq5drpuwy3wgl9lhup9892qp6svr8ldzyy7c' }, a),
            { txid: TXID },
            b,
          ),
          { outpoint: { txid: TXID, vout } },
          a,
        );
        expect(importLabels(EMPTY, exportLabels(labelled))).toEqual({ ok: true, value: labelled });
      },
    ),
  );
});

test('the records of BIP329: known kinds kept, others passed over', () => {
  const text = [
    `{ "type": "tx", "ref": "${TXID}", "label": "Transaction", "origin": "wpkh([d34db33f/84'/0'/0'])" }`,
    '{ "type": "addr", "ref": "bc1q34aq5drpuwy3wgl9lhup9892qp6svr8ldzyy7c", "label": "Address" }',
    '{ "type": "pubkey", "ref": "0283409659355b6d1cc3c32decd5d561abaac86c37a353b52895a5e6c196d6f448", "label": "Public Key" }',
    `{ "type": "input", "ref": "${TXID}:0", "label": "Input" }`,
    `{ "type": "output", "ref": "${TXID}:1", "label": "Output", "spendable": false }`,
    '',
  ].join('\n');
  const read = importLabels(EMPTY, text);
  if (!read.ok) throw new Error(read.error.code);
  expect(read.value.labels).toEqual({
    addresses: { bc1q34aq5drpuwy3wgl9lhup9892qp6svr8ldzyy7c: 'Address' },
    transactions: { [TXID]: 'Transaction' },
    coins: { [`${TXID}:1`]: 'Output' },
  });
});

test('a line that is no record: refused with its number', () => {
  for (const line of [
    'x',
    '[]',
    '{"type":"tx"}',
    '{"type":"tx","ref":"__proto__","label":"x"}',
    '{"type":"tx","ref":1}',
  ])
    expect(importLabels(EMPTY, `\n${line}\n`)).toEqual({
      ok: false,
      error: { code: 'malformedLabel', line: 2 },
    });
});

test('an empty label: removes it', () => {
  expect(setLabel(setLabel(EMPTY, { txid: TXID }, 'x'), { txid: TXID }, '')).toEqual(EMPTY);
});
