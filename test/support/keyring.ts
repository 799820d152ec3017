import { toHex, utf8 } from '../../src/base/bytes.ts';
import { invariant } from '../../src/base/invariant.ts';
import { counterpartyOf, type Trader } from '../../src/base/role.ts';
import { sha256 } from '../../src/crypto/hash.ts';
import { revocationPublicKey, revocationSecret } from '../../src/crypto/revocation.ts';
import { generateFromSeed, shachainIndex } from '../../src/crypto/shachain.ts';
import type { ChannelKeys, TraderKeys } from '../../src/tx/contract.ts';
import { witnessScript } from '../../src/tx/outputs.ts';
import { type Spend, signingKeys, witnessOf } from '../../src/tx/spending.ts';
import { sighashV0, type Tx, type TxOutput, withWitness } from '../../src/tx/transaction.ts';
import { secp } from './curve.ts';

/** The secrets of everybody in one channel, by name and by public key. The same seed gives the same ones. */
export interface Keyring {
  readonly keys: ChannelKeys;
  /** The revocation public key of the broadcaster's commitment `n`; from then on the keyring can sign with it. */
  revocationKey(broadcaster: Trader, n: bigint): Uint8Array;
  secretOf(publicKey: Uint8Array): Uint8Array;
}

export function keyring(seed: string): Keyring {
  const secrets = new Map<string, Uint8Array>();
  const named = (name: string) => sha256(utf8(`${seed} ${name}`));
  const remember = (secret: Uint8Array): Uint8Array => {
    const publicKey = secp.publicKey(secret);
    secrets.set(toHex(publicKey), secret);
    return publicKey;
  };
  const traderKeys = (trader: Trader): TraderKeys => ({
    funding: remember(named(`${trader} funding`)),
    revocation: remember(named(`${trader} revocation`)),
    payment: remember(named(`${trader} payment`)),
    delayed: remember(named(`${trader} delayed`)),
  });
  const keys: ChannelKeys = {
    consumer: traderKeys('consumer'),
    producer: traderKeys('producer'),
    utility: { funding: remember(named('utility funding')), payment: remember(named('utility payment')) },
  };
  return {
    keys,
    revocationKey: (broadcaster, n) => {
      const basepointSecret = named(`${counterpartyOf(broadcaster)} revocation`);
      const commitmentSecret = generateFromSeed(named(`${broadcaster} commitments`), shachainIndex(n));
      remember(revocationSecret(secp, basepointSecret, commitmentSecret));
      return revocationPublicKey(secp, secp.publicKey(basepointSecret), secp.publicKey(commitmentSecret));
    },
    secretOf: (publicKey) => {
      const secret = secrets.get(toHex(publicKey));
      invariant(secret !== undefined, 'a key of somebody else');
      return secret;
    },
  };
}

/** Compact signatures for input `index`, in the order of `signingKeys`, or of `keys` instead. */
export function signaturesFor(
  ring: Keyring,
  tx: Tx,
  index: number,
  { spend, value }: { readonly spend: Spend; readonly value: TxOutput['value'] },
  keys: readonly Uint8Array[] = signingKeys(spend),
): readonly Uint8Array[] {
  const hash = sighashV0(tx, index, witnessScript(spend.spec), value);
  return keys.map((key) => secp.sign(hash, ring.secretOf(key)));
}

/** The transaction with the witness of every input, which spend `coins` in their order. */
export function signSpends(
  ring: Keyring,
  tx: Tx,
  coins: readonly { readonly spend: Spend; readonly value: TxOutput['value'] }[],
): Tx {
  return coins.reduce(
    (signed, coin, index) =>
      withWitness(signed, index, witnessOf(coin.spend, signaturesFor(ring, tx, index, coin))),
    tx,
  );
}
