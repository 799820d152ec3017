import { concat } from '../base/bytes.ts';
import { sha256 } from './hash.ts';
import type { Secp256k1 } from './secp256k1.ts';

/**
 * The revocation public key of one commitment (BOLT 3): the counterparty's revocation basepoint blended with
 * the broadcaster's per-commitment point. Nobody knows its secret until the broadcaster gives its
 * per-commitment secret away.
 */
export function revocationPublicKey(
  secp: Secp256k1,
  revocationBasepoint: Uint8Array,
  perCommitmentPoint: Uint8Array,
): Uint8Array {
  return secp.combination(
    revocationBasepoint,
    sha256(concat(revocationBasepoint, perCommitmentPoint)),
    perCommitmentPoint,
    sha256(concat(perCommitmentPoint, revocationBasepoint)),
  );
}

/** The secret of {@link revocationPublicKey}, from the basepoint secret and the revealed per-commitment secret. */
export function revocationSecret(
  secp: Secp256k1,
  revocationBasepointSecret: Uint8Array,
  perCommitmentSecret: Uint8Array,
): Uint8Array {
  const basepoint = secp.publicKey(revocationBasepointSecret);
  const point = secp.publicKey(perCommitmentSecret);
  return secp.secretAdd(
    secp.secretMultiply(revocationBasepointSecret, sha256(concat(basepoint, point))),
    secp.secretMultiply(perCommitmentSecret, sha256(concat(point, basepoint))),
  );
}
