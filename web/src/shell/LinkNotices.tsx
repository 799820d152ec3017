import { Notice } from '../ui/Notice.tsx';
import { server } from './begin.ts';
import { nodesInView } from './role.ts';

/** Says which nodes in view cannot be asked now, and what happens about it. */
export function LinkNotices() {
  return (
    <>
      {server.value === 'down' && (
        <Notice tone="bad">
          <p>The page’s server does not answer. What you see is what was said last.</p>
          <p class="way-out">
            Start it again, and open the address that it prints. Until then this page goes on trying.
          </p>
        </Notice>
      )}
      {nodesInView.value.map((node) => {
        const { role } = node;
        if (node.link.value === 'down')
          return (
            <Notice key={role} tone="warn">
              <p>The {role}’s node does not answer. What you see is what it said last.</p>
              <p class="way-out">
                This page connects again by itself, and then shows everything that happened in between.
              </p>
            </Notice>
          );
        if (node.link.value === 'refused')
          return (
            <Notice key={role} tone="bad">
              <p>The {role}’s node does not take this page’s key any more: it was set up anew.</p>
              <p class="way-out">Load the page again.</p>
            </Notice>
          );
        const trouble = node.info.value?.chainTrouble;
        return trouble ? (
          <Notice key={role} tone="warn">
            <p>
              The {role}’s node cannot follow the chain: {trouble}
            </p>
            <p class="way-out">See that bitcoind runs. The node goes on by itself when it answers.</p>
          </Notice>
        ) : null;
      })}
    </>
  );
}
