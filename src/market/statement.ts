import { type Codec, decode, encode, type Malformed, signature, struct } from '../base/codec.ts';
import { invariant } from '../base/invariant.ts';
import { err, ok, type Result } from '../base/result.ts';
import { taggedHash } from '../crypto/hash.ts';
import type { Secp256k1 } from '../crypto/secp256k1.ts';

/** Something said and signed: `signature` is 64 bytes, BIP340 over the tagged hash of the body's canonical bytes. */
export interface Signed<T> {
  readonly body: T;
  readonly signature: Uint8Array;
}

/** One kind of signed statement. `tag` keeps a signature on one kind from counting for another. */
export interface StatementKind<T, Problem> {
  readonly tag: string;
  readonly codec: Codec<T>;
  /** Which rule of this kind the body breaks on its own, if any. */
  readonly check: (body: T) => Problem | undefined;
}

export interface BadSignature {
  readonly code: 'badSignature';
}

/** The 32 bytes that a statement's signature signs. */
export function statementHash<T, P>(kind: StatementKind<T, P>, body: T): Uint8Array {
  return taggedHash(kind.tag, encode(kind.codec, body));
}

/**
 * Signs `body`, the same bytes each time (no auxiliary randomness).
 * Throws `InvariantError` on a body that breaks a rule of its kind: nobody signs what no one would accept.
 */
export function signStatement<T, P>(
  secp: Secp256k1,
  kind: StatementKind<T, P>,
  body: T,
  secret: Uint8Array,
): Signed<T> {
  const problem = kind.check(body);
  invariant(problem === undefined, `${kind.tag} that breaks a rule`);
  return { body, signature: secp.signSchnorr(statementHash(kind, body), secret) };
}

/** The body, if `xOnlyKey` (32 bytes) signed it and it keeps the rules of its kind. */
export function verifyStatement<T, P>(
  secp: Secp256k1,
  kind: StatementKind<T, P>,
  signed: Signed<T>,
  xOnlyKey: Uint8Array,
): Result<T, P | BadSignature> {
  if (!secp.verifySchnorr(statementHash(kind, signed.body), xOnlyKey, signed.signature))
    return err({ code: 'badSignature' });
  const problem = kind.check(signed.body);
  return problem === undefined ? ok(signed.body) : err(problem);
}

/** A statement inside of another: the body's bytes, then 64 bytes. */
export function signedCodec<T, P>(kind: StatementKind<T, P>): Codec<Signed<T>> {
  return struct({ body: kind.codec, signature });
}

/** The statement as messages carry it, the body in its canonical bytes. */
export function encodeSigned<T, P>(
  kind: StatementKind<T, P>,
  { body, signature }: Signed<T>,
): Signed<Uint8Array> {
  return { body: encode(kind.codec, body), signature };
}

/** The inverse of {@link encodeSigned}. Says nothing of the signature's or the rules' truth: verify next. */
export function decodeSigned<T, P>(
  kind: StatementKind<T, P>,
  { body, signature }: Signed<Uint8Array>,
): Result<Signed<T>, Malformed> {
  const decoded = decode(kind.codec, body);
  return decoded.ok ? ok({ body: decoded.value, signature }) : decoded;
}
