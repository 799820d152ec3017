import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import type { MethodResult } from '../../../../../src/client/index.ts';
import { feeRateText } from '../../../text/amounts.ts';
import type { Problem } from '../../../text/problems.ts';
import { type PaymentProblem, paymentProblem } from '../../../text/walletProblems.ts';
import { Amount } from '../../../ui/Amount.tsx';
import { Button } from '../../../ui/Button.tsx';
import { Copy } from '../../../ui/Copy.tsx';
import { Dialog } from '../../../ui/Dialog.tsx';
import { Form } from '../../../ui/Form.tsx';
import { Input } from '../../../ui/Input.tsx';
import { Failure, Notice } from '../../../ui/Notice.tsx';
import { newRequestId } from '../../../ui/requestId.ts';
import { useAction } from '../../../ui/useAction.ts';
import type { ViewProps } from '../../table.ts';
import { FEE_RATE_PROBLEMS, parseFeeRate } from '../model/fees.ts';
import type { WalletTx } from '../model/history.ts';

export interface BumpDialogProps extends ViewProps {
  /** `null`: it is closed. */
  readonly tx: WalletTx | null;
  readonly onClose: () => void;
}

/** Replaces a payment that waits by the same with a higher fee. */
export function BumpDialog({ node, tx, onClose }: BumpDialogProps) {
  return (
    <Dialog title="Raise the fee" open={tx !== null} onClose={onClose}>
      {tx !== null && <Bump node={node} tx={tx} onClose={onClose} />}
    </Dialog>
  );
}

function Bump({ node, tx, onClose }: BumpDialogProps & { readonly tx: WalletTx }) {
  const typed = useSignal('');
  const requestId = useSignal({ id: newRequestId(), rate: '' });
  const refused = useSignal<PaymentProblem | null>(null);
  const done = useSignal<MethodResult<'bumpFee'> | null>(null);
  useEffect(() => {
    void node.call('estimateFee', { blocks: 2 }).then(
      ({ feeRateSatPerKvB }) => {
        if (typed.value === '') typed.value = feeRateText(feeRateSatPerKvB);
      },
      () => undefined,
    );
  }, [node, tx.txid]);
  const bump = useAction(async (rate: bigint) => {
    // the same question again is the same request, another rate is another
    if (requestId.value.rate !== `${rate}`) requestId.value = { id: newRequestId(), rate: `${rate}` };
    try {
      done.value = await node.call('bumpFee', {
        txid: tx.txid,
        feeRateSatPerKvB: `${rate}`,
        requestId: requestId.value.id,
      });
      node.refresh();
    } catch (error) {
      refused.value = paymentProblem(error);
      throw error;
    }
  });
  if (done.value !== null) return <Bumped done={done.value} onClose={onClose} />;
  const read = parseFeeRate(typed.value);
  const typedProblem: Problem | null =
    'problem' in read && read.problem !== 'empty'
      ? { what: FEE_RATE_PROBLEMS[read.problem], wayOut: '' }
      : null;
  const { value: refusal } = refused;
  const least = refusal?.leastFeeRate;
  const type = (text: string) => {
    typed.value = text;
    refused.value = null;
  };
  return (
    <Form
      onSubmit={() => {
        if ('rate' in read) void bump.run(read.rate);
      }}
    >
      <p>
        The payment is made anew with more for the miners, and takes the place of the one that waits. The
        recipient gets the same; the difference comes out of your change.
      </p>
      <dl class="facts">
        <dt>Fee now</dt>
        <dd>
          <Amount sat={tx.feeSat ?? 0n} />
        </dd>
      </dl>
      <Input
        label="New fee"
        unit="sat/vB"
        mode="decimal"
        value={typed.value}
        onInput={type}
        error={typedProblem ?? (refusal?.field === 'fee' ? refusal : null)}
      />
      {least !== undefined && (
        <Button kind="quiet" onClick={() => type(feeRateText(least))}>
          Take {feeRateText(least)} sat/vB
        </Button>
      )}
      <Failure problem={refusal !== null && refusal.field !== 'fee' ? refusal : null} />
      <div class="buttons">
        <Button submit kind="primary" busy={bump.busy} disabled={!('rate' in read)}>
          Replace the payment
        </Button>
        <Button onClick={onClose}>Leave it</Button>
      </div>
    </Form>
  );
}

function Bumped({ done, onClose }: { readonly done: MethodResult<'bumpFee'>; readonly onClose: () => void }) {
  return (
    <>
      <Notice tone="good">
        <p>
          The payment was replaced, with a fee of <Amount sat={done.feeSat} />.
        </p>
      </Notice>
      <p class="copied-text">
        <code data-figure="txid">{done.txid}</code>
        <Copy text={done.txid} what="the transaction id" />
      </p>
      <Button kind="primary" onClick={onClose}>
        Done
      </Button>
    </>
  );
}
