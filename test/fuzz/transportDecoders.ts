import { equalBytes, fromHex, utf8 } from '../../src/base/bytes.ts';
import { tinySecp256k1 as secp } from '../../src/crypto/tiny.ts';
import { addressUrl } from '../../src/transport/address.ts';
import { type Handshake, initiate, receiveAct, respond } from '../../src/transport/noise/handshake.ts';
import { HEADER_LENGTH, readPart, sealRecord } from '../../src/transport/noise/record.ts';
import { decodeInit, decodePing, encodeInit, encodePing } from '../../src/wire/lightning.ts';
import { CALLED, CALLER, pair, taken } from '../transport/session/pair.ts';
import { CHAIN_HASH, type Party } from '../transport/websocket/net.ts';
import { type Decoder, textual, whether } from './decoder.ts';

const cipher = { key: new Uint8Array(32).fill(1), chainingKey: new Uint8Array(32).fill(2), nonce: 998 };
const keysOf = ({ nodeId, identity }: Party, fill: number) => ({
  nodeId,
  ecdh: identity.ecdh,
  ephemeral: new Uint8Array(32).fill(fill),
});

/** The handshake of two nodes: what each waits for, and the acts that it takes. */
function acts(): readonly { readonly waiting: Handshake; readonly act: Uint8Array }[] {
  const called = respond(keysOf(CALLED, 0x22));
  const one = initiate(secp, keysOf(CALLER, 0x11), CALLED.nodeId);
  const two = receiveAct(secp, called, one.send);
  if (!('next' in one) || !two.ok || !('next' in two.value)) throw new Error('no handshake');
  const three = receiveAct(secp, one.next, two.value.send);
  if (!three.ok) throw new Error('no act three');
  return [
    { waiting: called, act: one.send },
    { waiting: one.next, act: two.value.send },
    { waiting: two.value.next, act: three.value.send },
  ];
}

function handshakeActs(): readonly Decoder[] {
  return acts().map(({ waiting, act }) => ({
    name: `handshake act ${waiting.waitsFor}`,
    samples: () => [act],
    read: (bytes) => {
      const taken = receiveAct(secp, waiting, bytes);
      if (!taken.ok) return 'refused';
      return equalBytes(bytes, act) ? 'accepted' : { problem: 'an act that was altered' };
    },
  }));
}

/** A header and a message, over a key rotation. */
const record: Decoder = {
  name: 'record',
  samples: () => [1, 20, 300].map((length) => sealRecord(cipher, new Uint8Array(length)).bytes),
  read: (bytes) => {
    const header = readPart({ cipher, messageLength: undefined }, bytes.subarray(0, HEADER_LENGTH));
    const body = header === undefined ? undefined : readPart(header.reader, bytes.subarray(HEADER_LENGTH));
    if (body?.message === undefined) return 'refused';
    return equalBytes(sealRecord(cipher, body.message).bytes, bytes)
      ? 'accepted'
      : { problem: 'not what would be sealed' };
  },
};

/** The first bytes of a caller, acts and all. */
const stream: Decoder = {
  name: 'stream of a caller',
  samples: () => [taken(pair().caller)],
  read: (bytes) => {
    const { called } = pair();
    called.session.receive(bytes);
    return whether(called.error === undefined);
  },
};

const init: Decoder = {
  name: 'init',
  samples: () => [
    encodeInit({ features: new Uint8Array(0) }),
    encodeInit({ features: Uint8Array.of(0x80, 0xaa), networks: [fromHex(CHAIN_HASH)], ordinal: 7n }),
  ],
  read: (bytes) => {
    const decoded = decodeInit(bytes);
    if (!decoded.ok) return 'refused';
    const again = decodeInit(encodeInit(decoded.value));
    return again.ok ? 'accepted' : { problem: 'own bytes refused' };
  },
};

const ping: Decoder = {
  name: 'ping',
  samples: () => [encodePing(0), encodePing(65_535)],
  read: (bytes) => whether(decodePing(bytes).ok),
};

const address = textual(
  'peer address',
  () => ['127.0.0.1:9735', '[::1]:9735', 'ws://example.org:1/path', 'wss://example.org'],
  (text) => {
    const url = addressUrl(text);
    if (!url.ok) return 'refused';
    const again = addressUrl(url.value);
    return again.ok && again.value === url.value && utf8(text).length > 0
      ? 'accepted'
      : { problem: 'not its own URL' };
  },
);

/** What a caller says before and after it is known, and where peers are said to listen. */
export function transportDecoders(): readonly Decoder[] {
  return [...handshakeActs(), record, stream, init, ping, address];
}
