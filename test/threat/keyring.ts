import { toHex } from '../../src/base/bytes.ts';
import { secp } from '../support/curve.ts';

/** An attack asked for a key that its coalition does not have. */
export class NotOurs extends Error {
  override readonly name = 'NotOurs';
}

/** The secrets of a coalition, by public key. There is no way to sign with any other. */
export class CoalitionKeys {
  readonly #secrets = new Map<string, Uint8Array>();

  learn(secret: Uint8Array): void {
    this.#secrets.set(toHex(secp.publicKey(secret)), secret);
  }

  has(publicKey: Uint8Array): boolean {
    return this.#secrets.has(toHex(publicKey));
  }

  /** ECDSA, compact. Throws {@link NotOurs}. */
  sign(hash: Uint8Array, publicKey: Uint8Array): Uint8Array {
    return secp.sign(hash, this.secretOf(publicKey));
  }

  /** Throws {@link NotOurs}. */
  secretOf(publicKey: Uint8Array): Uint8Array {
    const secret = this.#secrets.get(toHex(publicKey));
    if (secret === undefined) throw new NotOurs(`the coalition has no secret of ${toHex(publicKey)}`);
    return secret;
  }
}
