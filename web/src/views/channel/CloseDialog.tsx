import { useState } from 'preact/hooks';
import { parseFeeRate } from '../../../../src/cli/parse/quantity.ts';
import { useAnswer } from '../../nodes/useAnswer.ts';
import { Button } from '../../ui/Button.tsx';
import { Dialog } from '../../ui/Dialog.tsx';
import { Input } from '../../ui/Input.tsx';
import { Failure } from '../../ui/Notice.tsx';
import { useAction } from '../../ui/useAction.ts';
import type { AskProps } from './ActionsCard.tsx';
import { Shares } from './IfClosedCard.tsx';

/** Closes together with the other trader; again, to raise the fee. */
export function CloseDialog({ node, channel, open, onClose }: AskProps) {
  const [text, setText] = useState('1');
  const rate = parseFeeRate(text);
  const preview = useAnswer(
    node,
    'previewClose',
    open && rate.ok ? { channel: channel.channel, feeRateSatPerKvB: `${rate.value}` } : null,
    node.channelVersion.value,
  ).value;
  const inFlight = channel.deliveries.length;
  const close = useAction(async () => {
    if (!rate.ok) return;
    await node.call('closeChannel', { channel: channel.channel, feeRateSatPerKvB: `${rate.value}` });
    node.refresh();
    onClose();
  });
  return (
    <Dialog title="Close together" open={open} onClose={onClose}>
      <p>
        Both traders sign one transaction that pays each party what is its own. The fee comes from what was
        set aside at the opening; what is left of that goes back to the consumer.
      </p>
      {inFlight > 0 && (
        <p>
          {inFlight === 1 ? 'One unit is' : `${inFlight} units are`} in flight: they are settled or forfeited
          first, and nothing new is ordered.
        </p>
      )}
      {channel.link !== 'up' && (
        <p>The other trader is offline. The close waits until it is back; if it stays away, close alone.</p>
      )}
      <Input
        label="Fee rate"
        hint="The closer names it. It can be raised later."
        unit="sat/vB"
        value={text}
        error={rate.ok ? null : `The fee rate ${rate.error}.`}
        onInput={setText}
      />
      {preview?.cooperative && <Shares together={preview.cooperative} />}
      <Failure problem={close.problem} />
      <div class="buttons dialog-buttons">
        <Button kind="primary" disabled={!rate.ok} busy={close.busy} onClick={() => void close.run()}>
          Close together
        </Button>
        <Button onClick={onClose}>Keep it open</Button>
      </div>
    </Dialog>
  );
}
