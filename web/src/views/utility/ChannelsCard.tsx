import type { ChannelSummary, NodeModel } from '../../nodes/node.ts';
import { STATE_TEXTS } from '../../text/states.ts';
import { msats } from '../../text/voice.ts';
import { Card } from '../../ui/Card.tsx';
import { TableFrame } from '../../ui/TableFrame.tsx';
import { Term } from '../../ui/Term.tsx';
import { type Earned, earnedOf } from './rows.ts';
import { useRefreshed } from './useRefreshed.ts';

/** A stream of units changes the figures many times a second. */
const EARNED_GAP_MS = 500;

/** All channels of the utility: how large they are, and what it earned in each. */
export function ChannelsCard({ node }: { readonly node: NodeModel }) {
  const { answer } = useRefreshed(() => earnedOf(node), node.channelVersion, EARNED_GAP_MS);
  const { value: rows } = node.channels;
  const sum = (of: (earned: Earned) => bigint) =>
    [...(answer?.values() ?? [])].reduce((all, each) => all + of(each), 0n);
  return (
    <Card
      title="Channels"
      wide
      aside={<span class="badge">{rows.length === 1 ? '1 channel' : `${rows.length} channels`}</span>}
    >
      {rows.length === 0 ? (
        <p class="hint">No channel yet. Consumers open them, and this node joins if it likes the terms.</p>
      ) : (
        <>
          <p>
            <Term name="grid fee">Grid fees</Term> earned:{' '}
            <strong data-figure="fees">{msats(sum(({ gridFeeMsat }) => gridFeeMsat))}</strong>.{' '}
            <Term name="forfeit">Forfeited</Term> to the utility:{' '}
            <strong data-figure="forfeits">{msats(sum(({ forfeitedMsat }) => forfeitedMsat))}</strong>.
          </p>
          <TableFrame label="Channels of the utility">
            <thead>
              <tr>
                <th>Channel</th>
                <th>State</th>
                <th class="number">
                  <Term name="capacity">Size</Term>
                </th>
                <th class="number">Units paid</th>
                <th class="number">Grid fees</th>
                <th class="number">Forfeited</th>
                <th class="number">
                  <Term name="exposure">Utility’s balance</Term>
                </th>
              </tr>
            </thead>
            <tbody>
              {rows.map((channel) => (
                <ChannelRow
                  key={channel.channel}
                  channel={channel}
                  earned={answer?.get(channel.channel) ?? null}
                />
              ))}
            </tbody>
          </TableFrame>
        </>
      )}
    </Card>
  );
}

interface ChannelRowProps {
  readonly channel: ChannelSummary;
  /** Null until the node has said it. */
  readonly earned: Earned | null;
}

function ChannelRow({ channel, earned }: ChannelRowProps) {
  const { name, what, tone } = STATE_TEXTS[channel.state];
  return (
    <tr data-channel={channel.channel}>
      <td>
        {channel.channel}
        {channel.channelId !== null && <span class="hint mono"> {channel.channelId.slice(0, 8)}…</span>}
      </td>
      <td>
        <span class={`badge badge-${tone}`} title={what}>
          {channel.halted ? 'halted' : name}
        </span>
      </td>
      <td class="number">{channel.capacityMsat === null ? '–' : msats(channel.capacityMsat)}</td>
      <td class="number">{earned?.units ?? '–'}</td>
      <td class="number">{earned === null ? '–' : msats(earned.gridFeeMsat)}</td>
      <td class="number">{earned === null ? '–' : msats(earned.forfeitedMsat)}</td>
      <td class="number">{channel.balances === null ? '–' : msats(channel.balances.utilityMsat)}</td>
    </tr>
  );
}
