import { equalBytes } from '../base/bytes.ts';
import { TRADERS } from '../base/role.ts';
import type { Delivery } from '../tx/contract.ts';
import { ANCHOR_SCRIPT, type OutputSpec, outputScript } from '../tx/outputs.ts';
import type { Tx, TxOutput } from '../tx/transaction.ts';
import type { FundingSpend } from './identify.ts';
import type { Knowledge } from './knowledge.ts';

/** An output of the transaction that spent the funding output, with what it is, as far as we can tell. */
export type FollowedOutput =
  | (Placed & { readonly kind: 'anchor' })
  | (Placed & { readonly kind: 'unrecognised' })
  | RecognisedOutput;

export type RecognisedOutput = Placed & Meaning;

interface Placed extends TxOutput {
  readonly vout: number;
}

type Meaning =
  | { readonly kind: 'toBroadcaster' | 'toCounterparty' | 'toUtility'; readonly spec: OutputSpec }
  | { readonly kind: 'delivery'; readonly spec: OutputSpec; readonly delivery: Delivery };

/**
 * The outputs of the spend. Those of a commitment that we can rebuild are all known. Of another revoked or unknown one
 * the scripts with static keys are recognised: what it pays to the other side and to the utility, and the buyer's
 * version of every delivery that we know of.
 */
export function outputsOf(knowledge: Knowledge, spend: FundingSpend, tx: Tx): readonly FollowedOutput[] {
  if ('commitment' in spend && spend.commitment !== null)
    return spend.commitment.outputs.map((output, vout) => ({ ...output, vout }));
  if (spend.kind === 'close' || spend.kind === 'arbitrated')
    return tx.outputs.map((output, vout) => ({ ...output, vout, kind: 'unrecognised' }));
  const meanings = staticOutputs(knowledge);
  return tx.outputs.map((output, vout) => {
    if (equalBytes(output.script, ANCHOR_SCRIPT)) return { ...output, vout, kind: 'anchor' };
    const meaning = meanings.find((each) => equalBytes(outputScript(each.spec), output.script));
    return meaning === undefined
      ? { ...output, vout, kind: 'unrecognised' }
      : { ...output, vout, ...meaning };
  });
}

function staticOutputs({ contract, commitments }: Knowledge): readonly Meaning[] {
  const { keys } = contract;
  return [
    ...TRADERS.map(
      (trader): Meaning => ({
        kind: 'toCounterparty',
        spec: { type: 'toCounterparty', payment: keys[trader].payment },
      }),
    ),
    { kind: 'toUtility', spec: { type: 'toUtility', payment: keys.utility.payment } },
    ...commitments.flatMap(({ balances }) =>
      balances.deliveries.map((delivery): Meaning => {
        const { lock, expiry } = delivery;
        const sellerPayment = keys[delivery.seller].payment;
        const spec: OutputSpec = {
          type: 'buyerDelivery',
          sellerPayment,
          utility: keys.utility.payment,
          lock,
          expiry,
        };
        return { kind: 'delivery', spec, delivery };
      }),
    ),
  ];
}
