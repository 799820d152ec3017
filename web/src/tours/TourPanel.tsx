import { useEffect, useRef } from 'preact/hooks';
import { Button } from '../ui/Button.tsx';
import { Failure } from '../ui/Notice.tsx';
import { SectionLink } from '../ui/SectionLink.tsx';
import { reveal } from './reveal.ts';
import { act, isDone, leave, next, running, step } from './running.ts';
import './tours.css';

/** The step of the tour under way, beside the page that it is about. */
export function TourPanel() {
  const [tour, now] = [running.value, step.value];
  const heading = useRef<HTMLHeadingElement>(null);
  const at = tour?.at;
  useEffect(() => {
    if (at !== undefined) heading.current?.focus();
  }, [at]);
  const card = now?.card;
  useEffect(() => {
    if (at !== undefined && card === undefined) scrollTo(0, 0);
  }, [at, card]);
  const acted = tour?.acted;
  // again with the act: what is above the card may have grown since
  useEffect(() => {
    if (card !== undefined) reveal(card);
  }, [at, acted, card]);
  if (tour === null || now === null) return null;
  const done = isDone.value;
  const last = tour.at + 1 === tour.tour.steps.length;
  return (
    <aside class="tour" aria-label={`Guided tour: ${tour.tour.title}`}>
      <header class="tour-head">
        <span>
          {tour.tour.title} · step {tour.at + 1} of {tour.tour.steps.length}
        </span>
        <Button kind="quiet" onClick={() => void leave()}>
          Leave
        </Button>
      </header>
      <progress
        max={tour.tour.steps.length}
        value={tour.at + (done ? 1 : 0)}
        aria-label="Progress of the tour"
      />
      <h2 ref={heading} tabIndex={-1}>
        {now.title}
      </h2>
      {now.say(tour.scene).map((paragraph) => (
        <p key={paragraph}>{paragraph}</p>
      ))}
      {now.section !== undefined && (
        <p>
          <SectionLink section={now.section} />
        </p>
      )}
      <Failure problem={tour.problem} />
      <p class="tour-state" role="status">
        {now.act !== undefined && tour.acted && (done ? '✓ Done.' : `… ${now.waiting ?? 'A moment.'}`)}
      </p>
      <div class="buttons">
        {now.act !== undefined && !done && (
          <Button kind="primary" busy={tour.busy || tour.acted} onClick={() => void act()}>
            {now.act.label}
          </Button>
        )}
        {done && (
          <Button kind="primary" onClick={next}>
            {last ? 'End the tour' : 'Next'}
          </Button>
        )}
      </div>
    </aside>
  );
}
