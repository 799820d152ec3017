import { useEffect, useState } from 'preact/hooks';
import { chosenChannel } from '../../nodes/choice.ts';
import type { NodeModel } from '../../nodes/node.ts';
import { useAnswer } from '../../nodes/useAnswer.ts';
import { go } from '../../shell/route.ts';
import { STATE_TEXTS } from '../../text/states.ts';
import { Button } from '../../ui/Button.tsx';
import { Card } from '../../ui/Card.tsx';
import { Failure, Notice } from '../../ui/Notice.tsx';
import { newRequestId } from '../../ui/requestId.ts';
import { CheckOpening } from './CheckOpening.tsx';
import { stepOf } from './life.ts';
import { OpenFieldset } from './OpenFieldset.tsx';
import { FIRST_FIELDS, type OpenFields, type OpenProblems, type Proposal, readOpenForm } from './openForm.ts';
import { failureOfCall, failureOfCause, type OpenFailure } from './openProblem.ts';
import { pageNodes } from './pageNodes.ts';
import { type KnownParty, knownParties } from './parties.ts';

const EMPTY: OpenFailure = { field: null, problem: { what: '', wayOut: '' } };

/** Proposes a channel, as its consumer, and follows it until all three have signed. */
export function OpenCard({ node, onLeave }: { readonly node: NodeModel; readonly onLeave?: () => void }) {
  const [fields, setFields] = useState<OpenFields>(FIRST_FIELDS);
  const [problems, setProblems] = useState<OpenProblems>({});
  const [failure, setFailure] = useState<OpenFailure | null>(null);
  const [proposal, setProposal] = useState<(Proposal & { readonly requestId: string }) | null>(null);
  const [busy, setBusy] = useState(false);
  const [followed, setFollowed] = useState<string | null>(null);
  const peers = useAnswer(node, 'listPeers', {}, node.info.value?.peersConnected).value?.peers ?? [];
  const known = {
    producer: knownParties('producer', peers, pageNodes()),
    utility: knownParties('utility', peers, pageNodes()),
  };
  // those of this page alone: a stranger is chosen by a person
  const [producer, utility] = [ofPage(known.producer), ofPage(known.utility)];
  useEffect(() => {
    setFields((now) => ({
      ...now,
      producer: now.producer === '' ? (producer ?? '') : now.producer,
      utility: now.utility === '' ? (utility ?? '') : now.utility,
    }));
  }, [producer, utility]);

  const channel = node.channels.value.find((each) => each.channel === followed);
  const step = channel === undefined ? null : stepOf(channel.state);
  useEffect(() => {
    if (channel === undefined || step === 'opening') return;
    setFollowed(null);
    if (step === 'aborted') setFailure(channel.why === null ? EMPTY : failureOfCause(channel.why));
    else go('channel');
  }, [channel, step]);

  const check = () => {
    setFailure(null);
    const { info, balance } = node;
    if (info.value?.height == null || balance.value === null) return;
    const facts = {
      height: info.value.height,
      spendableSat: BigInt(balance.value.wallet.spendableSat),
      nodeId: info.value.nodeId,
    };
    const answer = readOpenForm(fields, facts);
    setProblems(answer.problems ?? {});
    setProposal(answer.proposal === undefined ? null : { ...answer.proposal, requestId: newRequestId() });
  };
  const propose = async () => {
    if (proposal === null || busy) return;
    setBusy(true);
    go('channel', 'open'); // the form stays, also when its channel is the first of all and comes to nothing
    try {
      setFollowed(await open(node, proposal));
      chosenChannel.value = null;
      node.refresh();
    } catch (error) {
      setFailure(failureOfCall(error, proposal.params.utility));
    } finally {
      setProposal(null);
      setBusy(false);
    }
  };
  const shown: OpenProblems =
    failure?.field == null ? problems : { ...problems, [failure.field]: failure.problem };
  return (
    <Card
      title="Open a channel"
      wide
      aside={onLeave !== undefined && <Button onClick={onLeave}>Back to the channel</Button>}
    >
      <p class="hint">
        Three parties put coins into one output. The consumer buys, the producer sells and stakes a bond, the
        utility meters and decides. Nothing leaves your wallet before all three have signed.
      </p>
      {followed === null ? (
        <form
          onSubmit={(event) => {
            event.preventDefault();
            check();
          }}
        >
          <OpenFieldset fields={fields} problems={shown} known={known} onChange={setFields} />
          {failure !== null && failure.field === null && <Failure problem={failure.problem} />}
          <div class="buttons">
            <Button kind="primary" submit>
              Check the proposal
            </Button>
          </div>
        </form>
      ) : (
        <Notice>
          <p>{channel === undefined ? 'The proposal is out.' : STATE_TEXTS[channel.state].what}</p>
        </Notice>
      )}
      <CheckOpening proposal={proposal} busy={busy} onCancel={() => setProposal(null)} onPropose={propose} />
    </Card>
  );
}

function ofPage(known: readonly KnownParty[]): string | undefined {
  return known.find(({ role }) => role !== null)?.uri;
}

/** Makes sure of both connections, and proposes. Resolves with the node's key of the channel. */
async function open(
  node: NodeModel,
  { producer, utility, params, requestId }: Proposal & { readonly requestId: string },
): Promise<string> {
  for (const { nodeId, address } of [producer, utility])
    if (address !== null) await node.call('connectPeer', { nodeId, address });
  const { channel } = await node.call('openChannel', { ...params, requestId });
  return channel.channel;
}
