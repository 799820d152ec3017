import { equalBytes } from '../base/bytes.ts';
import { err, ok, type Result } from '../base/result.ts';
import type { Trader } from '../base/role.ts';
import { deliveryLock } from '../crypto/deliveryLock.ts';
import type { Delivery } from '../tx/contract.ts';
import { verifyStateProof } from '../tx/stateProof.ts';
import type { StateProof } from '../wire/messages.ts';
import type { ChannelError } from './error.ts';
import { newUnits, updateRegister } from './register.ts';
import type { Identity, UtilityChannel } from './state.ts';
import { type Context, utilitySigner } from './step.ts';

/** What the utility knows of the traders' states: the units in flight, and the highest state that each has proved. */
export type ProofBook = Pick<UtilityChannel, 'register' | 'proofs'>;

export interface TakenProof {
  readonly book: ProofBook;
  /** Whether no higher state was proved before, so that the register follows this one. */
  readonly newest: boolean;
  /** Units that the utility did not know of. */
  readonly ordered: readonly Delivery[];
}

/** Takes a state that `from` proves; one lower than it proved before changes nothing. */
export function takeProof(
  book: ProofBook,
  identity: Identity,
  from: Trader,
  proof: StateProof,
  context: Context,
): Result<TakenProof, ChannelError> {
  const fault = checkProof(identity, from, proof, context);
  if (fault !== undefined) return err(fault);
  const { register } = book;
  const own = book.proofs.find((each) => each.broadcaster === from);
  if (own !== undefined && own.ledger.n > proof.ledger.n)
    return ok({ book: { register, proofs: book.proofs }, newest: false, ordered: [] });
  const newest = book.proofs.every((each) => each.ledger.n <= proof.ledger.n);
  const proofs = [...book.proofs.filter((each) => each.broadcaster !== from), proof];
  if (!newest) return ok({ book: { register, proofs }, newest, ordered: [] });
  const { deliveries } = proof.ledger;
  const ordered = newUnits(register, deliveries);
  return ok({ book: { register: updateRegister(register, deliveries), proofs }, newest, ordered });
}

/** What the utility checks before it relies on a state: the signature, and that each unit is one of its own. */
export function checkProof(
  identity: Identity,
  from: Trader,
  proof: StateProof,
  context: Context,
): ChannelError | undefined {
  if (proof.broadcaster !== from) return { code: 'badStateProof', reason: 'of the other side' };
  const verified = verifyStateProof(context.secp, identity.contract, proof);
  if (!verified.ok) return { code: 'badStateProof', reason: verified.error.code };
  const signer = utilitySigner(context);
  for (const { unit, lock, energyWh } of proof.ledger.deliveries) {
    // the signature covers the lock but not the unit's number: both must fit
    if (!equalBytes(lock, deliveryLock(signer.preimage(identity.channelId, unit))))
      return { code: 'badStateProof', reason: `unit ${unit} with a lock that is not ours` };
    if (energyWh <= 0n || energyWh > 0xffff_ffffn)
      return { code: 'badStateProof', reason: `unit ${unit} of ${energyWh} Wh` };
  }
  return undefined;
}
