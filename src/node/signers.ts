import type { Role } from '../base/role.ts';
import { localTraderSigner, localUtilitySigner } from '../channel/localSigner.ts';
import type { ChannelSigner } from '../channel/step.ts';
import type { Secp256k1 } from '../crypto/secp256k1.ts';
import type { Keychain, KeyFamily } from '../wallet/hd.ts';

/** The keys of this node's channel `index` (protocol section 3). */
export function signerFor(secp: Secp256k1, keys: Keychain, role: Role, index: number): ChannelSigner {
  const secret = (family: KeyFamily) => keys.channelSecret(family, index);
  if (role === 'utility') {
    const secrets = {
      funding: secret('funding'),
      payment: secret('paymentBasepoint'),
      deliverySeed: secret('deliverySeed'),
    };
    return { role: 'utility', signer: localUtilitySigner(secp, secrets) };
  }
  const secrets = {
    funding: secret('funding'),
    revocation: secret('revocationBasepoint'),
    payment: secret('paymentBasepoint'),
    delayed: secret('delayedPaymentBasepoint'),
    perCommitmentSeed: secret('perCommitmentSeed'),
  };
  return { role: 'trader', signer: localTraderSigner(secp, role, secrets) };
}

/** The ECDH of this node's identity (BOLT 8): all that a transport is given of the secret key. */
export function identityEcdh(secp: Secp256k1, keys: Keychain): (point: Uint8Array) => Uint8Array {
  return (point) => secp.ecdh(point, keys.channelSecret('nodeIdentity', 0));
}
