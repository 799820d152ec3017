import { ROLES } from '../../../../src/base/role.ts';
import type { ChannelDetail, NodeModel } from '../../nodes/node.ts';
import { Button } from '../../ui/Button.tsx';
import { Failure, Notice } from '../../ui/Notice.tsx';
import { useAction } from '../../ui/useAction.ts';
import { stepOf } from './life.ts';

/** What keeps this channel from going on, and the way out. */
export function TroubleNotices({
  node,
  channel,
}: {
  readonly node: NodeModel;
  readonly channel: ChannelDetail;
}) {
  const { breach, unsure, link } = channel;
  const isLive = ['open', 'shuttingDown', 'negotiating'].includes(stepOf(channel.state));
  return (
    <>
      {breach !== null && (
        <Notice tone="bad">
          <p>
            A cheat: {breach.broadcaster === null ? 'somebody' : `the ${breach.broadcaster}`} published state{' '}
            {breach.n}, which had been given up.
          </p>
          <p class="way-out">
            The one who was cheated takes all that the cheat had in it. The chain view shows how.
          </p>
        </Notice>
      )}
      {unsure && (
        <Notice tone="warn">
          <p>
            This node’s database was copied back, so its state may be old. It publishes nothing until another
            party shows that it is the newest.
          </p>
        </Notice>
      )}
      {isLive && link === 'stale' && (
        <Notice tone="warn">
          <p>The two traders do not agree on where they stand. Nothing more is done on this connection.</p>
          <p class="way-out">It is tried again with the next connection. If it stays so, close alone.</p>
        </Notice>
      )}
      {isLive && link === 'down' && <Offline node={node} channel={channel} />}
    </>
  );
}

function Offline({
  node,
  channel: { peers },
}: {
  readonly node: NodeModel;
  readonly channel: ChannelDetail;
}) {
  const others = ROLES.filter((role) => role !== node.role).flatMap((role) => peers[role] ?? []);
  const again = useAction(async () => {
    for (const nodeId of others) await node.call('connectPeer', { nodeId });
    node.refresh();
  });
  const other = node.role === 'consumer' ? 'producer' : 'consumer';
  return (
    <Notice tone="warn">
      <p>The {other}’s node is not connected. Nothing can be bought, sold or closed together until it is.</p>
      <p class="way-out">
        Your node calls it again by itself, and everything goes on where it stood. Your coins are safe
        meanwhile: you can always close alone.
      </p>
      <Button busy={again.busy} onClick={() => void again.run()}>
        Call it now
      </Button>
      <Failure problem={again.problem} />
    </Notice>
  );
}
