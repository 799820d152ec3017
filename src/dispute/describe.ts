import { toHex } from '../base/bytes.ts';
import type { ArbitrationVerdict } from './arbitrate.ts';
import type { EvidenceReport } from './report.ts';

/** A report as lines for people: public values only. */
export function describeReport(report: EvidenceReport): readonly string[] {
  const { channelId, file, judged, signed, missing } = report;
  const { verdict, claim } = file;
  return [
    `channel ${channelId}`,
    claim === null
      ? 'no claim in this file'
      : `the ${claim.claimant} asked for a decision on state ${claim.proof.ledger.n}, fee ${claim.feeSat} sat`,
    `${file.proofs.length} other state proofs, ${file.readings.length} readings, ${file.statements.length} statements`,
    ...(judged === null ? ['no sound state proof: nothing can be judged'] : describeJudged(judged)),
    verdict === null
      ? 'the utility signed no verdict'
      : `the utility signed at height ${verdict.body.height}: state ${verdict.body.n}, transaction ${toHex(verdict.body.txid)}`,
    ...verdictLine(signed),
    ...missing.map((each) => `missing: ${values(each)}`),
  ];
}

function verdictLine(signed: EvidenceReport['signed']): readonly string[] {
  if (signed.answer === 'none') return [];
  return [`the signed verdict is ${signed.answer}${'reason' in signed ? `: ${signed.reason}` : ''}`];
}

function describeJudged(judged: ArbitrationVerdict): readonly string[] {
  return [...decision(judged), ...judged.findings.map((finding) => `found: ${values(finding)}`)];
}

function decision(judged: ArbitrationVerdict): readonly string[] {
  switch (judged.type) {
    case 'wait':
      return [`the rules say: wait until ${judged.until} (${judged.reason})`];
    case 'refuse':
      return [`the rules say: refuse (${values(judged.reason)})`];
    default: {
      const { consumer, producer, utility } = judged.settlement.paidSat;
      return [
        `the rules say: ${judged.type} on state ${judged.state.n}, consumer ${consumer} sat, producer ${producer} sat, utility ${utility} sat`,
        ...judged.outcomes.map(({ id, unit, outcome }) => `delivery ${id}, unit ${unit}: ${outcome}`),
      ];
    }
  }
}

function values(value: object): string {
  return Object.entries(value)
    .map(([name, each]) => (name === 'code' ? String(each) : `${name}=${String(each)}`))
    .join(' ');
}
