import type { Sat } from '../../src/base/amount.ts';
import { fromHex, toHex } from '../../src/base/bytes.ts';
import { ROLES } from '../../src/base/role.ts';
import { witnessScript } from '../../src/tx/outputs.ts';
import { absoluteLock, relativeLock, type Spend, signingKeys, witnessOf } from '../../src/tx/spending.ts';
import { sighashV0, type Tx, txid, unsignedInput, withWitness } from '../../src/tx/transaction.ts';
import { secp } from '../support/curve.ts';
import type { Arena, Party } from './arena.ts';
import { LOOT, submit } from './attack.ts';
import { readEnding } from './ending.ts';
import { secretOf, utilitySigner } from './keys.ts';

const FAMILIES = ['paymentBasepoint', 'delayedPaymentBasepoint'] as const;

/** Tries every path of every output of a commitment on the chain for which the coalition has the key; `early`: without its locks. */
export async function grabOutputs(arena: Arena, party: Party, early: boolean): Promise<void> {
  const ending = await readEnding(arena);
  if (ending === undefined) return;
  const gang = ROLES.map((role) => arena.parties[role]).filter((each) => each.hostile);
  const secrets = gang.flatMap((each) => FAMILIES.map((family) => secretOf(each, family)));
  const keyring = new Map(secrets.map((secret) => [toHex(secp.publicKey(secret)), secret]));
  for (const { value, vout, commitment, taken } of ending.outputs) {
    if (commitment === undefined || commitment.kind === 'anchor' || taken !== undefined) continue;
    for (const spend of waysToSpend(arena, commitment.spec)) {
      const keys = signingKeys(spend).map((key) => keyring.get(toHex(key)));
      const [secret] = keys;
      if (secret === undefined) continue;
      const tx = takeTx(txid(ending.tx), vout, value, spend, early);
      const hash = sighashV0(tx, 0, witnessScript(spend.spec), value as Sat);
      await submit(arena, party, withWitness(tx, 0, witnessOf(spend, [secp.sign(hash, secret)])));
    }
  }
}

type Spec = Parameters<typeof witnessScript>[0];

function waysToSpend(arena: Arena, spec: Spec): readonly Spend[] {
  switch (spec.type) {
    case 'toBroadcaster':
      return [{ path: 'delayed', spec }];
    case 'toCounterparty':
    case 'toUtility':
      return [{ path: 'payment', spec }];
    case 'sellerDelivery':
    case 'buyerDelivery':
      return [
        { path: 'expiry', spec },
        ...preimagesOf(arena).map((preimage): Spend => ({ path: 'preimage', spec, preimage })),
      ];
    default:
      return [];
  }
}

/** Secrets that the coalition has or makes up. */
function preimagesOf({ parties, history }: Arena): readonly Uint8Array[] {
  const id = history.identity?.channelId;
  const known = parties.utility.hostile && id !== undefined ? [0n, 1n, 2n, 3n, 4n, 5n] : [];
  const signer = utilitySigner(parties.utility);
  const learnt = ROLES.filter((role) => parties[role].hostile).flatMap(
    (role) => history.parties[role].secrets,
  );
  return [
    fromHex('07'.repeat(32)),
    ...learnt,
    ...known.map((unit) => signer.preimage(id as Uint8Array, unit)),
  ];
}

function takeTx(id: string, vout: number, value: bigint, spend: Spend, early: boolean): Tx {
  const lock = relativeLock(spend);
  const fee = value > 1000n ? 500n : 0n;
  return {
    version: 2,
    inputs: [unsignedInput({ txid: id, vout }, early || lock === 0 ? 0xfffffffd : lock)],
    outputs: [{ value: (value - fee) as Sat, script: LOOT }],
    locktime: early ? 0 : absoluteLock(spend),
  };
}
