import { toHex } from '../../../base/bytes.ts';
import type { ArbitrationVerdict } from '../../../dispute/arbitrate.ts';
import type { EvidenceReport } from '../../../dispute/report.ts';
import type { MethodResult } from '../../../rpc/methods.ts';
import { causeOf } from './values.ts';

export type ReportOfEvidence = MethodResult<'verifyEvidence'>['report'];

/** What an evidence file shows, and what the rules say of it. */
export function reportOf({ channelId, file, judged, signed, missing }: EvidenceReport): ReportOfEvidence {
  const { claim, verdict } = file;
  return {
    channelId,
    claim:
      claim === null
        ? null
        : {
            claimant: claim.claimant,
            n: `${claim.proof.ledger.n}`,
            feeSat: `${claim.feeSat}`,
            openedAt: claim.openedAt,
          },
    proofs: file.proofs.length,
    readings: file.readings.length,
    statements: file.statements.length,
    judged: judged === null ? null : judgementOf(judged),
    verdict:
      verdict === null
        ? null
        : { n: `${verdict.body.n}`, txid: toHex(verdict.body.txid), height: verdict.body.height },
    signed: { answer: signed.answer, reason: 'reason' in signed ? signed.reason : null },
    missing: missing.map(causeOf),
  };
}

function judgementOf(judged: ArbitrationVerdict): NonNullable<ReportOfEvidence['judged']> {
  const findings = judged.findings.map(({ against, ...finding }) => ({ against, why: causeOf(finding) }));
  const nothing = { n: null, paidSat: null, outcomes: [], until: null, why: null, findings };
  if (judged.type === 'wait')
    return {
      ...nothing,
      decision: 'wait',
      until: judged.until,
      why: { code: judged.reason, values: {} },
    };
  if (judged.type === 'refuse') return { ...nothing, decision: 'refuse', why: causeOf(judged.reason) };
  const { consumer, producer, utility } = judged.settlement.paidSat;
  return {
    ...nothing,
    decision: judged.type,
    n: `${judged.state.n}`,
    paidSat: { consumerSat: `${consumer}`, producerSat: `${producer}`, utilitySat: `${utility}` },
    outcomes: judged.outcomes.map(({ id, unit, outcome }) => ({
      deliveryId: `${id}`,
      unit: `${unit}`,
      outcome,
    })),
  };
}
