import { err, ok, type Result } from '../../base/result.ts';
import { type ReportOfEvidence, reportOf } from '../../daemon/rpc/map/evidence.ts';
import { describeReport } from '../../dispute/describe.ts';
import { type EvidenceReport, verifyEvidence } from '../../dispute/report.ts';

export { MAX_EVIDENCE_LENGTH } from '../../dispute/file.ts';

/** An evidence file, judged again; or why it is none. */
export function verified(bytes: Uint8Array): Result<EvidenceReport, string> {
  const report = verifyEvidence(bytes);
  if (report.ok) return ok(report.value);
  const { code, ...rest } = report.error;
  return err([code, ...Object.values(rest).map(String)].join(' '));
}

/** A report in words. */
export const reportLines: (report: EvidenceReport) => readonly string[] = describeReport;

/** A report as the RPC has it. */
export const reportShape: (report: EvidenceReport) => ReportOfEvidence = reportOf;
