import { invariant } from '../../src/base/invariant.ts';
import type { Role, Trader } from '../../src/base/role.ts';
import { localUtilitySigner } from '../../src/channel/localSigner.ts';
import type { TraderSigner, UtilitySigner } from '../../src/channel/signer.ts';
import type { ChannelSigner } from '../../src/channel/step.ts';
import { signerFor } from '../../src/node/signers.ts';
import type { KeyFamily } from '../../src/wallet/hd.ts';
import { secp } from '../support/curve.ts';
import type { Party } from './arena.ts';

/** Index of the one channel of a schedule in each node's key families. */
const CHANNEL = 0;

/** A secret of a party's channel, as its seed gives it. */
export function secretOf({ node }: Party, family: KeyFamily): Uint8Array {
  return node.wallet.keys.channelSecret(family, CHANNEL);
}

/** What the party's seed can sign with, whatever its disk says. */
export function signerOf({ node, role }: Party): ChannelSigner {
  return signerFor(secp, node.wallet.keys, role, CHANNEL);
}

export function traderSigner(party: Party): TraderSigner {
  const signer = signerOf(party);
  invariant(signer.role === 'trader', 'a trader signs as a trader');
  return signer.signer;
}

export function utilitySigner(party: Party): UtilitySigner {
  return localUtilitySigner(secp, {
    funding: secretOf(party, 'funding'),
    payment: secretOf(party, 'paymentBasepoint'),
    deliverySeed: secretOf(party, 'deliverySeed'),
  });
}

export function isTrader(role: Role): role is Trader {
  return role !== 'utility';
}
