import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { fromHex, toHex, utf8 } from '../../../src/base/bytes.ts';
import { tinySecp256k1 } from '../../../src/crypto/tiny.ts';
import {
  type Handshake,
  type HandshakeError,
  type HandshakeStep,
  initiate,
  type Keys,
  type OwnKeys,
  receiveAct,
  respond,
} from '../../../src/transport/noise/handshake.ts';
import { nextLength, readPart, sealRecord } from '../../../src/transport/noise/record.ts';

type Step =
  | { readonly input: string }
  | { readonly output: string }
  | { readonly keys: { readonly sk: string; readonly rk: string } }
  | { readonly error: string };

interface HandshakeVector {
  readonly name: string;
  readonly role: 'initiator' | 'responder';
  readonly remoteStaticPublic?: string;
  readonly localStaticSecret: string;
  readonly localStaticPublic: string;
  readonly ephemeralSecret: string;
  readonly ephemeralPublic: string;
  readonly steps: readonly Step[];
}

const { handshakes, messages } = JSON.parse(
  readFileSync(new URL('../../vectors/bolt8.json', import.meta.url), 'utf8'),
) as {
  readonly handshakes: readonly HandshakeVector[];
  readonly messages: {
    readonly chainingKey: string;
    readonly sendKey: string;
    readonly receiveKey: string;
    readonly message: string;
    readonly outputs: Readonly<Record<string, string>>;
  };
};

const CODES: Readonly<Record<string, HandshakeError['code']>> = {
  READ_FAILED: 'readFailed',
  BAD_VERSION: 'badVersion',
  BAD_PUBKEY: 'badKey',
  BAD_TAG: 'badTag',
  BAD_CIPHERTEXT: 'badCiphertext',
};

/** `ACT2_BAD_TAG` as our error. */
function expectedError(text: string): HandshakeError {
  const [, act, code = ''] = /^ACT(\d)_(\w+)$/.exec(text) ?? [];
  return { code: CODES[code] ?? 'readFailed', act: Number(act) as 1 | 2 | 3 };
}

function keysOf(vector: HandshakeVector): OwnKeys {
  const secret = fromHex(vector.localStaticSecret);
  return {
    nodeId: fromHex(vector.localStaticPublic),
    ecdh: (point) => tinySecp256k1.ecdh(point, secret),
    ephemeral: fromHex(vector.ephemeralSecret),
  };
}

/** Runs a vector; what it says that we should output and conclude, and what we did. */
function replay(vector: HandshakeVector): { readonly said: unknown[]; readonly did: unknown[] } {
  const said: unknown[] = [];
  const did: unknown[] = [];
  let waiting: Handshake | undefined;
  let keys: Keys | undefined;
  const follow = (step: HandshakeStep) => {
    if (step.send.length > 0) did.push(toHex(step.send));
    if ('keys' in step) keys = step.keys;
    else waiting = step.next;
  };
  const own = keysOf(vector);
  if (vector.role === 'initiator')
    follow(initiate(tinySecp256k1, own, fromHex(vector.remoteStaticPublic ?? '')));
  else waiting = respond(own);
  for (const step of vector.steps) {
    if ('output' in step) said.push(step.output);
    else if ('error' in step) said.push(expectedError(step.error));
    else if ('keys' in step) {
      said.push(step.keys);
      did.push(keys && { sk: toHex(keys.send.key), rk: toHex(keys.receive.key) });
    } else if (waiting !== undefined) {
      const taken = receiveAct(tinySecp256k1, waiting, fromHex(step.input));
      if (taken.ok) follow(taken.value);
      else did.push(taken.error);
    }
  }
  return { said, did };
}

describe('BOLT 8, appendix A', () => {
  it.each(handshakes.map((vector) => [vector.name, vector] as const))('%s', (_, vector) => {
    expect(toHex(tinySecp256k1.publicKey(fromHex(vector.ephemeralSecret)))).toBe(vector.ephemeralPublic);
    const { said, did } = replay(vector);
    expect(did).toEqual(said);
  });

  it('handshakes: nine that fail for a responder, four for an initiator, and one of each that does not', () => {
    const failing = handshakes.filter(({ steps }) => steps.some((step) => 'error' in step));
    expect(failing.filter(({ role }) => role === 'responder')).toHaveLength(9);
    expect(failing.filter(({ role }) => role === 'initiator')).toHaveLength(4);
    expect(handshakes).toHaveLength(15);
  });

  const at = { key: fromHex(messages.sendKey), chainingKey: fromHex(messages.chainingKey), nonce: 0 };
  const sealed: Uint8Array[] = [];
  for (let state = at, n = 0; n <= 1001; n++) {
    const record = sealRecord(state, fromHex(messages.message));
    state = record.state;
    sealed.push(record.bytes);
  }

  it.each(Object.entries(messages.outputs))('message %s: as published', (index, output) => {
    expect(toHex(sealed[Number(index)] ?? new Uint8Array(0))).toBe(output);
  });

  it('the 1,002 messages: read back by the other side, over both key rotations', () => {
    let reader = { cipher: at, messageLength: undefined as number | undefined };
    for (const record of sealed) {
      const header = readPart(reader, record.subarray(0, nextLength(reader)));
      if (header === undefined) throw new Error('header refused');
      const body = readPart(header.reader, record.subarray(18));
      if (body?.message === undefined) throw new Error('message refused');
      expect(body.message).toEqual(utf8('hello'));
      reader = body.reader as typeof reader;
    }
  });
});
