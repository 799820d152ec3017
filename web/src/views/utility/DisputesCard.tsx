import { useState } from 'preact/hooks';
import type { NodeModel } from '../../nodes/node.ts';
import { bytesOf } from '../../text/hex.ts';
import { sats, shortId } from '../../text/voice.ts';
import { entryOf, OUTCOMES } from '../../text/words.ts';
import { Button } from '../../ui/Button.tsx';
import { Card } from '../../ui/Card.tsx';
import { download } from '../../ui/download.ts';
import { Failure } from '../../ui/Notice.tsx';
import { SectionLink } from '../../ui/SectionLink.tsx';
import { Term } from '../../ui/Term.tsx';
import { useAction } from '../../ui/useAction.ts';
import { type EvidenceReport, Report } from './Report.tsx';
import { type Dispute, useDisputes } from './useDisputes.ts';

/** Disputes that the utility decides or has decided, each with its evidence. */
export function DisputesCard({ node }: { readonly node: NodeModel }) {
  const { disputes, problem } = useDisputes(node);
  return (
    <Card title="Disputes" aside={<SectionLink section="arbitration" />}>
      <p>
        A trader can ask for <Term name="arbitration" />. The rules decide by the <Term name="evidence" />,
        and anyone who has it can judge again.
      </p>
      {disputes.length === 0 ? (
        <p class="hint">There is no dispute.</p>
      ) : (
        <ul class="desk-list">
          {disputes.map((each) => (
            <DisputeRow key={each.channel} node={node} dispute={each} />
          ))}
        </ul>
      )}
      <Failure problem={problem} />
    </Card>
  );
}

function DisputeRow({
  node,
  dispute: { channel, dispute },
}: {
  readonly node: NodeModel;
  readonly dispute: Dispute;
}) {
  const { claimant, n, feeSat, openedAt, until, verdict } = dispute;
  const [report, setReport] = useState<EvidenceReport | null>(null);
  const evidence = () => node.call('exportEvidence', { channel }).then((answer) => answer.evidence);
  const save = useAction(async () => {
    download(`wattlane-evidence-${channel}.bin`, bytesOf(await evidence()));
  });
  const judge = useAction(async () => {
    const answer = await node.call('verifyEvidence', { evidence: await evidence() });
    setReport(answer.report);
  });
  return (
    <li data-dispute={channel}>
      <h3>
        Channel {channel}
        {claimant !== null && `: the ${claimant} asked`}
      </h3>
      <p>
        {n !== null && `About state ${n}. `}
        {feeSat !== null && `The transaction costs ${sats(feeSat)}. `}
        Opened at block {openedAt};{' '}
        {verdict === null ? `to be decided from block ${until} on.` : `decided at block ${verdict.height}.`}
      </p>
      {verdict !== null && (
        <>
          <p>
            <Term name="verdict">Verdict</Term> on state {verdict.n}, transaction{' '}
            <span class="mono">{shortId(verdict.txid)}</span>:
          </p>
          <ul>
            {verdict.outcomes.length === 0 && <li>Nothing was in flight: each gets its balance.</li>}
            {verdict.outcomes.map(({ deliveryId, unit, outcome }) => (
              <li key={deliveryId}>
                Unit {unit} was {entryOf(OUTCOMES, outcome) ?? outcome}.
              </li>
            ))}
          </ul>
        </>
      )}
      <div class="buttons">
        <Button busy={save.busy} onClick={() => void save.run()}>
          Download the evidence
        </Button>
        <Button busy={judge.busy} onClick={() => void judge.run()}>
          Judge it again
        </Button>
      </div>
      <Failure problem={save.problem ?? judge.problem} />
      {report !== null && <Report report={report} />}
    </li>
  );
}
