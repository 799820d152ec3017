import { type Signal, signal } from '@preact/signals';
import { useEffect, useRef, useState } from 'preact/hooks';
import type { NodeModel } from '../../nodes/node.ts';
import { useAnswer } from '../../nodes/useAnswer.ts';
import { Card } from '../../ui/Card.tsx';
import { agoText, countByHeight, type SeenBlock, withTip } from './blocks.ts';
import type { ChannelTransaction } from './transaction.ts';

const TICK_MS = 1000;
const strips = new WeakMap<NodeModel, Signal<readonly SeenBlock[]>>();

/** The newest blocks that a node follows, from when its page first looked. */
function stripOf(node: NodeModel): Signal<readonly SeenBlock[]> {
  const known = strips.get(node);
  if (known !== undefined) return known;
  const strip = signal<readonly SeenBlock[]>([]);
  strips.set(node, strip);
  node.info.subscribe((info) => {
    if (info?.height == null) return;
    const tip = { height: info.height, hash: info.blockHash };
    strip.value = withTip(strip.peek(), tip, Date.now());
  });
  return strip;
}

/** Blocks as they come, with how many of this node's transactions are in each. */
export function Blocks({
  node,
  transactions,
}: {
  readonly node: NodeModel;
  readonly transactions: readonly ChannelTransaction[];
}) {
  const blocks = stripOf(node).value;
  const now = useNow();
  const version = `${node.walletVersion.value} ${node.info.value?.blockHash}`;
  const wallet = useAnswer(node, 'listTransactions', { newestFirst: true, limit: 200 }, version).value;
  const strip = useRef<HTMLOListElement>(null);
  const newest = blocks.at(-1)?.height;
  useEffect(() => {
    if (strip.current !== null) strip.current.scrollLeft = strip.current.scrollWidth;
  }, [newest]);
  const counts = countByHeight([...(wallet?.transactions ?? []), ...transactions]);
  return (
    <Card title="Blocks" wide>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reachable by keyboard */}
      <ol ref={strip} class="strip" aria-label="The newest blocks" tabIndex={0}>
        {blocks.map(({ height, seenAt }) => {
          const count = counts.get(height) ?? 0;
          return (
            <li key={height} class={count > 0 ? 'block block-ours' : 'block'}>
              <strong>{height}</strong>
              <span>{count === 0 ? 'none of ours' : count === 1 ? '1 of ours' : `${count} of ours`}</span>
              <span class="soft">{seenAt === null ? 'earlier' : agoText(now - seenAt)}</span>
            </li>
          );
        })}
      </ol>
    </Card>
  );
}

function useNow(): number {
  const [now, setNow] = useState(Date.now);
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), TICK_MS);
    return () => clearInterval(timer);
  }, []);
  return now;
}
