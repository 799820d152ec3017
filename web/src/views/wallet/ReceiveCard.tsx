import { useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import type { NodeModel } from '../../nodes/node.ts';
import { parseAmount } from '../../text/amounts.ts';
import { Amount } from '../../ui/Amount.tsx';
import { Button } from '../../ui/Button.tsx';
import { Card } from '../../ui/Card.tsx';
import { Copy } from '../../ui/Copy.tsx';
import { Input, Select } from '../../ui/Input.tsx';
import { Failure, Notice } from '../../ui/Notice.tsx';
import { useAction } from '../../ui/useAction.ts';
import type { ViewProps } from '../table.ts';
import { allCoins } from './coins/allCoins.ts';
import { FaucetButton } from './FaucetButton.tsx';
import { formatBip21 } from './model/bip21.ts';
import { labelProblem } from './model/draft.ts';
import { QrCode } from './QrCode.tsx';

type Scheme = 'bip86' | 'bip84';

const SCHEMES: readonly { readonly value: Scheme; readonly text: string }[] = [
  { value: 'bip86', text: 'Taproot (newest)' },
  { value: 'bip84', text: 'Segwit (for older wallets)' },
];

/** A label is kept when one has stopped typing. */
const TYPING_PAUSE_MS = 500;

/** The address that each party made last: it is shown again, and no other is made, until it was used. */
const shownAddresses = new WeakMap<NodeModel, string>();

/** An address to be paid at, as text and as a QR code, with what is asked for. */
export function ReceiveCard({ node }: ViewProps) {
  const address = useSignal(shownAddresses.get(node));
  const scheme = useSignal<Scheme>('bip86');
  const amount = useSignal('');
  const label = useSignal('');
  const make = useAction(async () => {
    const made = await node.call('newAddress', { scheme: scheme.value, ...labelOf(label.value) });
    shownAddresses.set(node, made.address);
    address.value = made.address;
  });
  const wanted = amount.value.trim() === '' ? null : parseAmount(amount.value);
  const labelError = labelProblem(label.value);
  return (
    <Card title="Receive" aside={<FaucetButton role={node.role} />}>
      <Input
        label="Amount asked for"
        hint="May stay empty: the payer decides."
        unit="sat"
        mode="numeric"
        value={amount.value}
        onInput={(text) => {
          amount.value = text;
        }}
        error={wanted?.problem}
      />
      <Input
        label="What for"
        hint="Your label for the address. It is in the request too, so the payer sees it."
        value={label.value}
        onInput={(text) => {
          label.value = text;
        }}
        error={labelError}
      />
      {address.value === undefined && (
        <Select
          label="Kind of address"
          value={scheme.value}
          options={SCHEMES}
          onChange={(value) => {
            scheme.value = value;
          }}
        />
      )}
      {address.value === undefined ? (
        <Button
          kind="primary"
          busy={make.busy}
          disabled={labelError !== undefined}
          onClick={() => void make.run()}
        >
          New address
        </Button>
      ) : (
        <Request
          key={address.value}
          node={node}
          address={address.value}
          label={labelError === undefined ? label.value.trim() : ''}
          amountSat={wanted?.value ?? undefined}
          onAnother={() => {
            address.value = undefined;
            amount.value = '';
            label.value = '';
          }}
        />
      )}
      <Failure problem={make.problem} />
    </Card>
  );
}

interface RequestProps extends ViewProps {
  readonly address: string;
  readonly label: string;
  readonly amountSat: bigint | undefined;
  readonly onAnother: () => void;
}

function Request({ node, address, label, amountSat, onAnother }: RequestProps) {
  const uri = formatBip21({ address, label, ...(amountSat === undefined ? {} : { amountSat }) });
  const kept = useRef(label);
  const keep = useAction((text: string) => node.call('setLabel', { target: { address }, label: text }));
  useEffect(() => {
    if (label === kept.current) return;
    const timer = setTimeout(() => {
      kept.current = label;
      void keep.run(label);
    }, TYPING_PAUSE_MS);
    return () => clearTimeout(timer);
  }, [label]);
  return (
    <div class="request">
      <QrCode text={uri} title={`QR code of a payment request for ${address}`} />
      <div class="request-texts">
        <h3>Address</h3>
        <p class="copied-text">
          <code data-figure="address">{address}</code>
          <Copy text={address} what="the address" />
        </p>
        <h3>Payment request</h3>
        <p class="copied-text">
          <code data-figure="uri">{uri}</code>
          <Copy text={uri} what="the payment request" />
        </p>
        <Paid node={node} address={address} />
        <div class="buttons">
          <Button onClick={onAnother}>Another address</Button>
        </div>
        <Failure problem={keep.problem} />
      </div>
    </div>
  );
}

/** Says when the address was paid: an address is for one payment. */
function Paid({ node, address }: ViewProps & { readonly address: string }) {
  const paid = useSignal<bigint>(0n);
  const { value: version } = node.walletVersion;
  useEffect(() => {
    let late = false;
    void allCoins(node).then(
      (coins) => {
        const sat = coins
          .filter((coin) => coin.address === address)
          .reduce((sum, { valueSat }) => sum + BigInt(valueSat), 0n);
        if (!late && sat > 0n) paid.value = sat;
      },
      () => undefined,
    );
    return () => {
      late = true;
    };
  }, [node, address, version]);
  if (paid.value === 0n)
    return <p class="hint">Use it once: a new one for each payment keeps your payments apart.</p>;
  return (
    <Notice tone="good">
      <p>
        It was paid <Amount sat={paid.value} />. Make another for the next payment.
      </p>
    </Notice>
  );
}

function labelOf(label: string): { readonly label?: string } {
  return label.trim() === '' ? {} : { label: label.trim() };
}
