import { useId } from 'preact/hooks';
import type { ChannelDetail } from '../../nodes/node.ts';
import { explainCause } from '../../text/causes.ts';
import { STATE_TEXTS } from '../../text/states.ts';
import { Card } from '../../ui/Card.tsx';
import { SectionLink } from '../../ui/SectionLink.tsx';
import { edgePath, LIFE_BOX, LIFE_BOXES, LIFE_EDGES, LIFE_FRAME, type LifeStep, stepOf } from './life.ts';

import { NextBlock } from './NextBlock.tsx';

/** Where the channel is in its life, as a drawing and in words. */
export function LifeCard({
  channel: { state, why, halted },
}: {
  readonly channel: Pick<ChannelDetail, 'state' | 'why' | 'halted'>;
}) {
  const step = stepOf(state);
  const { what, section } = STATE_TEXTS[state];
  const nexts = LIFE_EDGES.filter(({ from }) => from === step);
  const cause = why === null ? null : explainCause(why);
  return (
    <Card title="Its life" aside={<SectionLink section="open" />}>
      <Drawing step={step} />
      <p>
        <strong>{titleOf(step)}.</strong> {what} <SectionLink section={section} />
      </p>
      {cause !== null && (
        <p>
          {cause.what} <span class="soft">{cause.wayOut}</span>
        </p>
      )}
      {halted && <p>This node found a bug in itself: it does nothing here but watch the coins.</p>}
      {WAITS_FOR_BLOCKS.has(step) && <NextBlock />}
      {nexts.length > 0 && (
        <>
          <h3>What can come next</h3>
          <ul class="nexts">
            {nexts.map(({ to, when }) => (
              <li key={to}>
                <strong>{titleOf(to)}</strong>: {when}
              </li>
            ))}
          </ul>
        </>
      )}
    </Card>
  );
}

const WAITS_FOR_BLOCKS: ReadonlySet<LifeStep> = new Set(['funding', 'negotiating', 'settling']);

function titleOf(step: LifeStep): string {
  return LIFE_BOXES.find((box) => box.step === step)?.title ?? step;
}

function Drawing({ step }: { readonly step: LifeStep }) {
  const id = useId();
  const arrow = `arrow${id}`;
  const arrowNow = `arrow-now${id}`;
  return (
    <svg
      class="life"
      viewBox={`0 0 ${LIFE_FRAME.width} ${LIFE_FRAME.height}`}
      role="img"
      aria-label={`The life of a channel: ${LIFE_BOXES.map(({ title }) => title).join(', ')}. This one is at: ${titleOf(step)}.`}
    >
      <defs>
        <Arrow id={arrow} name="life-arrow" />
        <Arrow id={arrowNow} name="life-arrow life-arrow-now" />
      </defs>
      {LIFE_EDGES.map((edge) => (
        <path
          key={`${edge.from} ${edge.to}`}
          class={edge.from === step ? 'life-edge life-edge-now' : 'life-edge'}
          d={edgePath(edge)}
          marker-end={`url(#${edge.from === step ? arrowNow : arrow})`}
        />
      ))}
      {LIFE_BOXES.map(({ step: each, title, x, y }) => (
        <g key={each} class={each === step ? 'life-box life-box-now' : 'life-box'}>
          <rect x={x} y={y} width={LIFE_BOX.width} height={LIFE_BOX.height} rx={10} />
          <text x={x + LIFE_BOX.width / 2} y={y + LIFE_BOX.height / 2} dy="0.35em">
            {each === step ? `● ${title}` : title}
          </text>
        </g>
      ))}
    </svg>
  );
}

function Arrow({ id, name }: { readonly id: string; readonly name: string }) {
  return (
    <marker
      id={id}
      viewBox="0 0 8 8"
      refX="1"
      refY="4"
      markerWidth="8"
      markerHeight="8"
      markerUnits="userSpaceOnUse"
      orient="auto"
    >
      <path class={name} d="M0 0 8 4 0 8z" />
    </marker>
  );
}
