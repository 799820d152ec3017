import type { Sat } from '../base/amount.ts';
import { err, ok, type Result } from '../base/result.ts';
import { feeFor } from '../chain/port.ts';
import { outpointKey, type Tx, type Txid, type TxOutput } from '../tx/transaction.ts';
import { vbytes } from '../tx/weights.ts';
import { dropPending, spendableCoins, statusOf } from './coins.ts';
import { schemeOf } from './keySpend.ts';
import { ownerOf } from './lookahead.ts';
import type { SelectionError } from './selection.ts';
import {
  assemble,
  baseWeightOf,
  type Contribution,
  changeSchemeFor,
  contribution,
  inputOf,
  ownInput,
  type SpendInput,
  type SpendPlan,
} from './spend.ts';
import type { WalletState } from './state.ts';

export type BumpError =
  | SelectionError
  | {
      readonly code: 'notReplaceable';
      readonly txid: Txid;
      readonly reason:
        | 'unknown'
        | 'confirmed'
        | 'conflicted'
        | 'foreignInputs'
        | 'finalSequence'
        | 'spentFrom';
    }
  /** Nodes take a replacement only if it pays for itself on top of what it replaces. */
  | { readonly code: 'feeRateTooLow'; readonly feeRate: bigint; readonly leastFeeRate: bigint };

/** What a replacement must add for its own relay, satoshi per 1,000 virtual bytes (Bitcoin Core's `-incrementalrelayfee`). */
const INCREMENTAL_RATE = 1000n;
/** From here on a sequence number says that its transaction may not be replaced (BIP125). */
const FINAL_SEQUENCE = 0xfffffffe;

/**
 * A replacement (BIP125) of one of the wallet's own pending payments at a higher fee rate: the same inputs
 * and recipients, less change; confirmed coins are added when the change does not suffice. Recipients never
 * get less.
 */
export function planBump(state: WalletState, id: Txid, feeRate: bigint): Result<SpendPlan, BumpError> {
  const original = replaceable(state, id);
  if (!original.ok) return original;
  const { tx, inputs } = original.value;
  const isChange = ({ script }: TxOutput) => {
    const owner = ownerOf(state, script);
    return owner?.type === 'wallet' && owner.branch === 'change';
  };
  const payments = tx.outputs.filter((output) => !isChange(output));
  const change = tx.outputs.find(isChange);
  const part = replacement(dropPending(state, id), inputs, payments, change, feeRate);
  if (!part.ok) return part;
  const oldFee = total(inputs) - total(tx.outputs);
  const size = vbytes(weightOf(part.value, payments));
  const least = oldFee + feeFor(size, INCREMENTAL_RATE);
  if (part.value.fee < least)
    return err({ code: 'feeRateTooLow', feeRate, leastFeeRate: (least * 1000n) / BigInt(size) + 1n });
  return ok(assemble(part.value, payments));
}

function replaceable(
  state: WalletState,
  id: Txid,
): Result<{ readonly tx: Tx; readonly inputs: readonly SpendInput[] }, BumpError> {
  const refused = (reason: Extract<BumpError, { code: 'notReplaceable' }>['reason']) =>
    err({ code: 'notReplaceable', txid: id, reason } as const);
  const tx = state.transactions[id]?.tx;
  if (tx === undefined) return refused('unknown');
  const status = statusOf(state, id);
  if (status !== 'pending') return refused(status);
  const inputs = tx.inputs.flatMap((input) => ownInput(state, input) ?? []);
  if (inputs.length < tx.inputs.length) return refused('foreignInputs');
  if (tx.inputs.every(({ sequence }) => sequence >= FINAL_SEQUENCE)) return refused('finalSequence');
  const isSpentFrom = Object.values(state.transactions).some((each) =>
    each.tx.inputs.some(({ txid }) => txid === id),
  );
  return isSpentFrom ? refused('spentFrom') : ok({ tx, inputs });
}

function replacement(
  without: WalletState,
  required: readonly SpendInput[],
  payments: readonly TxOutput[],
  change: TxOutput | undefined,
  feeRate: bigint,
): Result<Contribution, SelectionError> {
  const taken = new Set(required.map(outpointKey));
  // BIP125: a replacement may not bring in other unconfirmed coins
  const policy = { change: false };
  const candidates = spendableCoins(without, policy)
    .filter((coin) => !taken.has(outpointKey(coin)))
    .map(inputOf);
  const scripts = payments.map(({ script }) => script);
  const scheme = (change && schemeOf(change.script)) ?? changeSchemeFor(scripts[0] ?? new Uint8Array());
  const request = {
    target: total(payments),
    baseWeight: baseWeightOf(...scripts),
    feeRate,
    policy,
    scheme,
  };
  return contribution(without, request, required, candidates, change?.script);
}

function weightOf({ inputs, change }: Contribution, payments: readonly TxOutput[]): number {
  const scripts = [...payments, ...(change === null ? [] : [change])].map(({ script }) => script);
  return inputs.reduce((weight, input) => weight + input.weight, baseWeightOf(...scripts));
}

function total(outputs: readonly { readonly value: bigint }[]): Sat {
  return outputs.reduce((sum, { value }) => sum + value, 0n) as Sat;
}
