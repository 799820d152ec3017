import { type Msat, msatToSatFloor, type Sat, sat } from '../base/amount.ts';
import { equalBytes } from '../base/bytes.ts';
import { err, ok, type Result } from '../base/result.ts';
import { counterpartyOf, type PerRole, type Role, type Trader } from '../base/role.ts';
import type { Channel } from '../channel/state.ts';
import type { Knowledge, KnownCommitment } from '../penalty/knowledge.ts';
import { buildCommitment, type CommitmentOutput } from '../tx/commitment.ts';
import { type Delivery, fundingValueSat } from '../tx/contract.ts';
import { buildClose, type FeeTooHigh, type PayoutScripts, settlementVbytes } from '../tx/settlement.ts';

/** What each party would have of a channel that ended now, by either way. */
export interface ClosePreview {
  /** `null` for the utility, and where the traders can no longer close together. */
  readonly cooperative: CooperativePreview | null;
  /** `null` where there is no commitment to publish. */
  readonly unilateral: UnilateralPreview | null;
}

/** The close that this trader would propose: it pays the fee beyond the commitment reserve. */
export interface CooperativePreview {
  readonly feeSat: Sat;
  readonly paidSat: PerRole<Sat>;
  /** Payments and bonds in flight: who gets them is decided before the close, and is in nobody's part yet. */
  readonly undecidedSat: Sat;
}

/** The own newest commitment; to the utility the newest that a trader proved. */
export interface UnilateralPreview {
  readonly n: bigint;
  readonly broadcaster: Trader;
  readonly feeSat: Sat;
  readonly outputs: readonly PreviewOutput[];
}

export interface PreviewOutput {
  /** Whom it pays; `null` of the anchor, and of a unit in flight on which there is no word yet. */
  readonly role: Role | null;
  readonly what: CommitmentOutput['kind'];
  readonly amountSat: Sat;
  /** Blocks after the commitment's from which its party can claim it; of a delivery its seller, with the preimage. */
  readonly delayBlocks: number | null;
  /** Block from which the utility can claim a delivery that it did not attest. */
  readonly fromHeight: number | null;
}

export interface FeeRateTooLow {
  readonly code: 'feeRateTooLow';
  readonly feeRate: bigint;
  readonly least: bigint;
}

/** 1 sat/vB, what every node relays and the channel's own rules ask for. */
const LEAST_FEE_RATE = 1000n;

/**
 * What closing now would pay, exactly: the transactions are built as for a close. Errors: a fee rate below 1,000, a fee that
 * this trader cannot pay.
 *
 * @param feeRate of the close, satoshi per 1,000 virtual bytes
 */
export function previewClose(
  state: Channel,
  knowledge: Knowledge | undefined,
  feeRate: bigint,
): Result<ClosePreview, FeeRateTooLow | FeeTooHigh> {
  if (feeRate < LEAST_FEE_RATE) return err({ code: 'feeRateTooLow', feeRate, least: LEAST_FEE_RATE });
  const cooperative = previewCooperative(state, feeRate);
  if (!cooperative.ok) return cooperative;
  return ok({ cooperative: cooperative.value, unilateral: previewUnilateral(state, knowledge) });
}

function previewCooperative(state: Channel, feeRate: bigint): Result<CooperativePreview | null, FeeTooHigh> {
  if (state.type !== 'open' && state.type !== 'shuttingDown' && state.type !== 'negotiatingClose')
    return ok(null);
  const { identity, role, rounds } = state;
  const { contract } = identity;
  const payout = payoutOf(state);
  const { ledger } = rounds.held;
  const feeSat = sat((BigInt(settlementVbytes(contract, payout)) * feeRate + 999n) / 1000n);
  const close = buildClose(contract, ledger, role, feeSat, payout);
  if (!close.ok) return close;
  const undecided = ledger.deliveries.reduce((sum, each) => sum + lockedMsat(each), 0n);
  const undecidedSat = msatToSatFloor(undecided as Msat);
  return ok({
    feeSat: sat(close.value.feeSat - undecidedSat),
    paidSat: close.value.paidSat,
    undecidedSat,
  });
}

function payoutOf(
  state: Extract<Channel, { readonly type: 'open' | 'shuttingDown' | 'negotiatingClose' }>,
): PayoutScripts {
  if (state.type === 'negotiatingClose') return state.payout;
  const { payout } = state.identity;
  if (state.type === 'open') return payout;
  const { own, remote } = state.scripts;
  const known = { ...payout, [state.role]: own };
  return remote === null ? known : { ...known, [counterpartyOf(state.role)]: remote };
}

function previewUnilateral(state: Channel, knowledge: Knowledge | undefined): UnilateralPreview | null {
  if (knowledge === undefined || state.type === 'settling' || state.type === 'closed') return null;
  if ('unsure' in state && state.unsure === true) return null;
  const known = newestOf(knowledge);
  if (known === undefined) return null;
  const { contract } = knowledge;
  const { broadcaster, balances, revocationKey } = known;
  const { outputs, n } = buildCommitment(contract, balances, broadcaster, revocationKey);
  const paid = outputs.reduce((sum, { value }) => sum + value, 0n);
  return {
    ...{ n, broadcaster },
    feeSat: sat(fundingValueSat(contract) - paid),
    outputs: outputs.map((output) => previewOutput(state, knowledge, broadcaster, output)),
  };
}

function newestOf({ commitments, role }: Knowledge): KnownCommitment | undefined {
  const wanted = role === 'utility' ? 'proved' : 'own';
  return commitments
    .filter(({ standing }) => standing === wanted)
    .reduce<KnownCommitment | undefined>(
      (newest, each) => (newest === undefined || each.balances.n > newest.balances.n ? each : newest),
      undefined,
    );
}

function previewOutput(
  state: Channel,
  { contract }: Knowledge,
  broadcaster: Trader,
  output: CommitmentOutput,
): PreviewOutput {
  const { toSelfDelay } = contract.params;
  const place = { what: output.kind, amountSat: output.value };
  switch (output.kind) {
    case 'anchor':
      return { ...place, role: null, delayBlocks: null, fromHeight: null };
    case 'toBroadcaster':
      return { ...place, role: broadcaster, delayBlocks: toSelfDelay[broadcaster], fromHeight: null };
    case 'toCounterparty':
    case 'toUtility': {
      const role = output.kind === 'toUtility' ? 'utility' : counterpartyOf(broadcaster);
      return { ...place, role, delayBlocks: 1, fromHeight: null };
    }
    case 'delivery': {
      const { seller, expiry } = output.delivery;
      const delayBlocks = seller === broadcaster ? toSelfDelay[seller] : 1;
      return { ...place, role: takerOf(state, output.delivery), delayBlocks, fromHeight: expiry + 1 };
    }
  }
}

/** Whose a delivery is by the utility's word; `null` before there is one. */
function takerOf(state: Channel, { id, seller, lock }: Delivery): Role | null {
  if ('market' in state) {
    if (state.market.preimages.some((known) => known.id === id)) return seller;
    return state.market.refused.includes(id) ? 'utility' : null;
  }
  if (state.type !== 'attesting') return null;
  const word = state.register.find(({ delivery }) => equalBytes(delivery.lock, lock))?.type;
  if (word === 'delivered') return seller;
  return word === 'notDelivered' ? 'utility' : null;
}

function lockedMsat({ paymentMsat, bondMsat }: Delivery): bigint {
  return paymentMsat + bondMsat;
}
