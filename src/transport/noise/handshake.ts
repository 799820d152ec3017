import { concat, utf8 } from '../../base/bytes.ts';
import { invariant } from '../../base/invariant.ts';
import { err, ok, type Result } from '../../base/result.ts';
import { sha256 } from '../../crypto/hash.ts';
import type { Secp256k1 } from '../../crypto/secp256k1.ts';
import { type CipherState, decrypt, encrypt, TAG_LENGTH, twoKeys } from './cipher.ts';

/** Bytes of acts one and two: version, key, tag. */
const SHORT_ACT = 1 + 33 + TAG_LENGTH;
/** Bytes of act three: version, sealed key, tag. */
const LONG_ACT = 1 + 33 + TAG_LENGTH + TAG_LENGTH;
const VERSION = 0;

/** The curve operations of a handshake. */
export type Curve = Pick<Secp256k1, 'isPublicKey' | 'publicKey' | 'ecdh'>;

/** Our own side of a handshake. */
export interface OwnKeys {
  /** Node id, 33 bytes. */
  readonly nodeId: Uint8Array;
  /** SHA256 of the compressed product of our node's secret and `point`. */
  readonly ecdh: (point: Uint8Array) => Uint8Array;
  /** 32 secret bytes, a key of the curve, for this handshake only. */
  readonly ephemeral: Uint8Array;
}

/** What both sides have mixed by now. */
interface Mixed {
  readonly chainingKey: Uint8Array;
  readonly digest: Uint8Array;
}

/** A handshake (BOLT 8) that waits for the peer's next act. */
export type Handshake =
  | (Mixed & { readonly waitsFor: 2; readonly own: OwnKeys; readonly peer: Uint8Array })
  | (Mixed & { readonly waitsFor: 1; readonly own: OwnKeys })
  | (Mixed & { readonly waitsFor: 3; readonly own: OwnKeys; readonly key: Uint8Array });

/** Both sides know each other; what follows is sealed with these. */
export interface Keys {
  /** Node id of the peer, proved. */
  readonly peer: Uint8Array;
  readonly send: CipherState;
  readonly receive: CipherState;
}

/** Why an act ended the handshake. No answer leaves: the other side learns nothing. */
export interface HandshakeError {
  /**
   * `readFailed`: not as long as the act is; `badVersion`: not ours; `badKey`: no point of the curve; `badTag`: made
   * without our node id, without the keys that it names, or altered on the way; `badCiphertext`: the same of the key
   * in act three.
   */
  readonly code: 'readFailed' | 'badVersion' | 'badKey' | 'badTag' | 'badCiphertext';
  readonly act: 1 | 2 | 3;
}

/** What follows from an act: perhaps bytes to send, and what to wait for, or the keys. */
export type HandshakeStep =
  | { readonly send: Uint8Array; readonly next: Handshake }
  | { readonly send: Uint8Array; readonly keys: Keys };

const PROTOCOL = sha256(utf8('Noise_XK_secp256k1_ChaChaPoly_SHA256'));
const PROLOGUE = sha256(concat(PROTOCOL, utf8('lightning')));
const NOTHING = new Uint8Array(0);

/** Begins a handshake with the node `peer`, a point of the curve: act one, and the wait for act two. */
export function initiate(curve: Curve, own: OwnKeys, peer: Uint8Array): HandshakeStep {
  invariant(curve.isPublicKey(peer), 'a node id is a point of the curve');
  const begun = begin(peer);
  const ephemeral = curve.publicKey(own.ephemeral);
  const digest = mixDigest(begun.digest, ephemeral);
  const [chainingKey, key] = twoKeys(begun.chainingKey, curve.ecdh(peer, own.ephemeral));
  const tag = encrypt(key, 0, digest, NOTHING);
  return {
    send: concat(Uint8Array.of(VERSION), ephemeral, tag),
    next: { waitsFor: 2, chainingKey, digest: mixDigest(digest, tag), own, peer },
  };
}

/** Waits for act one of whoever calls. */
export function respond(own: OwnKeys): Handshake {
  return { waitsFor: 1, ...begin(own.nodeId), own };
}

/** How many bytes the act has that a handshake waits for. */
export function actLength(handshake: Handshake): number {
  return handshake.waitsFor === 3 ? LONG_ACT : SHORT_ACT;
}

/** Takes the peer's next act. Never throws on any bytes. */
export function receiveAct(
  curve: Curve,
  handshake: Handshake,
  act: Uint8Array,
): Result<HandshakeStep, HandshakeError> {
  const refuse = (code: HandshakeError['code']) => err({ code, act: handshake.waitsFor });
  if (act.length !== actLength(handshake)) return refuse('readFailed');
  if (act[0] !== VERSION) return refuse('badVersion');
  const body = act.slice(1);
  const step =
    handshake.waitsFor === 1
      ? afterActOne(curve, handshake, body)
      : handshake.waitsFor === 2
        ? afterActTwo(curve, handshake, body)
        : afterActThree(curve, handshake, body);
  return typeof step === 'string' ? refuse(step) : ok(step);
}

type Refused = Exclude<HandshakeError['code'], 'readFailed' | 'badVersion'>;

function afterActOne(
  curve: Curve,
  { own, ...mixed }: Extract<Handshake, { waitsFor: 1 }>,
  body: Uint8Array,
): HandshakeStep | Refused {
  const theirs = readEphemeral(curve, mixed, body, own.ecdh);
  if (typeof theirs === 'string') return theirs;
  const ephemeral = curve.publicKey(own.ephemeral);
  const digest = mixDigest(theirs.digest, ephemeral);
  const [chainingKey, key] = twoKeys(theirs.chainingKey, curve.ecdh(theirs.ephemeral, own.ephemeral));
  const tag = encrypt(key, 0, digest, NOTHING);
  return {
    send: concat(Uint8Array.of(VERSION), ephemeral, tag),
    next: { waitsFor: 3, chainingKey, digest: mixDigest(digest, tag), own, key },
  };
}

function afterActTwo(
  curve: Curve,
  { own, peer, ...mixed }: Extract<Handshake, { waitsFor: 2 }>,
  body: Uint8Array,
): HandshakeStep | Refused {
  const theirs = readEphemeral(curve, mixed, body, (point) => curve.ecdh(point, own.ephemeral));
  if (typeof theirs === 'string') return theirs;
  const sealedKey = encrypt(theirs.key, 1, theirs.digest, own.nodeId);
  const digest = mixDigest(theirs.digest, sealedKey);
  const [chainingKey, key] = twoKeys(theirs.chainingKey, own.ecdh(theirs.ephemeral));
  const [sendKey, receiveKey] = twoKeys(chainingKey, NOTHING);
  return {
    send: concat(Uint8Array.of(VERSION), sealedKey, encrypt(key, 0, digest, NOTHING)),
    keys: keysOf(peer, chainingKey, sendKey, receiveKey),
  };
}

function afterActThree(
  curve: Curve,
  { own, key, ...mixed }: Extract<Handshake, { waitsFor: 3 }>,
  body: Uint8Array,
): HandshakeStep | Refused {
  const sealedKey = body.slice(0, 33 + TAG_LENGTH);
  const peer = decrypt(key, 1, mixed.digest, sealedKey);
  if (peer === undefined) return 'badCiphertext';
  if (!curve.isPublicKey(peer)) return 'badKey';
  const [chainingKey, lastKey] = twoKeys(mixed.chainingKey, curve.ecdh(peer, own.ephemeral));
  const tag = body.slice(33 + TAG_LENGTH);
  if (decrypt(lastKey, 0, mixDigest(mixed.digest, sealedKey), tag) === undefined) return 'badTag';
  const [receiveKey, sendKey] = twoKeys(chainingKey, NOTHING);
  return { send: NOTHING, keys: keysOf(peer, chainingKey, sendKey, receiveKey) };
}

/** Acts one and two: a key of the peer for this handshake, and a tag that proves what it is mixed with. */
function readEphemeral(
  curve: Curve,
  { chainingKey, digest }: Mixed,
  body: Uint8Array,
  ecdh: (point: Uint8Array) => Uint8Array,
): (Mixed & { readonly ephemeral: Uint8Array; readonly key: Uint8Array }) | 'badKey' | 'badTag' {
  const ephemeral = body.slice(0, 33);
  const tag = body.slice(33);
  if (!curve.isPublicKey(ephemeral)) return 'badKey';
  const mixed = mixDigest(digest, ephemeral);
  const [nextChainingKey, key] = twoKeys(chainingKey, ecdh(ephemeral));
  if (decrypt(key, 0, mixed, tag) === undefined) return 'badTag';
  return { chainingKey: nextChainingKey, digest: mixDigest(mixed, tag), ephemeral, key };
}

function begin(responder: Uint8Array): Mixed {
  return { chainingKey: PROTOCOL, digest: mixDigest(PROLOGUE, responder) };
}

function mixDigest(digest: Uint8Array, data: Uint8Array): Uint8Array {
  return sha256(concat(digest, data));
}

function keysOf(
  peer: Uint8Array,
  chainingKey: Uint8Array,
  sendKey: Uint8Array,
  receiveKey: Uint8Array,
): Keys {
  return {
    peer,
    send: { key: sendKey, chainingKey, nonce: 0 },
    receive: { key: receiveKey, chainingKey, nonce: 0 },
  };
}
