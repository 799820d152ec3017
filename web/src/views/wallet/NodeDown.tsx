import { Notice } from '../../ui/Notice.tsx';
import type { ViewProps } from '../table.ts';

/** Says next to what one is about to ask that there is nobody to answer. */
export function NodeDown({ node }: ViewProps) {
  const { value: link } = node.link;
  const isChainDown = node.info.value?.chainHeight === null;
  if (link === 'down')
    return (
      <Notice tone="warn">
        <p>The {node.role}’s node is not there.</p>
        <p class="way-out">Start it again. What you asked for waits for it, and is done once.</p>
      </Notice>
    );
  if (link === 'up' && isChainDown)
    return (
      <Notice tone="warn">
        <p>The Bitcoin node does not answer, so nothing can be sent now.</p>
        <p class="way-out">Start bitcoind again. Your node goes on when it answers.</p>
      </Notice>
    );
  return null;
}
