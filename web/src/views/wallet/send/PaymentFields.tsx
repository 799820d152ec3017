import { Button } from '../../../ui/Button.tsx';
import { Input } from '../../../ui/Input.tsx';
import { FeeFields } from './FeeFields.tsx';
import type { PaymentForm } from './usePaymentForm.ts';

/** Whom, how much, and who pays which fee. */
export function PaymentFields({ form }: { readonly form: PaymentForm }) {
  const { draft, problems, estimates } = form;
  return (
    <>
      <Input
        label="Recipient"
        hint="A Bitcoin address, or a payment request (bitcoin:…)."
        mono
        value={draft.recipient}
        onInput={form.changeRecipient}
        error={problems.recipient}
      />
      <div class="amount-row">
        <Input
          label="Amount"
          unit="sat"
          mode="numeric"
          value={draft.all ? '' : draft.amount}
          placeholder={draft.all ? 'everything that can be spent' : ''}
          onInput={(amount) => form.change({ amount, all: false })}
          error={problems.amount}
        />
        <Button pressed={draft.all} label="Send all" onClick={() => form.change({ all: !draft.all })}>
          All
        </Button>
      </div>
      <FeeFields
        choice={draft.fee}
        ownRate={draft.ownRate}
        estimates={estimates}
        problem={problems.fee}
        onChoice={(fee) => form.change({ fee })}
        onOwnRate={(ownRate) => form.change({ ownRate })}
      />
      {!draft.all && (
        <label class="wallet-check">
          <input
            type="checkbox"
            checked={draft.subtractFee}
            onChange={(event) => form.change({ subtractFee: event.currentTarget.checked })}
          />
          Take the fee out of the amount: the recipient gets less
        </label>
      )}
    </>
  );
}
