import type { Ending, Outcome } from './accounting.ts';
import type { ArbitrationName, ScenarioName } from './options.ts';
import type { Progress } from './progress.ts';
import type { Screen } from './screen.ts';
import type { Stage } from './stage.ts';
import type { Week } from './week.ts';

/** Everything that a scenario plays with. */
export interface Scene {
  readonly stage: Stage;
  readonly screen: Screen;
  readonly progress: Progress;
  readonly week: Week;
  /** Units that shall be delivered before the end begins. */
  readonly units: number;
}

/** How a scenario ended: the part of the accounts' facts that the story decides. */
export interface Outcomes {
  /** What became of the units, in order. */
  readonly units: readonly Outcome[];
  readonly ending: Ending;
  /** What the utility's verdict rests on, where it gave one: a file that `wattlane evidence verify` checks. */
  readonly evidence?: Uint8Array;
  /** Why each party ends with what it has, in a sentence. */
  readonly why: string;
}

export interface Scenario {
  readonly name: ScenarioName;
  readonly title: string;
  /** What will happen, for a stranger. */
  readonly plot: string;
  /** A scenario that works under one arrangement only forces it. */
  readonly arbitration?: ArbitrationName;
  /** Units when nothing is asked for; `all`: what the week has. */
  readonly units: number | 'all';
  /** Units that are ordered and never paid in the channel; the week must have them too. */
  readonly unpaid: 0 | 1;
  play(scene: Scene): Promise<Outcomes>;
}
