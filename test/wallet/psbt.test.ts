import { Psbt } from 'bitcoinjs-lib';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { sat } from '../../src/base/amount.ts';
import { equalBytes, fromHex, toHex } from '../../src/base/bytes.ts';
import { tinySecp256k1 } from '../../src/crypto/tiny.ts';
import { ANCHOR_SCRIPT } from '../../src/tx/outputs.ts';
import { type Tx, txid, vsize } from '../../src/tx/transaction.ts';
import { outputWeight, TX_OVERHEAD_WEIGHT, vbytes } from '../../src/tx/weights.ts';
import {
  type CoinPath,
  coinScript,
  createKeychain,
  derivationPath,
  type Keychain,
  type Scheme,
} from '../../src/wallet/hd.ts';
import {
  addOrigins,
  combinePsbts,
  createPsbt,
  extendPsbt,
  inspectPsbt,
  type KeyOrigin,
  type PsbtInput,
  psbtFromBase64,
  psbtToBase64,
} from '../../src/wallet/psbt.ts';
import { finalizePsbt, inputWitnesses } from '../../src/wallet/psbtFinalize.ts';
import { signPsbt } from '../../src/wallet/psbtSign.ts';
import { inputWeightOf } from '../../src/wallet/selection.ts';
import { flipBit } from '../support/flipBit.ts';
import { FOREIGN_SCRIPT, makeTx } from './chainModel.ts';

const PARTIES = [1, 2, 3].map((seed) => createKeychain(new Uint8Array(32).fill(seed), 'regtest'));
const [A, B, C] = PARTIES as [Keychain, Keychain, Keychain];

function originOf(keys: Keychain, path: CoinPath): KeyOrigin {
  const { publicKey } = keys.coinSigner(path);
  return {
    scheme: path.scheme,
    fingerprint: keys.fingerprint,
    path: derivationPath(path, keys.network),
    publicKey,
  };
}

/** An input that spends a coin of `keys`. */
function inputOf(keys: Keychain, scheme: Scheme, index: number, value: number): PsbtInput {
  const origin = originOf(keys, { scheme, branch: 'receive', index });
  const script = coinScript(scheme, origin.publicKey);
  const previousTx = makeTx(
    [],
    [
      { value: sat(7), script: FOREIGN_SCRIPT },
      { value: sat(value), script },
    ],
    index + value,
  );
  return { previousTx, vout: 1, origin };
}

const OUTPUTS = [
  { value: sat(150_000), script: fromHex(`0020${'ab'.repeat(32)}`) },
  { value: sat(20_000), script: FOREIGN_SCRIPT },
];

function joint(): Uint8Array {
  const inputs = [
    inputOf(A, 'bip84', 0, 100_000),
    inputOf(B, 'bip86', 1, 50_000),
    inputOf(C, 'bip84', 2, 30_000),
  ];
  return createPsbt(inputs, OUTPUTS);
}

function value<T, E extends { code: string }>(result: { ok: true; value: T } | { ok: false; error: E }): T {
  if (!result.ok) throw new Error(JSON.stringify(result.error));
  return result.value;
}

function sign(psbt: Uint8Array, keys: Keychain): Uint8Array {
  return value(signPsbt(psbt, keys)).psbt;
}

test('three parties sign copies apart, combined in any order: the same valid transaction', () => {
  const psbt = joint();
  const copies = PARTIES.map((keys) => sign(psbt, keys));
  expect(PARTIES.map((keys) => value(signPsbt(psbt, keys)).signed)).toEqual([[0], [1], [2]]);
  const { tx, fee } = value(finalizePsbt(value(combinePsbts(psbt, ...copies))));
  expect(fee).toBe(10_000n);
  for (const order of [
    [2, 1, 0],
    [1, 0, 2],
  ]) {
    const [first, ...rest] = order.map((i) => copies[i] as Uint8Array);
    expect(value(finalizePsbt(value(combinePsbts(first as Uint8Array, ...rest))))).toEqual({ tx, fee });
  }
  expect(value(finalizePsbt(PARTIES.reduce(sign, psbt)))).toEqual({ tx, fee });
});

test('signatures, checked by the library: valid under its own sighashes', () => {
  const psbt = Psbt.fromBuffer(
    PARTIES.reduce(sign, createPsbt([inputOf(A, 'bip84', 0, 100_000)], OUTPUTS.slice(1))),
  );
  expect(
    psbt.validateSignaturesOfInput(0, (key, hash, signature) => tinySecp256k1.verify(hash, key, signature)),
  ).toBe(true);
});

test('signing twice: nothing changes; the same PSBT signed anew: the same bytes', () => {
  const once = sign(joint(), B);
  expect(sign(once, B)).toEqual(once);
  expect(sign(joint(), B)).toEqual(once);
});

test('sizes: the declared weights are never exceeded, and off by at most the length of a signature', () => {
  fc.assert(
    fc.property(
      fc.array(fc.constantFrom<Scheme>('bip84', 'bip86'), { minLength: 1, maxLength: 8 }),
      fc.nat({ max: 1000 }),
      (schemes, start) => {
        const inputs = schemes.map((scheme, i) => inputOf(A, scheme, start + i, 1000));
        const outputs = [{ value: sat(1), script: FOREIGN_SCRIPT }];
        const { tx } = value(finalizePsbt(sign(createPsbt(inputs, outputs), A)));
        const weight = inputs.reduce(
          (sum, { previousTx }) => sum + inputWeightOf(previousTx.outputs[1]?.script ?? new Uint8Array()),
          TX_OVERHEAD_WEIGHT + outputWeight(FOREIGN_SCRIPT),
        );
        expect(vsize(tx) <= vbytes(weight)).toBe(true);
        expect(vbytes(weight) - vsize(tx)).toBeLessThanOrEqual(Math.ceil((2 * inputs.length) / 4));
      },
    ),
    { numRuns: 40 },
  );
});

test('what a PSBT says: amounts with proof, origins, fee', () => {
  const summary = value(inspectPsbt(sign(joint(), A)));
  expect(summary).toMatchObject({ version: 2, locktime: 0, fee: 10_000n });
  expect(
    summary.inputs.map(({ spends, proven, signatures, final }) => [spends?.value, proven, signatures, final]),
  ).toEqual([
    [100_000n, true, 1, false],
    [50_000n, true, 0, false],
    [30_000n, true, 0, false],
  ]);
  expect(summary.inputs[1]?.origins).toEqual([{ fingerprint: B.fingerprint, path: "m/86'/1'/0'/0/1" }]);
  expect(summary.txid).toBe(txid(value(finalizePsbt(PARTIES.reduce(sign, joint()))).tx));
});

test('version, locktime, sequence: as asked', () => {
  const opened = inspectPsbt(
    createPsbt([{ ...inputOf(A, 'bip86', 0, 50_000), sequence: 5 }], OUTPUTS.slice(1), {
      version: 3,
      locktime: 700,
    }),
  );
  expect(value(opened)).toMatchObject({ version: 3, locktime: 700, inputs: [{ sequence: 5 }] });
});

test('inputs are added before the first signature: they are in; after it: refused', () => {
  const psbt = createPsbt([inputOf(A, 'bip84', 0, 100_000)], [{ value: sat(500), script: FOREIGN_SCRIPT }]);
  const extended = value(extendPsbt(psbt, [inputOf(B, 'bip86', 1, 50_000)], OUTPUTS.slice(1)));
  expect(value(inspectPsbt(extended)).inputs.length).toBe(2);
  expect(value(inspectPsbt(extended)).fee).toBe(129_500n);
  expect(extendPsbt(sign(psbt, A), [inputOf(B, 'bip86', 1, 50_000)], [])).toMatchObject({
    ok: false,
    error: { code: 'malformedPsbt' },
  });
});

test('origins are added by script: the owner can sign', () => {
  const { origin, ...bare } = inputOf(A, 'bip86', 3, 60_000);
  const psbt = createPsbt([bare], OUTPUTS.slice(1));
  expect(value(signPsbt(psbt, A)).signed).toEqual([]);
  const script = bare.previousTx.outputs[1]?.script as Uint8Array;
  const known = value(addOrigins(psbt, (each) => (equalBytes(each, script) ? origin : undefined)));
  expect(value(signPsbt(known, A)).signed).toEqual([0]);
});

test('a missing signature: named; a wrong one: named', () => {
  expect(finalizePsbt(sign(sign(joint(), A), C))).toEqual({
    ok: false,
    error: { code: 'notSigned', inputs: [1] },
  });
  const signed = PARTIES.reduce(sign, joint());
  for (const [input, signatureOf] of [
    [0, (psbt: Psbt) => psbt.data.inputs[0]?.partialSig?.[0]?.signature],
    [1, (psbt: Psbt) => psbt.data.inputs[1]?.tapKeySig],
  ] as const) {
    const psbt = Psbt.fromBuffer(signed);
    const signature = signatureOf(psbt);
    if (signature === undefined) throw new Error(`input ${input} is not signed`);
    signature.set(flipBit(signature, 8 * 20));
    expect(finalizePsbt(Uint8Array.from(psbt.toBuffer()))).toEqual({
      ok: false,
      error: { code: 'badSignature', input },
    });
  }
});

test('an origin that claims another key, another master, or a channel path: not signed', () => {
  const honest = inputOf(A, 'bip84', 0, 100_000);
  const origin = honest.origin as KeyOrigin;
  const lies: KeyOrigin[] = [
    { ...origin, path: "m/84'/1'/0'/0/1" },
    { ...origin, fingerprint: B.fingerprint },
    { ...origin, path: "m/84'/0'/0'/0/0" },
  ];
  for (const lie of lies)
    expect(value(signPsbt(createPsbt([{ ...honest, origin: lie }], OUTPUTS.slice(1)), A)).signed).toEqual([]);
  const channelKey = A.channelPublicKey('funding', 0);
  const script = coinScript('bip84', channelKey);
  const previousTx = makeTx([], [{ value: sat(90_000), script }], 1);
  const stolen = createPsbt(
    [{ previousTx, vout: 0, origin: { ...origin, path: "m/1017'/1'/0'/0/0", publicKey: channelKey } }],
    OUTPUTS.slice(1),
  );
  expect(value(signPsbt(stolen, A)).signed).toEqual([]);
});

test('a previous transaction that is not the one spent, or says another amount: named', () => {
  const psbt = Psbt.fromBuffer(joint());
  const utxo = psbt.data.inputs[0]?.witnessUtxo as { value: bigint };
  utxo.value = 90_000n;
  expect(inspectPsbt(Uint8Array.from(psbt.toBuffer()))).toEqual({
    ok: false,
    error: { code: 'previousTxMismatch', input: 0 },
  });
});

test('P2WPKH without proof of its amount: not signed; P2TR beside an input of unknown amount: not signed', () => {
  const psbt = Psbt.fromBuffer(joint());
  const bare = new Psbt();
  for (const [i, input] of psbt.txInputs.entries()) {
    const { nonWitnessUtxo: _, ...fields } = psbt.data.inputs[i] ?? {};
    bare.addInput({ hash: input.hash, index: input.index, sequence: input.sequence as number });
    const { witnessUtxo, ...others } = fields;
    bare.data.updateInput(i, {
      ...others,
      ...(i === 2 ? {} : { witnessUtxo: witnessUtxo as { value: bigint; script: Uint8Array } }),
    });
  }
  bare.addOutput(OUTPUTS[0] as { value: bigint; script: Uint8Array });
  const bytes = Uint8Array.from(bare.toBuffer());
  expect(signPsbt(bytes, A)).toEqual({ ok: false, error: { code: 'amountUnproven', input: 0 } });
  expect(signPsbt(bytes, B)).toEqual({ ok: false, error: { code: 'amountUnknown', input: 2 } });
  expect(value(inspectPsbt(bytes)).fee).toBeNull();
});

test('another sighash is asked for: refused; taproot with SIGHASH_ALL: signed with 65 bytes', () => {
  for (const [keys, index, sighashType, refused] of [
    [A, 0, 0x83, true],
    [B, 1, 0x02, true],
    [B, 1, 0x01, false],
  ] as const) {
    const psbt = Psbt.fromBuffer(joint());
    psbt.data.updateInput(index, { sighashType });
    const signed = signPsbt(Uint8Array.from(psbt.toBuffer()), keys);
    if (refused)
      expect(signed).toEqual({ ok: false, error: { code: 'unsafeSighash', input: index, sighashType } });
    else {
      const final = value(finalizePsbt([A, C].reduce(sign, value(signed).psbt)));
      expect(final.tx.inputs[1]?.witness[0]?.length).toBe(65);
    }
  }
});

test('outputs worth more than the inputs: named', () => {
  const psbt = createPsbt([inputOf(A, 'bip84', 0, 1000)], OUTPUTS);
  expect(inspectPsbt(psbt)).toEqual({
    ok: false,
    error: { code: 'outputsExceedInputs', inputsSat: 1000n, outputsSat: 170_000n },
  });
});

test('copies of different transactions: not combined', () => {
  const other = createPsbt([inputOf(A, 'bip84', 9, 100_000)], OUTPUTS.slice(1));
  expect(combinePsbts(joint(), other)).toEqual({ ok: false, error: { code: 'differentTransactions' } });
});

test('an anchor beside a coin: spent without signature', () => {
  const parent: Tx = makeTx([], [{ value: sat(240), script: ANCHOR_SCRIPT }], 5);
  const psbt = createPsbt(
    [{ previousTx: parent, vout: 0 }, inputOf(A, 'bip86', 4, 30_000)],
    [{ value: sat(20_000), script: FOREIGN_SCRIPT }],
    { version: 3 },
  );
  const { tx } = value(finalizePsbt(sign(psbt, A)));
  expect(tx.inputs.map(({ witness }) => witness.length)).toEqual([0, 1]);
  expect(value(inputWitnesses(psbt))).toEqual([[], null]);
});

test('base64: there and back', () => {
  const psbt = sign(joint(), B);
  expect(value(psbtFromBase64(`${psbtToBase64(psbt)}\n`))).toEqual(psbt);
  expect(psbtFromBase64('cHNidP8=').ok).toBe(false);
});

test('any bytes, and PSBTs with bytes changed, cut or repeated: data, never an exception', () => {
  const whole = sign(sign(joint(), A), B);
  const damaged = fc.oneof(
    fc.uint8Array({ maxLength: 200 }),
    fc.uint8Array({ maxLength: 200 }).map((tail) => Uint8Array.from([...fromHex('70736274ff'), ...tail])),
    fc
      .array(fc.tuple(fc.nat({ max: whole.length - 1 }), fc.nat({ max: 255 })), {
        minLength: 1,
        maxLength: 4,
      })
      .map((changes) => {
        const bytes = Uint8Array.from(whole);
        for (const [at, byte] of changes) bytes[at] = byte;
        return bytes;
      }),
    fc.nat({ max: whole.length }).map((length) => whole.slice(0, length)),
    fc
      .tuple(fc.nat({ max: whole.length }), fc.nat({ max: whole.length }))
      .map(([a, b]) => Uint8Array.from([...whole.slice(0, a), ...whole.slice(b)])),
  );
  fc.assert(
    fc.property(damaged, (bytes) => {
      const codes = [
        inspectPsbt(bytes),
        signPsbt(bytes, C),
        finalizePsbt(bytes),
        inputWitnesses(bytes),
        combinePsbts(whole, bytes),
        extendPsbt(bytes, [], OUTPUTS),
        addOrigins(bytes, () => undefined),
        psbtFromBase64(toHex(bytes)),
      ].map((result) => (result.ok ? 'ok' : result.error.code));
      for (const code of codes) expect(code).toBeTypeOf('string');
    }),
    { numRuns: 1500 },
  );
});
