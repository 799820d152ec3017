import { useState } from 'preact/hooks';
import { fromHex } from '../../../../src/base/bytes.ts';
import type { ChannelDetail, NodeModel } from '../../nodes/node.ts';
import { Button } from '../../ui/Button.tsx';
import { Card } from '../../ui/Card.tsx';
import { download } from '../../ui/download.ts';
import { Failure } from '../../ui/Notice.tsx';
import { useAction } from '../../ui/useAction.ts';
import { ArbitrationDialog } from './ArbitrationDialog.tsx';
import { CloseDialog } from './CloseDialog.tsx';
import { channelNumber } from './channelName.ts';
import { type Command, whyNot } from './commands.ts';
import { ForceCloseDialog } from './ForceCloseDialog.tsx';
import { TransferDialog } from './TransferDialog.tsx';

type Asked = Exclude<Command, 'evidence'>;

export interface AskProps {
  readonly node: NodeModel;
  readonly channel: ChannelDetail;
  readonly open: boolean;
  readonly onClose: () => void;
}

/** What can be asked of the channel; each with a check before it is done. */
export function ActionsCard({
  node,
  channel,
}: {
  readonly node: NodeModel;
  readonly channel: ChannelDetail;
}) {
  const [asked, setAsked] = useState<Asked | null>(null);
  const evidence = useAction(async () => {
    const { evidence: bytes } = await node.call('exportEvidence', { channel: channel.channel });
    download(
      `wattlane-${node.role}-channel-${channelNumber(channel.channel)}.evidence`,
      new Uint8Array(fromHex(bytes)),
    );
  });
  const props = (command: Asked): AskProps => ({
    node,
    channel,
    open: asked === command,
    onClose: () => setAsked(null),
  });
  const isClosing = channel.state === 'shuttingDown' || channel.state === 'negotiatingClose';
  return (
    <Card title="What you can do">
      <ul class="commands">
        {node.role !== 'utility' && (
          <>
            <Item
              name={isClosing ? 'Raise the fee of the close' : 'Close together'}
              what="Both sign, and everyone has its coins with the next block."
              blocked={whyNot('close', channel)}
              onClick={() => setAsked('close')}
            />
            <Item
              name="Pay the other trader"
              what="A plain payment, without energy."
              blocked={whyNot('transfer', channel)}
              onClick={() => setAsked('transfer')}
            />
            <Item
              name="Ask the utility to decide"
              what="When the other side does not answer, or you do not agree."
              blocked={whyNot('arbitration', channel)}
              onClick={() => setAsked('arbitration')}
            />
            <Item
              name="Close alone"
              what="Without the other side: slower, and it costs more."
              danger
              blocked={whyNot('forceClose', channel)}
              onClick={() => setAsked('forceClose')}
            />
          </>
        )}
        <Item
          name="Save the evidence"
          what="Everything signed, as a file that anyone can judge offline."
          blocked={whyNot('evidence', channel)}
          busy={evidence.busy}
          onClick={() => void evidence.run()}
        />
      </ul>
      <Failure problem={evidence.problem} />
      <CloseDialog {...props('close')} />
      <TransferDialog {...props('transfer')} />
      <ArbitrationDialog {...props('arbitration')} />
      <ForceCloseDialog {...props('forceClose')} />
    </Card>
  );
}

function Item({
  name,
  what,
  blocked,
  danger = false,
  busy = false,
  onClick,
}: {
  readonly name: string;
  readonly what: string;
  readonly blocked: string | null;
  readonly danger?: boolean;
  readonly busy?: boolean;
  readonly onClick: () => void;
}) {
  return (
    <li>
      <Button kind={danger ? 'danger' : 'plain'} disabled={blocked !== null} busy={busy} onClick={onClick}>
        {name}
      </Button>
      <span class="hint">{blocked ?? what}</span>
    </li>
  );
}
