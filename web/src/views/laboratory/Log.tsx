import { Fragment } from 'preact';
import { ROLES, type Role } from '../../../../src/base/role.ts';
import type { RpcEvent } from '../../../../src/client/index.ts';
import { explainEvent } from '../../text/events.ts';
import { timeText } from '../../text/times.ts';
import { SectionLink } from '../../ui/SectionLink.tsx';
import { type Entry, entries, type HeightStep } from './log.ts';

/** What was tried, and what the protocol did and why: newest first. */
export function Log() {
  return (
    <section class="card lab-log" aria-labelledby="lab-log">
      <h2 id="lab-log" tabIndex={-1}>
        What the protocol did, and why
      </h2>
      {entries.value.length === 0 && (
        <p class="hint">Try something: here stands what each of the three nodes did about it.</p>
      )}
      <ol class="lab-entries">
        {entries.value.map((entry, at) => (
          <li key={entry.id}>
            <EntryOf entry={entry} open={at === 0} />
          </li>
        ))}
      </ol>
    </section>
  );
}

function EntryOf({ entry, open }: { readonly entry: Entry; readonly open: boolean }) {
  const { title, at, result, failed, heights } = entry;
  const quiet = ROLES.every((role) => entry.count[role] === 0);
  return (
    <details open={open}>
      <summary>
        <strong>{title}</strong> <span class="hint">{timeText(Math.floor(at / 1000)).slice(11)} UTC</span>
      </summary>
      <p class={failed ? 'field-error' : 'soft'}>{result ?? 'Under way …'}</p>
      {heights.map((step) => (
        <p key={`${step.from} ${step.to}`} class="lab-chain">
          {heightText(step)}
        </p>
      ))}
      {quiet && result !== null && <p class="hint">No node had anything to do about it so far.</p>}
      {ROLES.map((role) => entry.count[role] > 0 && <Told key={role} entry={entry} role={role} />)}
    </details>
  );
}

function heightText({ from, to }: HeightStep): string {
  if (to < from) return `The chain went back from block ${from} to ${to}.`;
  return to === from + 1 ? `Block ${to} was mined.` : `Blocks ${from + 1} to ${to} were mined.`;
}

function Told({ entry, role }: { readonly entry: Entry; readonly role: Role }) {
  const events = entry.told[role];
  const left = entry.count[role] - events.length;
  return (
    <div class={`told told-${role}`}>
      <h3>{role}</h3>
      <ol>
        {events.map((event, at) => (
          <Fragment key={`${event.time} ${event.sequence}`}>
            {left > 0 && at === events.length / 2 && <li class="hint">… and {left} more in between …</li>}
            <Said event={event} role={role} />
          </Fragment>
        ))}
      </ol>
    </div>
  );
}

function Said({ event, role }: { readonly event: RpcEvent; readonly role: Role }) {
  const { what, why, section, tone } = explainEvent(event, role, 'names');
  return (
    <li class={`said said-${tone}`} data-event={event.type}>
      <p>{what}</p>
      <p class="soft">
        {why} <SectionLink section={section} />
      </p>
    </li>
  );
}
