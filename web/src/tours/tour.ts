import type { Role } from '../../../src/base/role.ts';
import type { ViewName } from '../shell/route.ts';
import type { Section } from '../text/sections.ts';
import type { Scene } from './scene.ts';

/** Something that the person lets happen: the tour does nothing by itself. */
export interface Act {
  readonly label: string;
  run(scene: Scene): Promise<unknown>;
}

export interface Step {
  readonly title: string;
  /** What one sees and why, a paragraph each; of the nodes' own figures where it names some. */
  say(scene: Scene): readonly string[];
  /** Where it is to be seen. */
  readonly view: ViewName;
  readonly role: Role;
  /** The title of the card that it is about, where that is not the first. */
  readonly card?: string;
  /** The section of docs/protocol.md that says it exactly. */
  readonly section?: Section;
  readonly act?: Act;
  /** Whether what the step is about has happened; read again whenever the nodes say something. Without it: at once. */
  readonly done?: (scene: Scene) => boolean;
  /** What is waited for between the act and `done`. */
  readonly waiting?: string;
}

export interface Tour {
  readonly name: string;
  readonly title: string;
  readonly about: string;
  readonly minutes: number;
  readonly steps: readonly Step[];
}
