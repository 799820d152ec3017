import { equalBytes } from '../base/bytes.ts';
import { err, ok, type Result } from '../base/result.ts';
import type { Trader } from '../base/role.ts';
import { xOnly } from '../crypto/secp256k1.ts';
import { deliveredIn, VERDICT, type VerdictStatement, verdictSettlement } from '../dispute/verdict.ts';
import { decodeSigned, verifyStatement } from '../market/statement.ts';
import type { Balances } from '../tx/contract.ts';
import type { Tx } from '../tx/transaction.ts';
import type { MessageOf } from '../wire/messages.ts';
import type { BadVerdict } from './error.ts';
import { fundingSighash, spendFunding } from './localSigner.ts';
import type { Rounds } from './rounds.ts';
import type { Identity, Market } from './state.ts';
import { type Context, traderSigner } from './step.ts';

/** A verdict that a trader took, and the settlement with both signatures. */
export interface TakenVerdict {
  readonly statement: VerdictStatement;
  readonly tx: Tx;
}

/**
 * Checks the utility's verdict against what we know, and completes its transaction. The state must be our
 * newest, or a newer one that we proposed; what we hold the preimage of must be paid to its seller; nothing may be
 * forfeited before its deadline; the transaction is rebuilt from all that. `contradicted`: the utility signed it against
 * what we know, for a state of ours or one before it, so what we trade from here on may be lost.
 */
export function takeVerdict(
  state: {
    readonly role: Trader;
    readonly identity: Identity;
    readonly rounds: Rounds;
    readonly market: Market;
  },
  { signed, signature }: MessageOf<'arbitration_verdict'>,
  context: Context,
): Result<TakenVerdict, BadVerdict> {
  const { identity, role } = state;
  const { contract, channelId, nodeIds } = identity;
  const decoded = decodeSigned(VERDICT, signed);
  if (!decoded.ok) return bad(decoded.error.code);
  const statement = decoded.value.body;
  const outcomes = knownStates(state.rounds, statement.n).map((balances) => ({
    balances,
    built: verdictSettlement(context.secp, identity, balances, decoded.value),
  }));
  const fitting = outcomes.find(({ built }) => built.ok);
  if (fitting === undefined || !fitting.built.ok) {
    const error = outcomes[0]?.built;
    const reason = error === undefined || error.ok ? 'otherState' : error.error.code;
    const isTheirs =
      verifyStatement(context.secp, VERDICT, decoded.value, xOnly(nodeIds.utility)).ok &&
      equalBytes(statement.channelId, channelId);
    const isOurPast = statement.n <= state.rounds.held.ledger.n;
    return err({ code: 'badVerdict', reason, contradicted: isTheirs && isOurPast });
  }
  const wrong = contradiction(state, fitting.balances, statement);
  if (wrong !== undefined) return err({ code: 'badVerdict', reason: wrong, contradicted: true });
  const { tx } = fitting.built.value;
  if (!context.secp.verify(fundingSighash(contract, tx), contract.keys.utility.funding, signature))
    return bad('badSignature');
  const { feeSat } = statement;
  const signer = traderSigner(context);
  const own = signer.signPenalty(contract, fitting.balances, feeSat, identity.payout, deliveredIn(statement));
  return ok({ statement, tx: spendFunding(contract, tx, [role, 'utility'], [own, signature]) });
}

function bad(reason: string): Result<never, BadVerdict> {
  return err({ code: 'badVerdict', reason, contradicted: false });
}

/** States that may still be the last one: our newest, and newer ones that the other side may hold. */
function knownStates({ held, phase, withdrawn }: Rounds, n: bigint): readonly Balances[] {
  const proposed = phase.type === 'proposing' ? [phase.next, ...withdrawn] : withdrawn;
  const newer = proposed.filter((ledger) => ledger.n > held.ledger.n);
  return [held.ledger, ...newer].filter((ledger) => ledger.n === n);
}

function contradiction(
  { market }: { readonly market: Market },
  balances: Balances,
  statement: VerdictStatement,
): string | undefined {
  for (const { id, deadline } of balances.deliveries) {
    const delivered = deliveredIn(statement).includes(id);
    if (delivered) continue;
    if (market.preimages.some((known) => known.id === id)) return 'deliveredForfeited';
    if (statement.height < deadline) return 'deadlineNotReached';
  }
  return undefined;
}
