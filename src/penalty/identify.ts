import { equalBytes } from '../base/bytes.ts';
import { counterpartyOf, ROLES, type Role, TRADERS, type Trader } from '../base/role.ts';
import { buildCommitment, type Commitment, commitmentNumberOf } from '../tx/commitment.ts';
import type { Contract } from '../tx/contract.ts';
import { outputScript } from '../tx/outputs.ts';
import { type Tx, txid } from '../tx/transaction.ts';
import type { Knowledge, KnownCommitment } from './knowledge.ts';

/** What spent the funding output (protocol section 12). */
export type FundingSpend =
  /** A cooperative close. The utility signs none, so to it any other transaction that both traders signed is one. */
  | { readonly kind: 'close' }
  | {
      readonly kind: 'ownCommitment' | 'peerLatest' | 'peerNext' | 'proved';
      readonly commitment: Commitment;
    }
  /**
   * A commitment whose secret is out. `broadcaster` is null when its outputs do not tell (to the utility), `commitment`
   * when we have no record of it.
   */
  | {
      readonly kind: 'revoked';
      readonly n: bigint;
      readonly broadcaster: Trader | null;
      readonly commitment: Commitment | null;
    }
  /** The utility signed it, with us or with the other trader. */
  | { readonly kind: 'arbitrated' }
  /** A commitment that we do not know (newer than our data, or the utility was not shown it), or none: then `n` is null. */
  | { readonly kind: 'unknown'; readonly n: bigint | null };

/** Which transaction `tx`, a confirmed spend of the funding output, is. */
export function identify(knowledge: Knowledge, tx: Tx): FundingSpend {
  const { contract, role } = knowledge;
  const id = txid(tx);
  const settlement = knowledge.settlements.find((each) => each.txid === id);
  if (settlement !== undefined) return { kind: settlement.kind };
  const n = commitmentNumberOf(contract, tx);
  const known = n === undefined ? undefined : rebuilt(knowledge, n, id);
  if (known !== undefined) return known;
  const signers = fundingSigners(contract, tx);
  if (signers?.includes('utility')) return { kind: 'arbitrated' };
  if (n !== undefined) return revoked(knowledge, n, tx) ?? { kind: 'unknown', n };
  return role === 'utility' ? { kind: 'close' } : { kind: 'unknown', n: null };
}

const KIND = {
  own: 'ownCommitment',
  peerLatest: 'peerLatest',
  peerNext: 'peerNext',
  proved: 'proved',
} as const;

function rebuilt(knowledge: Knowledge, n: bigint, id: string): FundingSpend | undefined {
  for (const known of knowledge.commitments) {
    const { balances, broadcaster, revocationKey, standing } = known;
    if (balances.n !== n) continue;
    const commitment = buildCommitment(knowledge.contract, balances, broadcaster, revocationKey);
    if (txid(commitment.tx) !== id) continue;
    return standing === 'revoked' || isOutdated(knowledge, known)
      ? { kind: 'revoked', n, broadcaster, commitment }
      : { kind: KIND[standing], commitment };
  }
  return undefined;
}

/** The last state that a trader proved to the utility need not be its newest: the other trader may have proved a later one. */
function isOutdated(
  { minimumRevokedBelow }: Knowledge,
  { standing, broadcaster, balances }: KnownCommitment,
) {
  return standing === 'proved' && balances.n < minimumRevokedBelow[broadcaster];
}

function revoked(knowledge: Knowledge, n: bigint, tx: Tx): FundingSpend | undefined {
  const isRevoked = (trader: Trader) => n < knowledge.minimumRevokedBelow[trader];
  const broadcaster = broadcasterOf(knowledge, tx);
  if (broadcaster === null ? TRADERS.every(isRevoked) : isRevoked(broadcaster))
    return { kind: 'revoked', n, broadcaster, commitment: null };
  return undefined;
}

/**
 * Whose commitment it is: the one that does not have a `to_counterparty` in it. When neither has, a trader takes it for
 * the peer's, since it never broadcasts a revoked one itself; the utility cannot know.
 */
export function broadcasterOf(
  { contract, role }: Pick<Knowledge, 'contract' | 'role'>,
  tx: Tx,
): Trader | null {
  const paid = TRADERS.find((trader) => {
    const script = outputScript({ type: 'toCounterparty', payment: contract.keys[trader].payment });
    return tx.outputs.some((output) => equalBytes(output.script, script));
  });
  if (paid !== undefined) return counterpartyOf(paid);
  return role === 'utility' ? null : counterpartyOf(role);
}

/**
 * Who signed a spend of the funding output. The witness of `afterHeight` says so by its empty places; that of
 * `immediate` does not: null.
 */
function fundingSigners(contract: Contract, tx: Tx): readonly Role[] | null {
  if (contract.params.arbitration.type === 'immediate') return null;
  const { txid: id, vout } = contract.funding;
  const witness = tx.inputs.find((input) => input.txid === id && input.vout === vout)?.witness;
  if (witness === undefined || witness.length !== ROLES.length + 1) return null;
  return [...ROLES].reverse().filter((_, place) => (witness[place] as Uint8Array).length > 0);
}
