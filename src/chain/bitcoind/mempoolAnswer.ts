import type { Txid } from '../../tx/transaction.ts';
import type { BroadcastResult } from '../port.ts';
import { type Answer, fields, flag, list, text, values } from './answer.ts';
import { RPC, type RpcError } from './rpc.ts';

export const ACCEPTED: BroadcastResult = { accepted: true };

export function rejected(reason: string): BroadcastResult {
  return { accepted: false, reason };
}

/** The words with which a mempool says that it, or the chain, has the transaction already. */
const ALREADY_THERE = new Set([
  'txn-already-in-mempool',
  'txn-already-known',
  'txn-same-nonwitness-data-in-mempool',
]);

/** The words for an input that is not there: never seen, or spent already, perhaps by this very transaction. */
const INPUTS_GONE = new Set(['bad-txns-inputs-missingorspent', 'missing-inputs']);

/**
 * bitcoind's text is the reason, and in some answers details after a comma ("min relay fee not met, 100 < 110"),
 * which no program can compare: only the reason is kept, as `testmempoolaccept` gives it.
 */
export function fromReason(said: string): BroadcastResult {
  const reason = said.split(', ', 1)[0] ?? said;
  return ALREADY_THERE.has(reason) ? ACCEPTED : rejected(reason);
}

export function inputsGone(result: BroadcastResult): boolean {
  return !result.accepted && INPUTS_GONE.has(result.reason);
}

const REJECTIONS: ReadonlySet<number> = new Set([RPC.deserialization, RPC.verify, RPC.verifyRejected]);

/** What an error of `sendrawtransaction` or `submitpackage` says of the transaction; `undefined` when it says nothing of it. */
export function fromRpcError(error: RpcError): BroadcastResult | undefined {
  if (error.code === RPC.alreadyInUtxoSet) return ACCEPTED;
  if (REJECTIONS.has(error.code)) return fromReason(error.message);
  return undefined;
}

/** The answer of `testmempoolaccept` for one transaction. */
export function fromTestAccept(answer: Answer): BroadcastResult {
  const result = fields(list(answer)[0] ?? answer);
  if (flag(result('allowed'))) return ACCEPTED;
  return fromReason(text(result('reject-reason')));
}

export interface PackageResult {
  readonly parent: BroadcastResult;
  readonly child: BroadcastResult;
}

/** Says of a member that it was not looked at, because of something else that is wrong. */
const NOT_LOOKED_AT = 'package-not-validated';

/**
 * The answer of `submitpackage`, one result for each member. A member without an error is in the mempool,
 * also when the package as a whole failed.
 */
export function fromPackage(answer: Answer, parent: Txid, child: Txid): PackageResult {
  const result = fields(answer);
  const message = text(result('package_msg'));
  if (message === 'success') return { parent: ACCEPTED, child: ACCEPTED };
  const members = values(result('tx-results')).map(fields);
  const member = (id: Txid): BroadcastResult => {
    const error = members.find((each) => each('txid').value === id)?.('error');
    if (error === undefined) return rejected(message);
    if (error.value === undefined) return ACCEPTED;
    return error.value === NOT_LOOKED_AT ? rejected(message) : fromReason(text(error));
  };
  return { parent: member(parent), child: member(child) };
}
