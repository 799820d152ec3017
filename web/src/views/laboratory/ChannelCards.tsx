import { useEffect, useState } from 'preact/hooks';
import type { KeptCommitment } from '../../../../lab/schema.ts';
import { TRADERS, type Trader } from '../../../../src/base/role.ts';
import { laboratory } from '../../lab/laboratory.ts';
import { nodeOf } from '../../nodes/nodes.ts';
import { parseAmount } from '../../text/amounts.ts';
import { type Problem, problemOf } from '../../text/problems.ts';
import { msats, sats, shortId } from '../../text/voice.ts';
import { Button } from '../../ui/Button.tsx';
import { Input, Select } from '../../ui/Input.tsx';
import { Failure } from '../../ui/Notice.tsx';
import { TableFrame } from '../../ui/TableFrame.tsx';
import { useFields } from '../../ui/useFields.ts';
import { ExperimentCard } from './ExperimentCard.tsx';
import { useExperiment } from './experiment.ts';

const TRADER_OPTIONS = TRADERS.map((trader) => ({ value: trader, text: trader }));

export function OldCommitmentCard() {
  const experiment = useExperiment();
  const [role, setRole] = useState<Trader>('consumer');
  const kept = useKept(role);
  const [chosen, setChosen] = useState<string | null>(null);
  const states = kept.commitments ?? [];
  const chosenState = states.find((each) => idOf(each) === chosen && !each.newest);
  const publish = (state: KeptCommitment) =>
    void experiment.run(`The ${role} publishes old state ${state.n}`, async (lab) => {
      const { txid } = await lab.call('broadcastOldCommitment', { role, n: state.n, channel: state.channel });
      return `State ${state.n} is in the mempool (${shortId(txid)}). Mine a block, and see what the others do.`;
    });
  return (
    <ExperimentCard
      title="Publish an old commitment"
      what="The cheat: a trader publishes a state that it has given up, because it had more in it. Old states were copied aside for this before each new one."
      danger="Whoever does it loses all that it has in the channel, if the other side or a watchtower sees it in time."
      section="breach"
      experiment={experiment}
    >
      <Select
        label="The cheat"
        value={role}
        options={TRADER_OPTIONS}
        onChange={(next) => {
          setRole(next);
          setChosen(null);
        }}
      />
      <Button kind="plain" busy={kept.busy} onClick={kept.read}>
        Show its old states
      </Button>
      <Failure problem={kept.problem} />
      {kept.commitments !== null && states.every(({ newest }) => newest) && (
        <p class="hint">It has no old state yet. Buy a unit first: each one gives up the state before.</p>
      )}
      {states.some(({ newest }) => !newest) && (
        <>
          <States role={role} states={states} chosen={chosen} onChoose={setChosen} />
          <Button
            kind="danger"
            busy={experiment.busy}
            disabled={chosenState === undefined}
            onClick={() => chosenState !== undefined && publish(chosenState)}
          >
            {chosenState === undefined ? 'Choose a state' : `Publish state ${chosenState.n}`}
          </Button>
        </>
      )}
    </ExperimentCard>
  );
}

interface Kept {
  readonly commitments: readonly KeptCommitment[] | null;
  readonly busy: boolean;
  readonly problem: Problem | null;
  readonly read: () => void;
}

/** In these states of a channel its funding output is spent: none of its commitments can be published any more. */
const SPENT = new Set(['settling', 'closed', 'aborted']);

/** The states that a party could cheat with, read when they are asked for. */
function useKept(role: Trader): Kept {
  const [commitments, setCommitments] = useState<readonly KeptCommitment[] | null>(null);
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<Problem | null>(null);
  useEffect(() => {
    setCommitments(null);
    setProblem(null);
  }, [role]);
  const read = () => {
    setBusy(true);
    setProblem(null);
    laboratory.value
      ?.call('listKeptCommitments', { role })
      .then((answer) => {
        const over = (nodeOf(role)?.channels.value ?? []).filter(({ state }) => SPENT.has(state));
        const isSpent = (key: string) => over.some(({ channel }) => channel === key);
        setCommitments(answer.commitments.filter(({ channel }) => !isSpent(channel)));
      })
      .catch((error: unknown) => setProblem(problemOf(error)))
      .finally(() => setBusy(false));
  };
  return { commitments, busy, problem, read };
}

const idOf = ({ channel, n }: KeptCommitment) => `${channel} ${n}`;
const ownOf = (role: Trader, state: KeptCommitment) =>
  BigInt(role === 'consumer' ? state.consumerMsat : state.producerMsat);

interface StatesProps {
  readonly role: Trader;
  readonly states: readonly KeptCommitment[];
  readonly chosen: string | null;
  readonly onChoose: (id: string) => void;
}

/** What the party had in each state, against what it has now. */
function States({ role, states, chosen, onChoose }: StatesProps) {
  const now = new Map(
    states.filter(({ newest }) => newest).map((state) => [state.channel, ownOf(role, state)]),
  );
  return (
    <div class="lab-states">
      <TableFrame label="States that it could publish">
        <thead>
          <tr>
            <th>State</th>
            <th class="number">It would gain</th>
            <th class="number">Consumer</th>
            <th class="number">Producer</th>
            <th class="number">Utility</th>
            <th class="number">In flight</th>
          </tr>
        </thead>
        <tbody>
          {states.toReversed().map((state) => {
            const id = idOf(state);
            const newest = now.get(state.channel);
            const gain = newest === undefined ? null : ownOf(role, state) - newest;
            return (
              <tr key={id}>
                <td>
                  <label class="lab-choice">
                    <input
                      type="radio"
                      name="kept"
                      value={id}
                      disabled={state.newest}
                      checked={chosen === id}
                      onChange={() => onChoose(id)}
                    />
                    {state.n}
                    {state.newest && <span class="hint"> holds now</span>}
                  </label>
                </td>
                <td class={gain !== null && gain > 0n ? 'number good' : 'number'}>
                  {state.newest || gain === null ? '–' : msats(gain)}
                </td>
                <td class="number">{msats(state.consumerMsat)}</td>
                <td class="number">{msats(state.producerMsat)}</td>
                <td class="number">{msats(state.utilityMsat)}</td>
                <td class="number">{msats(state.inFlightMsat)}</td>
              </tr>
            );
          })}
        </tbody>
      </TableFrame>
    </div>
  );
}

export function DisputeCard() {
  const experiment = useExperiment();
  const [role, setRole] = useState<Trader>('producer');
  const [text, setText] = useState('500');
  const node = nodeOf(role);
  const channel = node?.channelKey.value ?? null;
  const fields = useFields({ sat: parseAmount(text) }, ({ sat }) => {
    if (node === undefined || channel === null) return;
    void experiment.run(`The ${role} opens a dispute`, async () => {
      await node.call('requestArbitration', { channel, feeSat: String(sat) });
      return `The ${role} asked the utility to decide, for a fee of ${sats(sat)}. Mine to the end of the contest window.`;
    });
  });
  return (
    <ExperimentCard
      title="Open a dispute"
      what="A trader asks the utility to decide how the channel ends, with the newest state that the other side signed. The other trader has the contest window to prove a newer one."
      danger="The channel trades no more. What is in flight and not attested goes to the utility."
      section="arbitration"
      experiment={experiment}
    >
      <Select label="Who asks" value={role} options={TRADER_OPTIONS} onChange={setRole} />
      <Input
        label="Fee of the settlement"
        unit="sat"
        value={text}
        onInput={setText}
        mode="numeric"
        error={fields.error('sat')}
        hint="Paid from the commitment reserve and from what is forfeited."
      />
      <Button kind="danger" busy={experiment.busy} disabled={channel === null} onClick={fields.submit}>
        {channel === null ? 'There is no channel' : 'Ask the utility'}
      </Button>
    </ExperimentCard>
  );
}
