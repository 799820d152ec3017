import { useEffect, useRef } from 'preact/hooks';
import { satText } from '../../text/amounts.ts';
import { BOX, type GraphBox, layout, lineY } from './graph.ts';
import type { ChannelTransaction } from './transaction.ts';
import { outputName, standingText, titleOf } from './words.ts';

export interface GraphViewProps {
  readonly transactions: readonly ChannelTransaction[];
  readonly tip: number | null;
  /** The transaction that is told below. */
  readonly chosen: string | null;
  readonly onChoose: (txid: string) => void;
}

/** So much of what is left of the chosen box stays in view where there is no room for all. */
const MARGIN = 24;

/** The transactions of a channel: a box for each, an edge for each output that is spent. */
export function GraphView({ transactions, tip, chosen, onChoose }: GraphViewProps) {
  const graph = layout(transactions);
  const frame = useRef<HTMLDivElement>(null);
  const left = graph.boxes.find(({ transaction }) => transaction.txid === chosen)?.x ?? 0;
  useEffect(() => {
    if (frame.current !== null) frame.current.scrollLeft = left - MARGIN;
  }, [left]);
  return (
    <div ref={frame} class="graph-frame">
      <svg
        class="graph"
        width={graph.width}
        height={graph.height}
        viewBox={`0 0 ${graph.width} ${graph.height}`}
      >
        <title>The transactions of this channel</title>
        {graph.edges.map(({ from, vout, to, path }) => (
          <path
            key={`${from}:${vout}`}
            class={from === chosen || to === chosen ? 'graph-edge graph-edge-now' : 'graph-edge'}
            d={path}
          />
        ))}
        {graph.boxes.map((box) => (
          <Box key={box.transaction.txid} box={box} tip={tip} chosen={chosen} onChoose={onChoose} />
        ))}
      </svg>
    </div>
  );
}

function Box({
  box,
  tip,
  chosen,
  onChoose,
}: { readonly box: GraphBox<ChannelTransaction> } & Pick<GraphViewProps, 'tip' | 'chosen' | 'onChoose'>) {
  const { transaction, x, y, height } = box;
  const { txid, kind } = transaction;
  const choose = () => onChoose(txid);
  const keyed = (event: KeyboardEvent) => {
    if (event.key !== 'Enter' && event.key !== ' ') return;
    event.preventDefault();
    choose();
  };
  const state = transaction.height === null ? 'graph-box-waits' : '';
  return (
    // biome-ignore lint/a11y/useSemanticElements: a drawing has no button element
    <g
      class={`graph-box graph-${kind} ${state} ${txid === chosen ? 'graph-box-now' : ''}`}
      data-txid={txid}
      role="button"
      tabindex={0}
      aria-pressed={txid === chosen}
      onClick={choose}
      onKeyDown={keyed}
    >
      <g>
        <rect class="graph-frame-rect" x={x} y={y} width={BOX.width} height={height} rx={10} />
        <text class="graph-title" x={x + 14} y={y + 24}>
          {titleOf(transaction)}
        </text>
        <text class="graph-standing" x={x + 14} y={y + 44}>
          {transaction.height === null ? 'in no block yet' : standingText(transaction, tip)}
        </text>
        {transaction.outputs.map((output) => {
          const middle = lineY(box, output.vout);
          return (
            <g
              key={output.vout}
              class={output.spentBy === null ? 'graph-output' : 'graph-output graph-spent'}
            >
              <circle class={`graph-port port-${output.owner ?? 'nobody'}`} cx={x + 19} cy={middle} r={5} />
              <text x={x + 32} y={middle} dy="0.35em">
                {outputName(transaction, output)}
              </text>
              <text class="graph-value" x={x + BOX.width - 12} y={middle} dy="0.35em">
                {satText(output.valueSat)}
              </text>
            </g>
          );
        })}
      </g>
    </g>
  );
}
