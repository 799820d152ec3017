import { msats } from '../../text/voice.ts';
import { Amount } from '../../ui/Amount.tsx';
import { Button } from '../../ui/Button.tsx';
import { Dialog } from '../../ui/Dialog.tsx';
import { SplitBar } from '../../ui/SplitBar.tsx';
import type { Proposal } from './openForm.ts';
import { shortUri } from './parties.ts';

/** The check before a proposal goes out. */
export function CheckOpening({
  proposal,
  busy,
  onCancel,
  onPropose,
}: {
  readonly proposal: Proposal | null;
  readonly busy: boolean;
  readonly onCancel: () => void;
  readonly onPropose: () => void;
}) {
  return (
    <Dialog title="Propose this channel?" open={proposal !== null} onClose={onCancel}>
      {proposal !== null && (
        <>
          <SplitBar
            parts={(['consumer', 'producer', 'utility'] as const).map((role) => ({
              key: role,
              amount: BigInt(proposal.params[`${role}Sat`]) * 1000n,
            }))}
            label="Who puts in what"
            textOf={({ key, amount }) => `${key === 'consumer' ? 'you' : key} ${msats(amount)}`}
          />
          <dl class="facts">
            <dt>You put in</dt>
            <dd>
              <Amount sat={proposal.params.consumerSat} />
            </dd>
            <dt>and for the fee of the end</dt>
            <dd>
              <Amount sat={proposal.reserveSat} /> <span class="soft">(what is left of it comes back)</span>
            </dd>
            <dt>Producer</dt>
            <dd>
              <Amount sat={proposal.params.producerSat} />, <code>{shortUri(uriOf(proposal.producer))}</code>
            </dd>
            <dt>Utility</dt>
            <dd>
              <Amount sat={proposal.params.utilitySat} />, <code>{shortUri(uriOf(proposal.utility))}</code>
            </dd>
            <dt>Bond</dt>
            <dd>{bondText(proposal)}</dd>
            <dt>Settled by</dt>
            <dd>block {proposal.params.settlementHeight}</dd>
            <dt>Fee of the funding</dt>
            <dd>
              {proposal.params.feeRateSatPerKvB === undefined
                ? 'what the chain asks for'
                : `${Number(proposal.params.feeRateSatPerKvB) / 1000} sat/vB`}
              <span class="soft">, each pays for its own part</span>
            </dd>
          </dl>
          <div class="buttons dialog-buttons">
            <Button kind="primary" busy={busy} onClick={onPropose}>
              {busy ? 'Asking the others …' : 'Propose it'}
            </Button>
            <Button onClick={onCancel}>Change something</Button>
          </div>
        </>
      )}
    </Dialog>
  );
}

function uriOf({ nodeId, address }: Proposal['producer']): string {
  return address === null ? nodeId : `${nodeId}@${address}`;
}

function bondText({ params }: Proposal): string {
  const { bondPpm, maxInFlight } = params.params ?? {};
  if (bondPpm === undefined) return 'all that the producer put in, one unit at a time';
  return `${bondPpm / 10_000} % of the price, at most ${maxInFlight} units in flight`;
}
