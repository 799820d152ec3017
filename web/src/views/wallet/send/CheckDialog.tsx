import type { MethodResult } from '../../../../../src/client/index.ts';
import { feeRateText } from '../../../text/amounts.ts';
import type { Problem } from '../../../text/problems.ts';
import { Amount } from '../../../ui/Amount.tsx';
import { Button } from '../../../ui/Button.tsx';
import { Copy } from '../../../ui/Copy.tsx';
import { Dialog } from '../../../ui/Dialog.tsx';
import { Failure, Notice } from '../../../ui/Notice.tsx';
import type { ViewProps } from '../../table.ts';
import { type Estimates, feeWarning } from '../model/fees.ts';
import { NodeDown } from '../NodeDown.tsx';
import type { CheckedPayment } from './SendCard.tsx';

export interface CheckDialogProps extends ViewProps {
  readonly checked: CheckedPayment | null;
  readonly estimates: Estimates | null;
  readonly sent: MethodResult<'sendCoins'> | null;
  readonly busy: boolean;
  readonly problem: Problem | null;
  readonly onPay: (payment: CheckedPayment) => void;
  readonly onClose: () => void;
}

/** The last look at a payment, then what became of it. */
export function CheckDialog({ checked, sent, onClose, ...rest }: CheckDialogProps) {
  return (
    <Dialog title={sent === null ? 'Is this right?' : 'Sent'} open={checked !== null} onClose={onClose}>
      {checked !== null &&
        (sent === null ? (
          <Question checked={checked} onClose={onClose} {...rest} />
        ) : (
          <Sent sent={sent} onClose={onClose} />
        ))}
    </Dialog>
  );
}

type QuestionProps = Omit<CheckDialogProps, 'checked' | 'sent'> & { readonly checked: CheckedPayment };

function Question({ node, checked, estimates, busy, problem, onPay, onClose }: QuestionProps) {
  const { params, preview, label, toOurselves } = checked;
  const [amountSat, feeSat, changeSat] = [preview.amountSat, preview.feeSat, preview.changeSat].map(
    BigInt,
  ) as [bigint, bigint, bigint];
  const rate = BigInt(preview.feeRateSatPerKvB);
  const warning = feeWarning({ feeSat, amountSat, rate }, estimates);
  return (
    <>
      <dl class="facts">
        <dt>To</dt>
        <dd>
          <Address address={params.address} />
          {toOurselves && <span class="hint">This is an address of this very wallet.</span>}
        </dd>
        <dt>Recipient gets</dt>
        <dd data-figure="amount">
          <Amount sat={amountSat} />
        </dd>
        <dt>Fee</dt>
        <dd data-figure="fee">
          <Amount sat={feeSat} />{' '}
          <span class="hint">
            {feeRateText(rate)} sat/vB × {preview.vsize} vB
          </span>
        </dd>
        <dt>Total</dt>
        <dd data-figure="total">
          <strong>
            <Amount sat={amountSat + feeSat} />
          </strong>
        </dd>
        <dt>Change</dt>
        <dd data-figure="change">
          <Amount sat={changeSat} />{' '}
          <span class="hint">
            comes back to you;{' '}
            {preview.inputs.length === 1 ? 'one coin is' : `${preview.inputs.length} coins are`} spent
          </span>
        </dd>
        {label !== '' && (
          <>
            <dt>Label</dt>
            <dd>{label}</dd>
          </>
        )}
      </dl>
      {warning !== null && (
        <Notice tone="warn">
          <p>{warning}</p>
        </Notice>
      )}
      <p class="hint">Compare the address with the recipient’s own. What is sent cannot be called back.</p>
      <Failure problem={problem} />
      <NodeDown node={node} />
      <div class="buttons">
        <Button kind="primary" busy={busy} onClick={() => onPay(checked)}>
          {busy ? 'Sending …' : problem === null ? 'Send' : 'Try again'}
        </Button>
        <Button onClick={onClose}>Change it</Button>
      </div>
    </>
  );
}

function Sent({ sent, onClose }: { readonly sent: MethodResult<'sendCoins'>; readonly onClose: () => void }) {
  return (
    <>
      <Notice tone="good">
        <p>
          Your payment is on its way, with a fee of <Amount sat={sent.feeSat} />.
        </p>
        <p class="way-out">It waits for a block. While it waits you can raise its fee in the history.</p>
      </Notice>
      <h3>Transaction</h3>
      <p class="copied-text">
        <code data-figure="txid">{sent.txid}</code>
        <Copy text={sent.txid} what="the transaction id" />
      </p>
      <div class="buttons">
        <Button kind="primary" onClick={onClose}>
          Done
        </Button>
      </div>
    </>
  );
}

const GROUP = 4;

/** An address in groups, so that it can be compared. Copied, it has no gaps. */
function Address({ address }: { readonly address: string }) {
  const groups = address.match(new RegExp(`.{1,${GROUP}}`, 'g')) ?? [];
  return (
    <code class="address">
      {groups.map((group, index) => (
        <span key={index}>{group}</span>
      ))}
    </code>
  );
}
