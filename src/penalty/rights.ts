import { equalBytes } from '../base/bytes.ts';
import { assertNever } from '../base/invariant.ts';
import type { OutputSpec } from '../tx/outputs.ts';
import type { DeliverySpec, Spend } from '../tx/spending.ts';
import { isAttested, type Knowledge, knownPreimage } from './knowledge.ts';

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

export function rightTo(knowledge: Knowledge, spec: OutputSpec): Right {
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
      return utilitysRight(knowledge, spec);
    case 'buyerDelivery':
      if (equalBytes(keys.payment, spec.sellerPayment)) return sellersRight(knowledge, spec, 'payment');
      return utilitysRight(knowledge, spec);
    default:
      return assertNever(spec);
  }
}

/** The utility's claim is final from block `expiry + 1` on, so `expiry` is the seller's last safe block. */
function sellersRight(knowledge: Knowledge, spec: DeliverySpec, key: 'payment' | 'delayed'): Right {
  const preimage = knownPreimage(knowledge, spec.lock);
  if (preimage === undefined) return { type: 'awaitsPreimage' };
  return claim({ path: 'preimage', spec, preimage }, key, spec.expiry);
}

function utilitysRight(knowledge: Knowledge, spec: DeliverySpec): Right {
  if (knowledge.role !== 'utility' || isAttested(knowledge, spec.lock)) return NONE;
  return claim({ path: 'expiry', spec }, 'payment', null);
}

function claim(spend: Spend, key: 'payment' | 'delayed', deadline: number | null): Right {
  return { type: 'claim', spend, signWith: { key }, deadline };
}
