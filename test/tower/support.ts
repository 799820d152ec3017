import { counterpartyOf, type Trader } from '../../src/base/role.ts';
import { localTraderSigner } from '../../src/channel/localSigner.ts';
import { generateFromSeed, shachainIndex } from '../../src/crypto/shachain.ts';
import { justiceBlob, type TowerBlob } from '../../src/tower/blob.ts';
import type { Balances, Contract } from '../../src/tx/contract.ts';
import { commitmentOf, PAYOUT, secretOf } from '../penalty/support.ts';
import { secp } from '../support/curve.ts';

/** Every secret that a trader of the tests has in its channel. */
export function secretsOf(trader: Trader) {
  return {
    funding: secretOf(`${trader} funding`),
    revocation: secretOf(`${trader} revocation`),
    payment: secretOf(`${trader} payment`),
    delayed: secretOf(`${trader} delayed`),
    perCommitmentSeed: secretOf(`${trader} seed`),
  };
}

export const signerOf = (trader: Trader) => localTraderSigner(secp, trader, secretsOf(trader));

/** The secret that `broadcaster` gave away when its commitment `n` was revoked. */
export const revokedSecret = (broadcaster: Trader, n: bigint): Uint8Array =>
  generateFromSeed(secretOf(`${broadcaster} seed`), shachainIndex(n));

/** The blob that the other trader makes of `broadcaster`'s revoked commitment to `state`. */
export function blobOf(contract: Contract, broadcaster: Trader, state: Balances): TowerBlob {
  const victim = counterpartyOf(broadcaster);
  const secret = revokedSecret(broadcaster, state.n);
  const signed = signerOf(victim).signJustice(contract, state, secret, PAYOUT[victim]);
  return justiceBlob(commitmentOf(contract, broadcaster, state), PAYOUT[victim], signed);
}
