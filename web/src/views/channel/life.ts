import { OPENING_STATES } from '../../../../src/rpc/states.ts';
import type { ChannelState } from '../../text/states.ts';

/** A box of the drawing: states of src/channel that look the same to a person. */
export type LifeStep =
  | 'opening'
  | 'aborted'
  | 'funding'
  | 'open'
  | 'shuttingDown'
  | 'negotiating'
  | 'settling'
  | 'closed';

export interface LifeBox {
  readonly step: LifeStep;
  readonly title: string;
  readonly states: readonly ChannelState[];
  readonly x: number;
  readonly y: number;
}

export const LIFE_FRAME = { width: 360, height: 300 } as const;
export const LIFE_BOX = { width: 148, height: 40 } as const;

const LEFT = 6;
const RIGHT = LIFE_FRAME.width - LIFE_BOX.width - LEFT;
const row = (index: number) => 6 + index * 62;

/** The life of a channel (docs/protocol.md, section 8): down the left together, on the right what ends it. */
export const LIFE_BOXES: readonly LifeBox[] = [
  {
    step: 'opening',
    title: 'Agreeing',
    states: OPENING_STATES,
    x: LEFT,
    y: row(0),
  },
  { step: 'aborted', title: 'Given up', states: ['aborted'], x: RIGHT, y: row(0) },
  { step: 'funding', title: 'Funding', states: ['awaitingFunding'], x: LEFT, y: row(1) },
  { step: 'open', title: 'Open', states: ['open', 'attesting'], x: LEFT, y: row(2) },
  { step: 'settling', title: 'On the chain', states: ['settling'], x: RIGHT, y: row(2) },
  { step: 'shuttingDown', title: 'Shutting down', states: ['shuttingDown'], x: LEFT, y: row(3) },
  { step: 'negotiating', title: 'Closing', states: ['negotiatingClose'], x: LEFT, y: row(4) },
  { step: 'closed', title: 'Closed', states: ['closed'], x: RIGHT, y: row(4) },
];

export interface LifeEdge {
  readonly from: LifeStep;
  readonly to: LifeStep;
  /** What leads there. */
  readonly when: string;
}

/** What leads from one box to the next. */
export const LIFE_EDGES: readonly LifeEdge[] = [
  { from: 'opening', to: 'funding', when: 'all three have signed' },
  { from: 'opening', to: 'aborted', when: 'one of them refuses, breaks a rule or is gone' },
  { from: 'funding', to: 'open', when: 'the funding is deep enough in the chain' },
  { from: 'funding', to: 'settling', when: 'a trader closes alone' },
  { from: 'funding', to: 'aborted', when: 'its coins were spent elsewhere, so that it can never confirm' },
  { from: 'open', to: 'shuttingDown', when: 'a trader closes, or the settlement height comes near' },
  { from: 'open', to: 'settling', when: 'a trader closes alone, asks the utility to decide, or cheats' },
  { from: 'shuttingDown', to: 'negotiating', when: 'nothing is in flight any more' },
  { from: 'shuttingDown', to: 'settling', when: 'a trader closes alone, or a deadline passes' },
  { from: 'negotiating', to: 'settling', when: 'the closing transaction is in a block' },
  { from: 'settling', to: 'closed', when: 'every coin is where it belongs, many blocks deep' },
];

/** The box that a state is in. */
export function stepOf(state: ChannelState): LifeStep {
  for (const { step, states } of LIFE_BOXES) if (states.includes(state)) return step;
  return 'opening';
}

/** The way out of `from`'s box at the side of `to`: a straight line between two boxes, as SVG draws it. */
export function edgePath({ from, to }: Pick<LifeEdge, 'from' | 'to'>): string {
  const [a, b] = [boxOf(from), boxOf(to)];
  if (a.x === b.x) {
    const x = a.x + LIFE_BOX.width / 2;
    return `M${x} ${a.y + LIFE_BOX.height}V${b.y - ARROW}`;
  }
  const [startX, startY] = [a.x + LIFE_BOX.width, a.y + LIFE_BOX.height / 2];
  return `M${startX} ${startY}L${b.x - ARROW} ${b.y + LIFE_BOX.height / 2 + spread(a, b)}`;
}

/** So much is left for the head of an arrow. */
const ARROW = 7;

/** Arrows that meet at one box end apart from each other. */
function spread(a: LifeBox, b: LifeBox): number {
  return Math.sign(a.y - b.y) * Math.min(15, Math.abs(a.y - b.y) / 8);
}

function boxOf(step: LifeStep): LifeBox {
  const [first] = LIFE_BOXES;
  return LIFE_BOXES.find((box) => box.step === step) ?? (first as LifeBox);
}
