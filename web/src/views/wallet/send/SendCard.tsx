import { useSignal } from '@preact/signals';
import { RpcConnectionError } from '../../../../../src/client/errors.ts';
import type { MethodResult } from '../../../../../src/client/index.ts';
import type { NodeModel } from '../../../nodes/node.ts';
import { paymentProblem } from '../../../text/walletProblems.ts';
import { Button } from '../../../ui/Button.tsx';
import { Card } from '../../../ui/Card.tsx';
import { Form } from '../../../ui/Form.tsx';
import { Input } from '../../../ui/Input.tsx';
import { Failure, Notice } from '../../../ui/Notice.tsx';
import { newRequestId } from '../../../ui/requestId.ts';
import { useAction } from '../../../ui/useAction.ts';
import type { ViewProps } from '../../table.ts';
import type { PaymentParams } from '../model/draft.ts';
import { NodeDown } from '../NodeDown.tsx';
import { CheckDialog } from './CheckDialog.tsx';
import { PaymentFields } from './PaymentFields.tsx';
import { usePaymentForm } from './usePaymentForm.ts';

/** A payment that was looked at by the node and waits for a yes. */
export interface CheckedPayment {
  readonly params: PaymentParams;
  readonly label: string;
  readonly preview: MethodResult<'previewPayment'>;
  readonly toOurselves: boolean;
  /** Kept over every try: the node makes it once. */
  readonly requestId: string;
}

/** Payments whose answer was lost: the same one, checked again, is the same request. */
const unanswered = new WeakMap<NodeModel, { readonly requestId: string; readonly key: string }>();

/** Pays to an address, after a last look at it. */
export function SendCard({ node }: ViewProps) {
  const form = usePaymentForm(node);
  const checked = useSignal<CheckedPayment | null>(null);
  const sent = useSignal<MethodResult<'sendCoins'> | null>(null);

  const check = useAction(async () => {
    const asked = form.submit();
    if (asked === null) return;
    const { params, label } = asked;
    try {
      const [preview, { decoded }] = await Promise.all([
        node.call('previewPayment', params),
        node.call('decode', { data: params.address }),
      ]);
      sent.value = null;
      checked.value = {
        ...{ params, label, preview },
        toOurselves: decoded.type === 'address' && decoded.isOurs,
        requestId: requestIdFor(node, keyOf(params, label)),
      };
    } catch (error) {
      form.refuse(error);
    }
  });

  const pay = useAction(async ({ params, label, requestId }: CheckedPayment) => {
    unanswered.set(node, { requestId, key: keyOf(params, label) });
    try {
      const labelled = label === '' ? params : { ...params, label };
      sent.value = await node.call('sendCoins', { ...labelled, requestId });
      unanswered.delete(node);
      form.clear();
      node.refresh();
    } catch (error) {
      if (!(error instanceof RpcConnectionError)) unanswered.delete(node);
      form.refuse(error);
      throw error;
    }
  }, paymentProblem);

  return (
    <Card title="Send">
      <Form
        onSubmit={() => {
          pay.forget();
          void check.run();
        }}
      >
        <PaymentFields form={form} />
        <Input
          label="Label"
          hint="For your history only: nobody else sees it."
          value={form.draft.label}
          onInput={(label) => form.change({ label })}
          error={form.problems.label}
        />
        <Failure problem={form.refusal} />
        <NodeDown node={node} />
        <Button kind="primary" submit busy={check.busy || pay.busy}>
          Check the payment
        </Button>
      </Form>
      {sent.value !== null && checked.value === null && (
        <Notice tone="good">
          <p>
            Sent: <code>{sent.value.txid}</code>
          </p>
        </Notice>
      )}
      <CheckDialog
        node={node}
        checked={checked.value}
        estimates={form.estimates}
        sent={sent.value}
        busy={pay.busy}
        problem={pay.problem}
        onPay={(payment) => void pay.run(payment)}
        onClose={() => {
          checked.value = null;
        }}
      />
    </Card>
  );
}

function keyOf(params: PaymentParams, label: string): string {
  return JSON.stringify([params, label]);
}

function requestIdFor(node: NodeModel, key: string): string {
  const lost = unanswered.get(node);
  return lost?.key === key ? lost.requestId : newRequestId();
}
