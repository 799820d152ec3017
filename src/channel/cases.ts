import type { Sat } from '../base/amount.ts';
import { equalBytes, utf8 } from '../base/bytes.ts';
import { encode } from '../base/codec.ts';
import { invariant } from '../base/invariant.ts';
import { TRADERS, type Trader } from '../base/role.ts';
import { arbitrate, type Decided } from '../dispute/arbitrate.ts';
import type { Evidence, Finding } from '../dispute/evidence.ts';
import { encodeEvidence } from '../dispute/file.ts';
import { deliveredIn, VERDICT, type VerdictStatement, verdictStatement } from '../dispute/verdict.ts';
import { DELIVERY_STATEMENT } from '../market/deliveryStatement.ts';
import { METER_READING } from '../market/meter.ts';
import { decodeSigned } from '../market/statement.ts';
import { buildPenalty, settlementVbytes } from '../tx/settlement.ts';
import { type MessageOf, type SignedBody, type StateProof, stateProofCodec } from '../wire/messages.ts';
import type { ChannelAction } from './action.ts';
import { signBody } from './market.ts';
import { checkProof } from './proofs.ts';
import type { ArbitrationCase, Identity, UtilityChannel } from './state.ts';
import { type Context, goTo, notify, send, type Transition, utilitySigner } from './step.ts';

/** Proofs and readings that a case takes from each trader: more than an honest one ever shows. */
export const MAX_SHOWN = 16;

type Request = MessageOf<'request_arbitration'>;

/** Why no case is opened (protocol section 9). */
export function whyNoCase(
  state: UtilityChannel,
  from: Trader,
  { proof, feeSat }: Request,
  context: Context,
): string | undefined {
  const { contract, payout } = state.identity;
  const fault = checkProof(state, state.identity, from, proof, context);
  if (fault !== undefined) return fault.code === 'badStateProof' ? fault.reason : fault.code;
  if (feeSat > maxFee(state.identity, context)) return 'feeTooHigh';
  const built = buildPenalty(contract, proof.ledger, feeSat, payout);
  return built.ok ? undefined : built.error.code;
}

export function openCase(
  { identity, height }: UtilityChannel,
  claimant: Trader,
  { proof, feeSat }: Request,
  context: Context,
): ArbitrationCase {
  return {
    claimant,
    proof,
    feeSat,
    maxFeeSat: maxFee(identity, context),
    openedAt: height,
    until: height + identity.contract.params.contestWindow,
    proofs: [],
    readings: [],
    verdict: null,
  };
}

/** The most that the utility lets a settlement cost. */
function maxFee({ contract, payout }: Identity, { maxArbitrationFeeRate }: Context): Sat {
  return ((BigInt(settlementVbytes(contract, payout)) * maxArbitrationFeeRate + 999n) / 1000n) as Sat;
}

/** A state that a trader shows while a case is open; what proves nothing is kept as well, and named in the verdict. */
export function withProof(opened: ArbitrationCase, from: Trader, proof: StateProof): ArbitrationCase {
  if (proof.broadcaster !== from || opened.verdict !== null) return opened;
  const bytes = encode(stateProofCodec, proof);
  const known = [opened.proof, ...opened.proofs].some((each) =>
    equalBytes(encode(stateProofCodec, each), bytes),
  );
  const shown = opened.proofs.filter(({ broadcaster }) => broadcaster === from).length;
  return known || shown >= MAX_SHOWN ? opened : { ...opened, proofs: [...opened.proofs, proof] };
}

/** A reading that a trader shows while a case is open. The very same again is no second one. */
export function withReading(opened: ArbitrationCase, from: Trader, signed: SignedBody): ArbitrationCase {
  if (opened.verdict !== null || !decodeSigned(METER_READING, signed).ok) return opened;
  const own = opened.readings.filter((each) => each.from === from);
  if (own.length >= MAX_SHOWN || own.some((each) => isSame(each.signed, signed))) return opened;
  return { ...opened, readings: [...opened.readings, { from, signed }] };
}

function isSame(a: SignedBody, b: SignedBody): boolean {
  return equalBytes(a.body, b.body) && equalBytes(a.signature, b.signature);
}

/** How a case stands, for one of the two: until when it can be contested, or the verdict with our signature. */
export function caseMessages(
  { channelId, contract, payout }: Identity,
  { proof, until, verdict }: ArbitrationCase,
  to: Trader,
  context: Context,
): ChannelAction[] {
  if (verdict === null)
    return [send(to, { type: 'arbitration_opened', channelId, n: proof.ledger.n, until })];
  const { balances, statement, signed } = verdict;
  const signer = utilitySigner(context);
  const delivered = deliveredIn(statement);
  const signature = signer.signPenalty(contract, balances, statement.feeSat, payout, delivered);
  return [send(to, { type: 'arbitration_verdict', channelId, signed, signature })];
}

export function refusalTo({ channelId }: Identity, to: Trader, n: bigint, reason: string): ChannelAction[] {
  const data = utf8(reason).slice(0, 256);
  return [
    send(to, { type: 'arbitration_refused', channelId, n, reason: data }),
    notify({ type: 'arbitrationRefused', n, reason }),
  ];
}

/** Judges the open case, if there is one, by what is known now. */
export function judge(state: UtilityChannel, context: Context): Transition {
  const { arbitration, identity } = state;
  if (arbitration === null || arbitration.verdict !== null) return goTo(state);
  if (state.height < arbitration.until) return goTo(state);
  const evidence = caseEvidence(state, arbitration, context);
  const verdict = arbitrate(context.secp, evidence);
  if (verdict.type === 'wait') return goTo(state);
  if (verdict.type === 'refuse') {
    const { claimant, proof } = arbitration;
    return goTo(
      { ...state, arbitration: null },
      refusalTo(identity, claimant, proof.ledger.n, verdict.reason.code),
    );
  }
  return decide(state, arbitration, evidence, verdict, verdict.findings, context);
}

function decide(
  state: UtilityChannel,
  arbitration: ArbitrationCase,
  evidence: Evidence,
  decided: Decided,
  findings: readonly Finding[],
  context: Context,
): Transition {
  const { identity } = state;
  const statement: VerdictStatement = verdictStatement(evidence, decided, findings);
  invariant(VERDICT.check(statement) === undefined, 'a verdict keeps the rules of its kind');
  const signed = signBody(context, VERDICT, statement);
  const closed = { ...arbitration, verdict: { statement, signed, balances: decided.state } };
  return goTo(
    { ...state, arbitration: closed },
    [
      ...TRADERS.flatMap((trader) => caseMessages(identity, closed, trader, context)),
      notify({ type: 'verdict', statement }),
    ],
    [
      {
        type: 'verdict',
        signed,
        evidence: encodeEvidence({
          ...evidence,
          verdict: { body: statement, signature: signed.signature },
        }),
      },
    ],
  );
}

/** What the utility has on a case now, as anyone may judge it again. */
export function caseEvidence(
  { identity, register, proofs, height }: Pick<UtilityChannel, 'identity' | 'register' | 'proofs' | 'height'>,
  arbitration: ArbitrationCase,
  { certifiedCapacityWhPerHour }: Context,
): Evidence {
  const { contract, channelId, nodeIds, meters, payout } = identity;
  const { claimant, proof, feeSat, maxFeeSat, openedAt } = arbitration;
  const capacityWhPerHour = {
    consumer: certifiedCapacityWhPerHour(meters.consumer),
    producer: certifiedCapacityWhPerHour(meters.producer),
  };
  return {
    channel: { contract, channelId, nodeIds, meters, capacityWhPerHour, payout },
    claim: { claimant, proof, feeSat, openedAt, maxFeeSat },
    proofs: otherProofs(proof, [...proofs, ...arbitration.proofs]),
    readings: arbitration.readings.flatMap(({ from, signed }) => {
      const decoded = decodeSigned(METER_READING, signed);
      return decoded.ok ? [{ from, signed: decoded.value }] : [];
    }),
    statements: register.flatMap((unit) => {
      if (unit.type === 'ordered') return [];
      const decoded = decodeSigned(DELIVERY_STATEMENT, unit.statement);
      return decoded.ok ? [decoded.value] : [];
    }),
    deadlineTimes: [],
    height,
  };
}

function otherProofs(claimed: StateProof, proofs: readonly StateProof[]): readonly StateProof[] {
  const kept: StateProof[] = [];
  for (const proof of proofs) {
    const bytes = encode(stateProofCodec, proof);
    const known = [claimed, ...kept].some((each) => equalBytes(encode(stateProofCodec, each), bytes));
    if (!known) kept.push(proof);
  }
  return kept;
}
