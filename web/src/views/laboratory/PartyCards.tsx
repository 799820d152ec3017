import { useState } from 'preact/hooks';
import { ROLES, type Role } from '../../../../src/base/role.ts';
import { stage } from '../../lab/laboratory.ts';
import { Button } from '../../ui/Button.tsx';
import { Select } from '../../ui/Input.tsx';
import { ExperimentCard } from './ExperimentCard.tsx';
import { type Experiment, useExperiment } from './experiment.ts';

const ROLE_OPTIONS = ROLES.map((role) => ({ value: role, text: role }));

export function OfflineCard() {
  const experiment = useExperiment();
  return (
    <ExperimentCard
      title="Take a party offline"
      what="Stops a daemon in order, or kills it in the middle of whatever it does, as a power cut would. What it had sent, it had stored before."
      danger="Who is away cannot answer: what it has in flight when its deadline comes may be lost."
      section="13-what-is-on-disk-before-what-is-sent"
      experiment={experiment}
    >
      <ul class="lab-parties">
        {ROLES.map((role) => (
          <PartyRow key={role} role={role} experiment={experiment} />
        ))}
      </ul>
    </ExperimentCard>
  );
}

function PartyRow({ role, experiment }: { readonly role: Role; readonly experiment: Experiment }) {
  const running = stage.value?.parties[role].running ?? false;
  const { busy, run } = experiment;
  const stop = (hard: boolean) =>
    void run(hard ? `Kill the ${role} (kill -9)` : `Stop the ${role}`, async (lab) => {
      await lab.call('switchOff', { role, hard });
      return hard ? `The ${role} is gone, without a word.` : `The ${role} has stopped.`;
    });
  const start = () =>
    void run(`Start the ${role}`, async (lab) => {
      await lab.call('switchOn', { role });
      return `The ${role} is up again, on the same data.`;
    });
  return (
    <li>
      <span class="lab-party">
        <span class={`dot ${running ? 'dot-up' : 'dot-down'}`} aria-hidden="true" /> {role}
        <span class="hint"> {running ? 'is on' : 'is off'}</span>
      </span>
      {running ? (
        <span class="buttons">
          <Button busy={busy} label={`Stop the ${role}`} onClick={() => stop(false)}>
            Stop
          </Button>
          <Button kind="danger" busy={busy} label={`Kill the ${role}`} onClick={() => stop(true)}>
            Kill
          </Button>
        </span>
      ) : (
        <Button kind="primary" busy={busy} label={`Start the ${role}`} onClick={start}>
          Start
        </Button>
      )}
    </li>
  );
}

export function LoseDatabaseCard() {
  const experiment = useExperiment();
  const [role, setRole] = useState<Role>('consumer');
  const lose = () =>
    void experiment.run(`Lose the ${role}’s database`, async (lab) => {
      await lab.call('loseDatabase', { role });
      return `The ${role} starts anew, with its seed and its channel backup and nothing else.`;
    });
  return (
    <ExperimentCard
      title="Lose a database"
      what="Deletes a party’s database and starts it from its seed and its static channel backup. It knows which channels it had, and none of their states."
      danger="Its channels end: it may publish nothing itself, asks the others to close, and takes its balance from there."
      section="when-data-is-lost"
      experiment={experiment}
    >
      <Select label="Party" value={role} options={ROLE_OPTIONS} onChange={setRole} />
      <Button kind="danger" busy={experiment.busy} onClick={lose}>
        Delete its database
      </Button>
    </ExperimentCard>
  );
}
