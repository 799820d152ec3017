import { buildClaim, type ClaimInput } from '../../src/tx/claim.ts';
import type { Commitment } from '../../src/tx/commitment.ts';
import { type OutputSpec, witnessScript } from '../../src/tx/outputs.ts';
import { absoluteLock, relativeLock, type Spend, signingKeys, witnessOf } from '../../src/tx/spending.ts';
import { sighashV0, type Tx, txid, withWitness } from '../../src/tx/transaction.ts';
import type { Attacker } from './attacker.ts';

/** What the coalition's claims pay, satoshi per 1,000 virtual bytes: more than honest ones without hurry. */
const FEE_RATE = 3_000n;

/** Takes every output of a confirmed commitment that the coalition's keys can spend in the next block. */
export async function sweep(attacker: Attacker): Promise<void> {
  const { world } = attacker;
  const spend = world.tree?.spend;
  if (world.tree === undefined || spend === undefined) return;
  learnFromChain(attacker);
  const commitment = recognise(attacker, spend.txid);
  if (commitment === undefined) return;
  for (const [vout, output] of commitment.outputs.entries()) {
    const unspent = world.tree.unspent.find((each) => each.txid === spend.txid && each.vout === vout);
    if (unspent === undefined || output.kind === 'anchor') continue;
    const next = world.ground.height() + 1;
    const way = waysOf(attacker, output.spec).find(
      (each) => next >= unspent.height + relativeLock(each) && next > absoluteLock(each),
    );
    if (way === undefined) continue;
    const claim = signedClaim(attacker, {
      outpoint: { txid: spend.txid, vout },
      value: output.value,
      spend: way,
    });
    if (claim !== undefined) await world.ground.chain.broadcast(claim);
  }
}

/** The commitment of that id, if it is one that the coalition can rebuild. */
export function recognise(attacker: Attacker, id: string): Commitment | undefined {
  for (const state of attacker.knownStates()) {
    const commitment = attacker.build(state);
    if (txid(commitment.tx) === id) return commitment;
  }
  return undefined;
}

/** The ways in which the coalition has every key and secret that an output asks for. */
export function waysOf(attacker: Attacker, spec: OutputSpec): readonly Spend[] {
  return pathsOf(attacker, spec).filter((spend) => signingKeys(spend).every((key) => attacker.keys.has(key)));
}

function pathsOf(attacker: Attacker, spec: OutputSpec): readonly Spend[] {
  switch (spec.type) {
    case 'funding':
      return [];
    case 'toBroadcaster':
      return [
        { path: 'revocation', spec },
        { path: 'delayed', spec },
      ];
    case 'toCounterparty':
    case 'toUtility':
      return [{ path: 'payment', spec }];
    default: {
      const preimage = attacker.preimageOf(spec.lock);
      return [
        ...(spec.type === 'sellerDelivery' ? [{ path: 'revocation' as const, spec }] : []),
        ...(preimage === undefined ? [] : [{ path: 'preimage' as const, spec, preimage }]),
        { path: 'expiry', spec },
      ];
    }
  }
}

/** A signed claim to the coalition's own script; `undefined` when it would not pay for itself. */
export function signedClaim(attacker: Attacker, input: ClaimInput): Tx | undefined {
  const { dustLimitSat } = attacker.contract.params;
  const claim = buildClaim([input], attacker.payout, FEE_RATE, dustLimitSat);
  if (!claim.ok) return undefined;
  return signedWith(attacker, claim.value.tx, input);
}

/** The one-input transaction with its witness. Throws `NotOurs` when a key is somebody else's. */
export function signedWith(attacker: Attacker, tx: Tx, { spend, value }: ClaimInput): Tx {
  const hash = sighashV0(tx, 0, witnessScript(spend.spec), value);
  const signatures = signingKeys(spend).map((key) => attacker.keys.sign(hash, key));
  return withWitness(tx, 0, witnessOf(spend, signatures));
}

/** Every preimage that a witness has shown. */
function learnFromChain(attacker: Attacker): void {
  for (const { tx } of attacker.world.tree?.descendants ?? [])
    for (const { witness } of tx.inputs)
      for (const item of witness) if (item.length === 32) attacker.learnPreimage(item);
}
