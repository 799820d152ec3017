import { chosenChannel } from '../../nodes/choice.ts';
import type { ChannelDetail, NodeModel } from '../../nodes/node.ts';
import { go, route } from '../../shell/route.ts';
import { STATE_TEXTS } from '../../text/states.ts';
import { Button } from '../../ui/Button.tsx';
import { Card } from '../../ui/Card.tsx';
import { Copy } from '../../ui/Copy.tsx';
import { Select } from '../../ui/Input.tsx';
import { Notice } from '../../ui/Notice.tsx';
import type { ViewProps } from '../table.ts';
import './channel.css';
import { ActionsCard } from './ActionsCard.tsx';
import { BalancesCard } from './BalancesCard.tsx';
import { CommitmentsCard } from './CommitmentsCard.tsx';
import { channelName } from './channelName.ts';
import { IfClosedCard } from './IfClosedCard.tsx';
import { LifeCard } from './LifeCard.tsx';
import { OpenCard } from './OpenCard.tsx';
import { addressOf } from './pageNodes.ts';
import { TimeLocksCard } from './TimeLocksCard.tsx';
import { TroubleNotices } from './TroubleNotices.tsx';
import { useChainSpend } from './useChainSpend.ts';

export function ChannelView({ node }: ViewProps) {
  const { value: channels } = node.channels;
  const { value: channel } = node.channel;
  const mayOpen = node.role === 'consumer';
  const hasNone = node.info.value !== null && channels.length === 0;
  if (mayOpen && (hasNone || route.value.rest[0] === 'open'))
    return <OpenCard node={node} {...(hasNone ? {} : { onLeave: () => go('channel') })} />;
  if (hasNone) return <NoChannel node={node} />;
  return (
    <>
      <ChoiceCard node={node} mayOpen={mayOpen} />
      {channel !== null && <Sections node={node} channel={channel} />}
    </>
  );
}

function Sections({ node, channel }: { readonly node: NodeModel; readonly channel: ChannelDetail }) {
  return (
    <>
      <TroubleNotices node={node} channel={channel} />
      <BalancesCard channel={channel} />
      <LifeCard channel={channel} />
      <div class="stack">
        <TimeLocksCard
          channel={channel}
          height={node.info.value?.height ?? null}
          spend={useChainSpend(node, channel)}
        />
        <CommitmentsCard channel={channel} />
      </div>
      <ActionsCard node={node} channel={channel} />
      <IfClosedCard node={node} channel={channel} />
    </>
  );
}

function ChoiceCard({ node, mayOpen }: { readonly node: NodeModel; readonly mayOpen: boolean }) {
  const { value: channels } = node.channels;
  const { value: key } = node.channelKey;
  const chosen = channels.find(({ channel }) => channel === key);
  return (
    <Card
      title="Channel"
      wide
      aside={
        mayOpen && (
          <Button kind="primary" onClick={() => go('channel', 'open')}>
            Open a channel
          </Button>
        )
      }
    >
      <div class="choice">
        <Select
          label="Channel in view, for all three parties"
          value={key ?? ''}
          options={channels.map((each) => ({ value: each.channel, text: channelName(each) }))}
          onChange={(value) => {
            const { channelId = null } = channels.find(({ channel }) => channel === value) ?? {};
            chosenChannel.value = channelId;
          }}
        />
        {chosen !== undefined && (
          <span class={`badge badge-${STATE_TEXTS[chosen.state].tone}`}>
            {STATE_TEXTS[chosen.state].name}
          </span>
        )}
      </div>
    </Card>
  );
}

function NoChannel({ node }: { readonly node: NodeModel }) {
  const { info } = node;
  const address = addressOf(node);
  const nodeId = info.value?.nodeId ?? '';
  const uri = address === null ? nodeId : `${nodeId}@${address}`;
  return (
    <Card title="No channel yet" wide>
      <p>The consumer opens a channel. It needs the address of this node:</p>
      <p class="outpoint">
        <code>{uri}</code>
        <Copy text={uri} what="the address of this node" />
      </p>
      <Notice>
        <p>As soon as a consumer proposes one, it is shown here.</p>
      </Notice>
    </Card>
  );
}
