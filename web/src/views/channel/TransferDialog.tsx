import { useState } from 'preact/hooks';
import { parseMsat } from '../../../../src/cli/parse/amount.ts';
import { Amount } from '../../ui/Amount.tsx';
import { Button } from '../../ui/Button.tsx';
import { Dialog } from '../../ui/Dialog.tsx';
import { Input } from '../../ui/Input.tsx';
import { Failure } from '../../ui/Notice.tsx';
import { newRequestId } from '../../ui/requestId.ts';
import { useAction } from '../../ui/useAction.ts';
import type { AskProps } from './ActionsCard.tsx';
import { readTransfer } from './transfer.ts';

/** A plain payment to the other trader. */
export function TransferDialog({ node, channel, open, onClose }: AskProps) {
  const [text, setText] = useState('');
  const [tried, setTried] = useState(false);
  const amount = readTransfer(parseMsat(text.trim()), channel);
  const leave = () => {
    setText('');
    setTried(false);
    onClose();
  };
  const pay = useAction(async (requestId: string) => {
    setTried(true);
    if (!('msat' in amount)) return;
    const params = { channel: channel.channel, amountMsat: `${amount.msat}`, requestId };
    await node.call('transfer', params);
    node.refresh();
    leave();
  });
  const other = node.role === 'consumer' ? 'producer' : 'consumer';
  return (
    <Dialog title={`Pay the ${other}`} open={open} onClose={leave}>
      <p>In the channel, off the chain, at once and without a fee. Nothing is delivered for it.</p>
      <Input
        label="Amount"
        hint="A channel counts in thousandths of a satoshi: up to three decimals."
        unit="sat"
        value={text}
        error={tried && 'problem' in amount ? amount.problem : null}
        onInput={(value) => setText(value)}
      />
      {'msat' in amount && (
        <p>
          You pay <Amount msat={amount.msat} /> and keep <Amount msat={amount.leftMsat} />.
        </p>
      )}
      <Failure problem={pay.problem} />
      <div class="buttons dialog-buttons">
        <Button kind="primary" busy={pay.busy} onClick={() => void pay.run(newRequestId())}>
          Pay
        </Button>
        <Button onClick={leave}>Cancel</Button>
      </div>
    </Dialog>
  );
}
