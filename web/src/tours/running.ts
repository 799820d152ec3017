import { batch, computed, type ReadonlySignal, type Signal, signal } from '@preact/signals';
import { laboratory, stage } from '../lab/laboratory.ts';
import { nodeOf } from '../nodes/nodes.ts';
import { chooseRole } from '../shell/role.ts';
import { go } from '../shell/route.ts';
import { type Problem, problemOf } from '../text/problems.ts';
import { setBack } from './acts.ts';
import { Scene } from './scene.ts';
import type { Step, Tour } from './tour.ts';

/** A tour under way. */
export interface Running {
  readonly tour: Tour;
  readonly scene: Scene;
  readonly at: number;
  /** Whether the step's act was asked for. */
  readonly acted: boolean;
  readonly busy: boolean;
  readonly problem: Problem | null;
}

export const running: Signal<Running | null> = signal(null);

export const step: ReadonlySignal<Step | null> = computed(() => {
  const { value } = running;
  return value === null ? null : (value.tour.steps[value.at] ?? null);
});

/** Whether the step is over: what it is about has happened, by the nodes' own word. */
export const isDone: ReadonlySignal<boolean> = computed(() => {
  const [tour, now] = [running.value, step.value];
  if (tour === null || now === null) return false;
  if (now.act !== undefined && !tour.acted) return false;
  return now.done?.(tour.scene) ?? true;
});

/** Begins a tour. It needs the laboratory and the three nodes. */
export function take(tour: Tour): void {
  const [lab, now] = [laboratory.value, stage.value];
  const [consumer, producer, utility] = [nodeOf('consumer'), nodeOf('producer'), nodeOf('utility')];
  if (
    lab === null ||
    now === null ||
    consumer === undefined ||
    producer === undefined ||
    utility === undefined
  )
    return;
  void leave();
  show({
    tour,
    scene: new Scene(lab, now.world, { consumer, producer, utility }),
    at: 0,
    acted: false,
    busy: false,
    problem: null,
  });
}

/** Lets happen what the step is about. */
export async function act(): Promise<void> {
  const [begun, now] = [running.value, step.value];
  if (begun === null || now?.act === undefined || begun.busy) return;
  running.value = { ...begun, acted: true, busy: true, problem: null };
  try {
    await now.act.run(begun.scene);
    change(begun, { busy: false });
  } catch (error) {
    change(begun, { busy: false, acted: false, problem: problemOf(error) });
  }
}

export function next(): void {
  const { value } = running;
  if (value === null || !isDone.value) return;
  if (value.at + 1 === value.tour.steps.length) void leave();
  else show({ ...value, at: value.at + 1, acted: false, busy: false, problem: null });
}

/** Leaves the tour, at any step. What it changed of the world is set back; the channel stays as it is. */
export async function leave(): Promise<void> {
  const { value } = running;
  if (value === null) return;
  running.value = null;
  value.scene.leave();
  await setBack(value.scene).catch(() => undefined); // a stage that is gone has nothing to set back
}

function show(next: Running): void {
  batch(() => {
    running.value = next;
    const now = next.tour.steps[next.at];
    if (now === undefined) return;
    chooseRole(now.role);
    go(now.view);
  });
}

/** Only while the same tour still runs: it may have been left in between. */
function change(begun: Running, change: Partial<Running>): void {
  const { value } = running;
  if (value?.scene === begun.scene && value.at === begun.at) running.value = { ...value, ...change };
}
