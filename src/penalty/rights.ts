import { equalBytes } from '../base/bytes.ts';
import { assertNever } from '../base/invariant.ts';
import type { OutputSpec } from '../tx/outputs.ts';
import type { DeliverySpec, Spend } from '../tx/spending.ts';
import type { FundingSpend } from './identify.ts';
import { isAttested, isForfeited, type Knowledge, knownPreimage } from './knowledge.ts';

/** Which of our role's keys signs an input. Revocation keys are those of the revoked state `n`. */
export type SigningKey =
  | { readonly key: 'payment' | 'delayed' }
  | { readonly key: 'revocation'; readonly n: bigint };

/** What our role may do with an output of a commitment, leaving aside when. */
export type Right =
  | {
      readonly type: 'claim';
      readonly spend: Spend;
      readonly signWith: SigningKey;
      /** Last block in which nobody else can take it, `null` when nobody ever can. */
      readonly deadline: number | null;
    }
  /** A delivery of ours whose preimage we have not got. */
  | { readonly type: 'awaitsPreimage' }
  | { readonly type: 'none' };

const NONE: Right = { type: 'none' };

/** The commitment that an output is in: what it is to us, and the block that confirmed it. */
export interface Confirmed {
  readonly kind: FundingSpend;
  readonly height: number;
}

export function rightTo(knowledge: Knowledge, spec: OutputSpec, confirmed: Confirmed): Right {
  return punishment(knowledge, spec, confirmed) ?? ordinaryRight(knowledge, spec, confirmed.kind);
}

/**
 * What a revoked commitment holds for its broadcaster is ours, by the revocation key, until the broadcaster's delay is
 * over. What was forfeited later is the utility's, which alone needs no preimage for it.
 */
function punishment(knowledge: Knowledge, spec: OutputSpec, { kind, height }: Confirmed): Right | undefined {
  if (kind.kind !== 'revoked' || kind.commitment === null) return undefined;
  const { role, contract } = knowledge;
  const { n, broadcaster } = kind;
  if (role === 'utility' || broadcaster === null || broadcaster === role) return undefined;
  if (spec.type !== 'toBroadcaster' && spec.type !== 'sellerDelivery') return undefined;
  if (spec.type === 'sellerDelivery' && isForfeited(knowledge, spec.lock)) return NONE;
  return {
    type: 'claim',
    spend: { path: 'revocation', spec },
    signWith: { key: 'revocation', n },
    deadline: height + contract.params.toSelfDelay[broadcaster] - 1,
  };
}

function ordinaryRight(knowledge: Knowledge, spec: OutputSpec, spend: FundingSpend): Right {
  const { role, contract } = knowledge;
  const keys = contract.keys[role];
  switch (spec.type) {
    case 'funding':
      return NONE;
    case 'toBroadcaster':
      if (!('delayed' in keys) || !equalBytes(keys.delayed, spec.delayed)) return NONE;
      return claim({ path: 'delayed', spec }, 'delayed', null);
    case 'toCounterparty':
    case 'toUtility':
      return equalBytes(keys.payment, spec.payment)
        ? claim({ path: 'payment', spec }, 'payment', null)
        : NONE;
    case 'sellerDelivery':
      if ('delayed' in keys && equalBytes(keys.delayed, spec.sellerDelayed))
        return sellersRight(knowledge, spec, 'delayed');
      return utilitysRight(knowledge, spec, spend);
    case 'buyerDelivery':
      if (equalBytes(keys.payment, spec.sellerPayment)) return sellersRight(knowledge, spec, 'payment');
      return utilitysRight(knowledge, spec, spend);
    default:
      return assertNever(spec);
  }
}

/** The utility's claim is final from block `expiry + 1` on, so `expiry` is the seller's last safe block. */
function sellersRight(knowledge: Knowledge, spec: DeliverySpec, key: 'payment' | 'delayed'): Right {
  const preimage = knownPreimage(knowledge, spec.lock);
  if (preimage === undefined) return isForfeited(knowledge, spec.lock) ? NONE : { type: 'awaitsPreimage' };
  return claim({ path: 'preimage', spec, preimage }, key, spec.expiry);
}

/** In a revoked state a delivery may have been paid or cancelled since: there only what is known to be the utility's is. */
function utilitysRight(knowledge: Knowledge, spec: DeliverySpec, spend: FundingSpend): Right {
  if (knowledge.role !== 'utility' || isAttested(knowledge, spec.lock)) return NONE;
  if (spend.kind === 'revoked' && !isForfeited(knowledge, spec.lock)) return NONE;
  return claim({ path: 'expiry', spec }, 'payment', null);
}

function claim(spend: Spend, key: 'payment' | 'delayed', deadline: number | null): Right {
  return { type: 'claim', spend, signWith: { key }, deadline };
}
