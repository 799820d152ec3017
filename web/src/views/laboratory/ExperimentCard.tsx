import type { ComponentChildren } from 'preact';
import type { Section } from '../../text/sections.ts';
import { Button } from '../../ui/Button.tsx';
import { Card } from '../../ui/Card.tsx';
import { Failure } from '../../ui/Notice.tsx';
import { SectionLink } from '../../ui/SectionLink.tsx';
import type { Experiment } from './experiment.ts';

export interface ExperimentCardProps {
  readonly title: string;
  /** What it does. */
  readonly what: string;
  /** What can be lost by it, in one line; with real coins it would be. */
  readonly danger: string;
  readonly section: Section;
  readonly experiment: Experiment;
  readonly children: ComponentChildren;
}

/** One thing that can be tried, its danger, its controls and what came of it. */
export function ExperimentCard({
  title,
  what,
  danger,
  section,
  experiment: { busy, result, problem },
  children,
}: ExperimentCardProps) {
  return (
    <Card title={title} aside={<SectionLink section={section} />}>
      <p>{what}</p>
      <p class="danger">
        <span aria-hidden="true">⚠ </span>
        {danger}
      </p>
      <div aria-busy={busy}>{children}</div>
      <div class="outcome" role="status">
        {busy && <p class="hint">Under way …</p>}
        {result !== null && <p class="good">{result}</p>}
        {result !== null && (
          <Button kind="quiet" onClick={toLog}>
            What the protocol did
          </Button>
        )}
      </div>
      <Failure problem={problem} />
    </Card>
  );
}

function toLog(): void {
  const log = document.getElementById('lab-log');
  log?.scrollIntoView({ block: 'start' });
  log?.focus({ preventScroll: true });
}
