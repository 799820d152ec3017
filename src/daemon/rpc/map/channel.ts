import type { Msat } from '../../../base/amount.ts';
import { toHex } from '../../../base/bytes.ts';
import { counterpartyOf, type PerRole } from '../../../base/role.ts';
import { soldAgainst } from '../../../channel/ledger.ts';
import { remoteCommitments } from '../../../channel/rounds.ts';
import type { ArbitrationCase, Channel, Market } from '../../../channel/state.ts';
import type { Offer } from '../../../market/offer.ts';
import type { ChannelHandle } from '../../../node/handle.ts';
import { nodeIdsOf } from '../../../node/parties.ts';
import type { Monitor } from '../../../penalty/monitor.ts';
import type { MethodResult } from '../../../rpc/methods.ts';
import { fundingSpec } from '../../../tx/commitment.ts';
import {
  type Balances,
  type ChannelParams,
  type Contract,
  capacityMsat,
  fundingValueSat,
} from '../../../tx/contract.ts';
import { outputDescriptor, outputScript } from '../../../tx/outputs.ts';
import { causeOf, deliveryOf, offerOf } from './values.ts';

export type ChannelSummary = MethodResult<'listChannels'>['channels'][number];
export type ChannelDetail = MethodResult<'getChannel'>['channel'];
export type Dispute = NonNullable<ChannelDetail['dispute']>;

/** What a mapping needs of a handle. */
export type ChannelView = Pick<ChannelHandle, 'key' | 'role' | 'channelId' | 'state' | 'monitor' | 'halted'>;

/** One row of listChannels. Field by field: a channel's state holds secrets. */
export function summaryOf({ key, role, channelId, state, halted }: ChannelView): ChannelSummary {
  const terms = termsOf(state);
  const newest = newestBalances(state);
  return {
    channel: key,
    channelId: channelId ?? null,
    role,
    state: state.type,
    peers: nodeIdsOf(state) ?? { consumer: null, producer: null, utility: null },
    capacityMsat: terms === undefined ? null : `${capacityMsat(terms.contributions)}`,
    balances: newest === undefined ? null : balancesOf(newest),
    settlementHeight: terms?.params.settlementHeight ?? null,
    why: 'why' in state ? causeOf(state.why) : null,
    halted: halted !== undefined,
  };
}

/** The answer of getChannel. */
export function detailOf(view: ChannelView): ChannelDetail {
  const { state, role, monitor } = view;
  const terms = termsOf(state);
  const market = marketOf(state);
  const identity = 'identity' in state ? state.identity : undefined;
  const breach = state.type === 'settling' ? state.breach : null;
  return {
    ...summaryOf(view),
    ...fundingOf(identity?.contract),
    commitments: commitmentNumbersOf(state),
    contributions: terms === undefined ? null : perRoleMsat(terms.contributions),
    params: terms === undefined ? null : paramsOf(terms.params),
    payoutScript: identity === undefined ? null : toHex(identity.payout[role]),
    link: 'link' in state ? state.link : null,
    wantedUnits: 'wantedUnits' in state ? state.wantedUnits : null,
    deliveries: (newestBalances(state)?.deliveries ?? []).map(deliveryOf),
    offers:
      market === undefined
        ? []
        : Object.values(market.offers).flatMap((each) => (each === null ? [] : [offerIn(state, each)])),
    depth: state.type === 'awaitingFunding' ? state.depth : null,
    dispute: disputeOf(state) ?? null,
    breach: breach === null ? null : { n: `${breach.n}`, broadcaster: breach.broadcaster },
    onChain: monitor === null ? null : onChainOf(monitor),
    unsure: 'unsure' in state && state.unsure === true,
  };
}

function fundingOf(
  contract: Contract | undefined,
): Pick<ChannelDetail, 'funding' | 'fundingSat' | 'fundingScript' | 'fundingDescriptor'> {
  if (contract === undefined)
    return { funding: null, fundingSat: null, fundingScript: null, fundingDescriptor: null };
  const spec = fundingSpec(contract);
  return {
    funding: pointOf(contract.funding),
    fundingSat: `${fundingValueSat(contract)}`,
    fundingScript: toHex(outputScript(spec)),
    fundingDescriptor: outputDescriptor(spec),
  };
}

function commitmentNumbersOf(state: Channel): ChannelDetail['commitments'] {
  if (state.role === 'utility') return null;
  if (state.type === 'awaitingFunding') return state.held === null ? null : { local: '0', remote: '0' };
  if (!('rounds' in state) || state.rounds === null) return null;
  const remote = remoteCommitments(state.rounds)[0]?.ledger.n ?? state.rounds.held.ledger.n;
  return { local: `${state.rounds.held.ledger.n}`, remote: `${remote}` };
}

function offerIn(state: Channel, offer: Offer): ChannelDetail['offers'][number] {
  const ledger = 'rounds' in state && state.rounds !== null ? state.rounds.held.ledger : undefined;
  return { ...offerOf(offer), orderedUnits: ledger === undefined ? 0 : soldAgainst(ledger, offer) };
}

/** Balances and deliveries of the newest state that this node knows: a trader's own, at the utility the newest proof. */
export function newestBalances(state: Channel): Balances | undefined {
  if (state.type === 'awaitingFunding') return state.held?.ledger;
  if ('rounds' in state && state.rounds !== null) return state.rounds.held.ledger;
  const proofs =
    state.type === 'attesting'
      ? state.proofs
      : state.type === 'settling'
        ? (state.utility?.proofs ?? [])
        : [];
  return proofs.reduce<Balances | undefined>(
    (newest, { ledger }) => (newest === undefined || ledger.n > newest.n ? ledger : newest),
    undefined,
  );
}

/** How the utility ends the channel, if it was asked to. */
export function disputeOf(state: Channel): Dispute | undefined {
  if (state.type === 'attesting') return state.arbitration === null ? undefined : caseOf(state.arbitration);
  if (state.type !== 'settling') return undefined;
  const open = state.utility?.arbitration;
  if (open !== undefined && open !== null) return caseOf(open);
  if (state.claim === null || state.role === 'utility') return undefined;
  const { requestedAt, feeSat, giveUpAt } = state.claim;
  return {
    claimant: feeSat === null ? counterpartyOf(state.role) : state.role,
    n: null,
    feeSat: feeSat === null ? null : `${feeSat}`,
    openedAt: requestedAt,
    until: giveUpAt,
    verdict: null,
  };
}

function caseOf({ claimant, proof, feeSat, openedAt, until, verdict }: ArbitrationCase): Dispute {
  return {
    claimant,
    n: `${proof.ledger.n}`,
    feeSat: `${feeSat}`,
    openedAt,
    until,
    verdict:
      verdict === null
        ? null
        : {
            n: `${verdict.statement.n}`,
            txid: toHex(verdict.statement.txid),
            height: verdict.statement.height,
            outcomes: verdict.statement.outcomes.map(({ id, unit, outcome }) => ({
              deliveryId: `${id}`,
              unit: `${unit}`,
              outcome,
            })),
          },
  };
}

export function marketOf(state: Channel): Market | undefined {
  return 'market' in state ? state.market : undefined;
}

interface Terms {
  readonly params: ChannelParams;
  readonly contributions: PerRole<Msat>;
}

/** What the three agreed on, or were asked for. */
function termsOf(state: Channel): Terms | undefined {
  if ('identity' in state) return state.identity.contract;
  if ('agreement' in state) return state.agreement.contract;
  return 'proposal' in state ? state.proposal : undefined;
}

function balancesOf({ n, consumerMsat, producerMsat, utilityMsat, deliveries }: Balances) {
  const inFlight = deliveries.reduce((sum, { paymentMsat, bondMsat }) => sum + paymentMsat + bondMsat, 0n);
  return {
    n: `${n}`,
    consumerMsat: `${consumerMsat}`,
    producerMsat: `${producerMsat}`,
    utilityMsat: `${utilityMsat}`,
    inFlightMsat: `${inFlight}`,
  };
}

function perRoleMsat({ consumer, producer, utility }: PerRole<Msat>) {
  return { consumerMsat: `${consumer}`, producerMsat: `${producer}`, utilityMsat: `${utility}` };
}

function paramsOf(params: ChannelParams): NonNullable<ChannelDetail['params']> {
  const { bondPolicy } = params;
  return {
    arbitration: params.arbitration.type,
    settlementHeight: params.settlementHeight,
    consumerToSelfDelay: params.toSelfDelay.consumer,
    producerToSelfDelay: params.toSelfDelay.producer,
    dustLimitSat: `${params.dustLimitSat}`,
    consumerReserveMsat: `${params.reserveMsat.consumer}`,
    producerReserveMsat: `${params.reserveMsat.producer}`,
    maxInFlight: params.maxInFlight,
    bondPolicy: bondPolicy.type,
    bondPpm: bondPolicy.type === 'proportional' ? bondPolicy.bondPpm : null,
    gridFeePpm: params.gridFeePpm,
    deliveryWindow: params.deliveryWindow,
    resolutionMargin: params.resolutionMargin,
    utilityMaxExposureMsat: `${params.utilityMaxExposureMsat}`,
    minimumDepth: params.minimumDepth,
    contestWindow: params.contestWindow,
  };
}

function onChainOf({ tip, confirmedAt, spend, resolvedAt }: Monitor) {
  const spentBy = spend === null ? null : { txid: spend.txid, height: spend.height };
  return { followedTo: tip.height, confirmedAt, spentBy, resolvedAt };
}

function pointOf({ txid, vout }: { readonly txid: string; readonly vout: number }) {
  return { txid, vout };
}
