import { useState } from 'preact/hooks';
import { useAnswer } from '../../nodes/useAnswer.ts';
import { satText } from '../../text/amounts.ts';
import { Button } from '../../ui/Button.tsx';
import { Dialog } from '../../ui/Dialog.tsx';
import { Input } from '../../ui/Input.tsx';
import { Failure } from '../../ui/Notice.tsx';
import { SectionLink } from '../../ui/SectionLink.tsx';
import { useAction } from '../../ui/useAction.ts';
import type { AskProps } from './ActionsCard.tsx';
import { mostArbitrationFee, readArbitrationFee, usualArbitrationFee } from './arbitrationFee.ts';

/** Asks the utility to end the channel with a transaction that it signs with this trader. */
export function ArbitrationDialog(props: AskProps) {
  const { params } = props.channel;
  return params === null ? null : <Question {...props} params={params} />;
}

type Params = NonNullable<AskProps['channel']['params']>;

function Question({ node, channel, open, onClose, params }: AskProps & { readonly params: Params }) {
  const [text, setText] = useState<string | null>(null);
  const estimate = useAnswer(node, 'estimateFee', open ? {} : null, open).value;
  const most = mostArbitrationFee(params, channel.deliveries);
  const usual = usualArbitrationFee(BigInt(estimate?.feeRateSatPerKvB ?? 1000), most);
  const shown = text ?? String(usual);
  const fee = readArbitrationFee(shown, most);
  const leave = () => {
    setText(null);
    onClose();
  };
  const ask = useAction(async () => {
    if (!('sat' in fee)) return;
    await node.call('requestArbitration', { channel: channel.channel, feeSat: `${fee.sat}` });
    node.refresh();
    leave();
  });
  const isLate = params.arbitration === 'afterHeight';
  return (
    <Dialog title="Ask the utility to decide" open={open} onClose={leave}>
      <p>
        Your node shows the utility its newest state. The other side has {params.contestWindow} blocks to show
        a newer one. Then the utility decides by the meter: a unit that was delivered pays its seller, any
        other is forfeited. It signs one transaction with you, and no delay follows.
      </p>
      <ul>
        <li>The channel trades no more from here on.</li>
        {isLate && (
          <li>
            In this channel the utility’s key counts from block {params.settlementHeight + 1} on, so the
            verdict comes after that. To be out earlier, close alone.
          </li>
        )}
        <li>If it does not answer in time, your node closes alone by itself.</li>
      </ul>
      <Input
        label="Fee of that transaction"
        hint={`From what was set aside and what is forfeited, never from a balance: at most ${satText(most)} sat.`}
        mode="numeric"
        unit="sat"
        value={shown}
        error={'problem' in fee ? fee.problem : null}
        onInput={setText}
      />
      <p class="hint">
        <SectionLink section="arbitration" />
      </p>
      <Failure problem={ask.problem} />
      <div class="buttons dialog-buttons">
        <Button kind="danger" disabled={!('sat' in fee)} busy={ask.busy} onClick={() => void ask.run()}>
          Ask for a decision
        </Button>
        <Button onClick={leave}>Keep trading</Button>
      </div>
    </Dialog>
  );
}
