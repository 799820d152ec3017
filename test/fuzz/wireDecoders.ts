import fc from 'fast-check';
import { concat, equalBytes, fromHex, reverseBytes } from '../../src/base/bytes.ts';
import { decode, encode } from '../../src/base/codec.ts';
import { decodeBlock } from '../../src/chain/block.ts';
import { DELIVERY_STATEMENT } from '../../src/market/deliveryStatement.ts';
import { METER_READING } from '../../src/market/meter.ts';
import { OFFER } from '../../src/market/offer.ts';
import { type StatementKind, signedCodec } from '../../src/market/statement.ts';
import { TARIFF } from '../../src/market/tariff.ts';
import { readWitness, readWitnessScript } from '../../src/penalty/witness.ts';
import { buildCommitment } from '../../src/tx/commitment.ts';
import { witnessScript } from '../../src/tx/outputs.ts';
import { decodeTx, encodeTx, type Tx, txid } from '../../src/tx/transaction.ts';
import { decodeWitness } from '../../src/wallet/witnessStack.ts';
import { decodeMessage, encodeMessage } from '../../src/wire/messages.ts';
import { offers, readings, statements, tariffs } from '../market/arbitraries.ts';
import { states } from '../support/arbitraries.ts';
import { messages } from '../wire/arbitraries.ts';
import { canonical, type Decoder, whether } from './decoder.ts';

const sample = <T>(arbitrary: fc.Arbitrary<T>, count = 60): T[] =>
  fc.sample(arbitrary, { seed: 1, numRuns: count });

const commitments = () =>
  sample(states, 20).map(({ contract, state }) =>
    buildCommitment(contract, state, 'consumer', contract.keys.producer.revocation),
  );
const transactions = () => commitments().map(({ tx }) => encodeTx(tx));
const scripts = () =>
  commitments().flatMap(({ outputs }) =>
    outputs.flatMap((each) => ('spec' in each ? witnessScript(each.spec) : [])),
  );

/** A message may end with records that we pass over: what we would write is the beginning of what came. */
const message: Decoder = {
  name: 'message',
  samples: () => sample(messages, 200).map(encodeMessage),
  read: (bytes) => {
    const decoded = decodeMessage(bytes);
    if (!decoded.ok) return 'refused';
    const written = encodeMessage(decoded.value);
    if (!equalBytes(written, bytes.slice(0, written.length))) return { problem: 'not the canonical bytes' };
    return decodeMessage(written).ok ? 'accepted' : { problem: 'own bytes refused' };
  },
};

function statement<T, P>(name: string, kind: StatementKind<T, P>, values: fc.Arbitrary<T>): Decoder {
  const codec = signedCodec(kind);
  const signature = new Uint8Array(64).fill(1);
  return canonical(
    name,
    () => sample(values).map((body) => encode(codec, { body, signature })),
    (bytes) => {
      const decoded = decode(codec, bytes);
      if (decoded.ok) kind.check(decoded.value.body);
      return decoded;
    },
    (value) => encode(codec, value),
  );
}

const [channel] = sample(states, 1);

/** A block of one transaction: its merkle root is the transaction's id. */
function blockOf(tx: Tx): Uint8Array {
  const root = reverseBytes(fromHex(txid(tx)));
  return concat(new Uint8Array(36), root, new Uint8Array(12), Uint8Array.of(1), encodeTx(tx));
}

/** Bytes as a witness of items with one byte of length each. */
function stackOf(bytes: Uint8Array): readonly Uint8Array[] {
  const stack: Uint8Array[] = [];
  for (let at = 0; at < bytes.length; ) {
    const end = at + 1 + (bytes[at] as number);
    stack.push(bytes.slice(at + 1, end));
    at = end;
  }
  return stack;
}

/** Formats of bytes: what peers and the chain say. */
export const WIRE_DECODERS: readonly Decoder[] = [
  message,
  statement('tariff', TARIFF, tariffs),
  statement('offer', OFFER, offers),
  statement('meter reading', METER_READING, readings),
  statement('delivery statement', DELIVERY_STATEMENT, statements),
  canonical('transaction', transactions, decodeTx, encodeTx),
  {
    name: 'block',
    samples: () => commitments().map(({ tx }) => blockOf(tx)),
    read: (bytes) => whether(decodeBlock(bytes).ok),
  },
  {
    name: 'witness script',
    samples: scripts,
    read: (bytes) => {
      const spec = readWitnessScript(bytes);
      if (spec === undefined) return 'refused';
      return equalBytes(witnessScript(spec), bytes) ? 'accepted' : { problem: 'another script' };
    },
  },
  {
    name: 'witness',
    samples: () => scripts().map((script) => Uint8Array.of(3, 1, 2, 3, 0, 1, 1, script.length, ...script)),
    read: (bytes) => {
      if (channel === undefined) return 'refused';
      return whether(readWitness(channel.contract, stackOf(bytes)).how !== 'unknown');
    },
  },
  {
    name: 'witness of a PSBT',
    samples: () => scripts().map((script) => Uint8Array.of(2, 1, 7, script.length, ...script)),
    read: (bytes) => whether(decodeWitness(bytes) !== undefined),
  },
];
