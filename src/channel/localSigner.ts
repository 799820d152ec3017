import type { Sat } from '../base/amount.ts';
import { toHex } from '../base/bytes.ts';
import { invariant } from '../base/invariant.ts';
import { newestRemembered } from '../base/remembered.ts';
import { counterpartyOf, type Role, type Trader } from '../base/role.ts';
import { deliveryPreimage } from '../crypto/deliveryLock.ts';
import { taggedHash } from '../crypto/hash.ts';
import { revocationPublicKey, revocationSecret } from '../crypto/revocation.ts';
import type { Secp256k1 } from '../crypto/secp256k1.ts';
import { secretGenerator, shachainIndex } from '../crypto/shachain.ts';
import type { Claim } from '../tx/claim.ts';
import { buildCommitment, fundingSpec, fundingWitnessScript } from '../tx/commitment.ts';
import { type Balances, type Contract, fundingValueSat } from '../tx/contract.ts';
import { justicePayments, justiceSighash, revocableOutputs } from '../tx/justice.ts';
import { witnessScript } from '../tx/outputs.ts';
import { buildClose, buildPenalty, type PayoutScripts } from '../tx/settlement.ts';
import { type Spend, signingKeys, witnessOf } from '../tx/spending.ts';
import { provesApart, stateHash } from '../tx/stateProof.ts';
import { sighashV0, type Tx, withWitness } from '../tx/transaction.ts';
import type { IdentitySigner, TraderSigner, UtilitySigner } from './signer.ts';

/** A trader's secrets for one channel, 32 bytes each (protocol section 3). */
export interface TraderSecrets {
  readonly funding: Uint8Array;
  readonly revocation: Uint8Array;
  readonly payment: Uint8Array;
  readonly delayed: Uint8Array;
  readonly perCommitmentSeed: Uint8Array;
}

export interface UtilitySecrets {
  readonly funding: Uint8Array;
  readonly payment: Uint8Array;
  readonly deliverySeed: Uint8Array;
}

/** A {@link TraderSigner} with its secrets in this process's memory. */
export function localTraderSigner(secp: Secp256k1, role: Trader, secrets: TraderSecrets): TraderSigner {
  const secretAt = secretGenerator(secrets.perCommitmentSeed);
  // Asked for more than once while a commitment is current
  const commitmentSecret = newestRemembered((n: bigint) => secretAt(shachainIndex(n)));
  const point = newestRemembered((n: bigint) => secp.publicKey(commitmentSecret(n)));
  const keys = {
    funding: secp.publicKey(secrets.funding),
    revocation: secp.publicKey(secrets.revocation),
    payment: secp.publicKey(secrets.payment),
    delayed: secp.publicKey(secrets.delayed),
  };
  const keyring = keyringOf(secp, [secrets.payment, secrets.delayed]);
  return {
    keys,
    point,
    releaseSecret: commitmentSecret,
    signCommitment: (contract, balances, broadcaster, remotePoint) => {
      invariant(broadcaster !== role, 'a trader signs the other side’s commitments');
      const revocation = revocationPublicKey(secp, keys.revocation, remotePoint);
      const { tx } = buildCommitment(contract, balances, broadcaster, revocation);
      const signature = secp.sign(fundingSighash(contract, tx), secrets.funding);
      if (!provesApart(contract)) return { signature, stateSignature: null };
      return { signature, stateSignature: secp.sign(stateHash(contract, tx), secrets.funding) };
    },
    completeCommitment: (contract, balances, remoteSignature) => {
      const counterparty = counterpartyOf(role);
      const revocation = revocationPublicKey(secp, contract.keys[counterparty].revocation, point(balances.n));
      const { tx } = buildCommitment(contract, balances, role, revocation);
      const signature = secp.sign(fundingSighash(contract, tx), secrets.funding);
      return spendFunding(contract, tx, [role, counterparty], [signature, remoteSignature]);
    },
    signClose: (contract, balances, closer, feeSat, payout) => {
      const close = buildClose(contract, balances, closer, feeSat, payout);
      invariant(close.ok, 'a close is signed when its fee was checked');
      return secp.sign(fundingSighash(contract, close.value.tx), secrets.funding);
    },
    signPenalty: penaltySigner(secp, secrets.funding),
    signJustice: (contract, balances, remoteSecret, payoutScript) => {
      const secret = revocationSecret(secp, secrets.revocation, remoteSecret);
      const commitment = buildCommitment(contract, balances, counterpartyOf(role), secp.publicKey(secret));
      return revocableOutputs(commitment).map((output) =>
        justicePayments(output, payoutScript).map((payment) =>
          secp.sign(justiceSighash(output, payment), secret),
        ),
      );
    },
    signClaim: (claim, revealed) => {
      if (revealed === undefined) return signClaim(secp, claim, keyring);
      const punishing = revocationSecret(secp, secrets.revocation, revealed);
      return signClaim(secp, claim, new Map([...keyring, ...keyringOf(secp, [punishing])]));
    },
  };
}

/** A {@link UtilitySigner} with its secrets in this process's memory. */
export function localUtilitySigner(secp: Secp256k1, secrets: UtilitySecrets): UtilitySigner {
  const keyring = keyringOf(secp, [secrets.payment]);
  return {
    keys: { funding: secp.publicKey(secrets.funding), payment: secp.publicKey(secrets.payment) },
    preimage: (channelId, unit) => deliveryPreimage(secrets.deliverySeed, channelId, unit),
    signPenalty: penaltySigner(secp, secrets.funding),
    signClaim: (claim) => signClaim(secp, claim, keyring),
  };
}

export function localIdentity(secp: Secp256k1, secret: Uint8Array): IdentitySigner {
  return {
    nodeId: secp.publicKey(secret),
    signStatement: (tag, body) => secp.signSchnorr(taggedHash(tag, body), secret),
  };
}

/** The funding output's signature hash for a transaction whose one input spends it. */
export function fundingSighash(contract: Contract, tx: Tx): Uint8Array {
  return sighashV0(tx, 0, fundingWitnessScript(contract), fundingValueSat(contract));
}

/** A spend of the funding output, complete with two signatures. */
export function spendFunding(
  contract: Contract,
  tx: Tx,
  signers: readonly [Role, Role],
  signatures: readonly [Uint8Array, Uint8Array],
): Tx {
  const spend: Spend = { path: 'twoOfThree', spec: fundingSpec(contract), signers };
  return withWitness(tx, 0, witnessOf(spend, signatures));
}

function penaltySigner(secp: Secp256k1, secret: Uint8Array) {
  return (
    contract: Contract,
    balances: Balances,
    feeSat: Sat,
    payout: PayoutScripts,
    delivered: readonly bigint[],
  ): Uint8Array => {
    const penalty = buildPenalty(contract, balances, feeSat, payout, delivered);
    invariant(penalty.ok, 'a penalty is signed when its fee was checked');
    return secp.sign(fundingSighash(contract, penalty.value.tx), secret);
  };
}

type Keyring = ReadonlyMap<string, Uint8Array>;

function keyringOf(secp: Secp256k1, secrets: readonly Uint8Array[]): Keyring {
  return new Map(secrets.map((secret) => [toHex(secp.publicKey(secret)), secret]));
}

function signClaim(secp: Secp256k1, claim: Claim, keyring: Keyring): Tx {
  return claim.inputs.reduce((tx, { spend, value }, index) => {
    const hash = sighashV0(claim.tx, index, witnessScript(spend.spec), value);
    const signatures = signingKeys(spend).map((key) => {
      const secret = keyring.get(toHex(key));
      invariant(secret !== undefined, 'a claim is signed by the owner of its keys');
      return secp.sign(hash, secret);
    });
    return withWitness(tx, index, witnessOf(spend, signatures));
  }, claim.tx);
}
