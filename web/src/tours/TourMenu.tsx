import { useState } from 'preact/hooks';
import { laboratory } from '../lab/laboratory.ts';
import { Button } from '../ui/Button.tsx';
import { Dialog } from '../ui/Dialog.tsx';
import { TOURS } from './index.ts';
import { running, take } from './running.ts';

/** Opens the list of tours, where there is a laboratory to play them in. */
export function TourMenu() {
  const [open, setOpen] = useState(false);
  if (laboratory.value === null) return null;
  return (
    <>
      <Button kind="quiet" onClick={() => setOpen(true)}>
        Tours
      </Button>
      <Dialog title="Guided tours" open={open} onClose={() => setOpen(false)}>
        <p class="soft">
          Each is played on your own chain with your own three nodes. You can leave at any step.
        </p>
        <ul class="tour-list">
          {TOURS.map((tour) => (
            <li key={tour.name}>
              <div>
                <h3>{tour.title}</h3>
                <p class="soft">
                  {tour.about} About {tour.minutes} minutes.
                </p>
              </div>
              <Button
                label={`Take the tour: ${tour.title}`}
                onClick={() => {
                  setOpen(false);
                  take(tour);
                }}
              >
                Start
              </Button>
            </li>
          ))}
        </ul>
      </Dialog>
    </>
  );
}

/** For somebody who is here for the first time: there was no channel yet, and no tour is under way. */
export function TourInvitation() {
  const [first] = TOURS;
  if (laboratory.value === null || running.value !== null || first === undefined) return null;
  return (
    <div class="notice tour-invitation">
      <p>
        <strong>New here?</strong> {first.about} It takes {first.minutes} minutes.
      </p>
      <Button kind="primary" onClick={() => take(first)}>
        Take the first tour
      </Button>
    </div>
  );
}
