import { useSignal } from '@preact/signals';
import { useRef } from 'preact/hooks';
import type { MethodResult } from '../../../../../src/client/index.ts';
import { Amount } from '../../../ui/Amount.tsx';
import { Button } from '../../../ui/Button.tsx';
import { Card } from '../../../ui/Card.tsx';
import { Form } from '../../../ui/Form.tsx';
import { Input } from '../../../ui/Input.tsx';
import { Failure, Notice } from '../../../ui/Notice.tsx';
import { newRequestId } from '../../../ui/requestId.ts';
import { useAction } from '../../../ui/useAction.ts';
import type { ViewProps } from '../../table.ts';
import { allCoins } from '../coins/allCoins.ts';
import { psbtReserves, purposeProblem } from '../model/purposes.ts';
import { ReleaseButton } from '../ReleaseButton.tsx';
import { PaymentFields } from '../send/PaymentFields.tsx';
import { usePaymentForm } from '../send/usePaymentForm.ts';
import { useLatest } from '../useLatest.ts';
import { PsbtText } from './PsbtText.tsx';

/** A payment that is not signed, to be signed elsewhere or by several. */
export function PreparePsbtCard({ node }: ViewProps) {
  const form = usePaymentForm(node);
  const purpose = useSignal('');
  const submitted = useSignal(false);
  const made = useSignal<(MethodResult<'preparePsbt'> & { readonly purpose: string }) | null>(null);
  const request = useRef({ id: '', key: '' });
  const prepare = useAction(async () => {
    submitted.value = true;
    const asked = form.submit();
    const name = purpose.value.trim();
    if (asked === null || purposeProblem(name, true) !== undefined) return;
    const params = { ...asked.params, purpose: name };
    const key = JSON.stringify(params);
    // the same question again is the same request, another is another
    if (request.current.key !== key) request.current = { id: newRequestId(), key };
    try {
      const prepared = await node.call('preparePsbt', { ...params, requestId: request.current.id });
      made.value = { ...prepared, purpose: name };
      node.refresh();
    } catch (error) {
      form.refuse(error);
    }
  });
  const { value: psbt } = made;
  return (
    <Card title="Prepare a PSBT">
      <p class="hint">
        A payment that nobody has signed. Its coins are set aside until it is sent, or until you free them.
      </p>
      {psbt === null ? (
        <Form
          onSubmit={() => {
            void prepare.run();
          }}
        >
          <PaymentFields form={form} />
          <Input
            label="Name"
            hint="For its coins, so that you find them again."
            value={purpose.value}
            onInput={(text) => {
              purpose.value = text;
            }}
            error={purposeProblem(purpose.value.trim(), submitted.value)}
          />
          <Failure problem={form.refusal} />
          <Button kind="primary" submit busy={prepare.busy}>
            Prepare it
          </Button>
        </Form>
      ) : (
        <>
          <Notice tone="good">
            <p>
              The PSBT “{psbt.purpose}” pays a fee of <Amount sat={psbt.feeSat} />.
            </p>
          </Notice>
          <PsbtText hex={psbt.psbt} name={psbt.purpose} />
          <Button
            onClick={() => {
              made.value = null;
              request.current = { id: '', key: '' };
              purpose.value = '';
              submitted.value = false;
              form.clear();
            }}
          >
            Prepare another
          </Button>
        </>
      )}
      <SetAside node={node} />
    </Card>
  );
}

/** What PSBTs hold back, and the way to have it again. */
function SetAside({ node }: ViewProps) {
  const { value: version } = node.walletVersion;
  const { value: coins } = useLatest(() => allCoins(node), [node, version]);
  const reserves = psbtReserves(coins ?? []);
  if (reserves.length === 0) return null;
  return (
    <>
      <h3 class="list-head">Set aside</h3>
      <ul class="rows" data-list="reserves">
        {reserves.map(({ purpose, coins: count, sat }) => (
          <li key={purpose} class="row-plain">
            <span>
              “{purpose}”: <Amount sat={sat} /> in {count === 1 ? 'one coin' : `${count} coins`}
            </span>
            <ReleaseButton node={node} purpose={purpose} />
          </li>
        ))}
      </ul>
    </>
  );
}
