import type { MethodResult } from '../../../../src/client/index.ts';
import { reasonText } from '../../text/reasons.ts';
import { sats } from '../../text/voice.ts';
import { entryOf, FINDINGS, OUTCOMES } from '../../text/words.ts';
import { Term } from '../../ui/Term.tsx';

export type EvidenceReport = MethodResult<'verifyEvidence'>['report'];

const DECISIONS = {
  settle: 'Settle: nothing is forfeited.',
  penalise: 'Penalise: what was not delivered goes to the utility.',
  wait: 'Wait: it is too early to decide.',
  refuse: 'Refuse: the claim does not hold.',
} as const;

const SIGNED = {
  none: 'The utility has signed no verdict yet.',
  right: 'The utility’s signed verdict is the one that the rules give.',
  wrong: 'The utility’s signed verdict is not what the rules give. Show this file.',
  undetermined: 'Something that the signed verdict names is missing here, so it cannot be judged in full.',
} as const;

const MISSING: Readonly<Record<string, string>> = {
  claim: 'the claim',
  verdict: 'a signed verdict',
  stateProof: 'a state proof that holds',
  namedEvidence: 'something that the verdict names',
  deadlineTime: 'the time of a deadline’s block',
};

function counted(count: number, thing: string): string {
  return `${count} ${thing}${count === 1 ? '' : 's'}`;
}

/** What the rules say of an evidence file, by whoever judges it. */
export function Report({ report }: { readonly report: EvidenceReport }) {
  const { judged, signed, proofs, readings, statements, missing } = report;
  return (
    <div class="report" role="status" data-answer={signed.answer}>
      <p>
        <strong>{SIGNED[signed.answer]}</strong>
        {signed.reason !== null && ` Why: ${reasonText(signed.reason)}.`}
      </p>
      <p class="hint">
        {`In the file: ${counted(proofs, 'state proof')}, ${counted(readings, 'reading')}, ${counted(statements, 'statement')}.`}
        {missing.length > 0 &&
          ` Missing: ${missing.map(({ code }) => entryOf(MISSING, code) ?? code).join(', ')}.`}
      </p>
      {judged !== null && (
        <>
          <p>{`The rules say: ${DECISIONS[judged.decision]}`}</p>
          {judged.paidSat !== null && (
            <dl class="facts">
              <dt>The consumer gets</dt>
              <dd>{sats(judged.paidSat.consumerSat)}</dd>
              <dt>The producer gets</dt>
              <dd>{sats(judged.paidSat.producerSat)}</dd>
              <dt>The utility gets</dt>
              <dd>{sats(judged.paidSat.utilitySat)}</dd>
            </dl>
          )}
          <ul>
            {judged.outcomes.map(({ deliveryId, unit, outcome }) => (
              <li key={deliveryId}>
                Unit {unit} was {entryOf(OUTCOMES, outcome) ?? outcome}.
              </li>
            ))}
            {judged.findings.length === 0 ? (
              <li>
                No <Term name="finding" />: nobody did wrong.
              </li>
            ) : (
              judged.findings.map(({ against, why }) => (
                <li key={`${against} ${why.code}`}>
                  The {against} {entryOf(FINDINGS, why.code) ?? why.code}.
                </li>
              ))
            )}
          </ul>
        </>
      )}
    </div>
  );
}
