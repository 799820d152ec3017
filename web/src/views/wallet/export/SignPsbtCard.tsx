import { useSignal } from '@preact/signals';
import type { MethodResult } from '../../../../../src/client/index.ts';
import { psbtProblem } from '../../../text/walletProblems.ts';
import { Amount } from '../../../ui/Amount.tsx';
import { Button } from '../../../ui/Button.tsx';
import { Card } from '../../../ui/Card.tsx';
import { Form } from '../../../ui/Form.tsx';
import { Input } from '../../../ui/Input.tsx';
import { Failure, Notice } from '../../../ui/Notice.tsx';
import { useAction } from '../../../ui/useAction.ts';
import type { ViewProps } from '../../table.ts';
import { type PastedBytes, readPasted } from '../model/psbtText.ts';
import { PsbtText } from './PsbtText.tsx';

type Decoded = MethodResult<'decode'>['decoded'];
/** What was pasted, as the node reads it. */
interface Looked {
  readonly hex: string;
  readonly decoded: Extract<Decoded, { type: 'psbt' | 'transaction' }>;
}

const PASTE_PROBLEMS = {
  empty: 'Paste a PSBT or a transaction.',
  notEncoded: 'This is neither Base64 nor hexadecimal. Copy it again in full.',
} as const;

/** A PSBT or a complete transaction from elsewhere: looked at first, then signed or sent. */
export function SignPsbtCard({ node }: ViewProps) {
  const pasted = useSignal('');
  const pasteError = useSignal<string | null>(null);
  const looked = useSignal<Looked | null>(null);
  const look = useAction(async (bytes: Extract<PastedBytes, { ok: true }>) => {
    const { decoded } = await node.call('decode', { data: bytes.hex });
    if (decoded.type !== 'psbt' && decoded.type !== 'transaction') {
      pasteError.value = 'This is neither a PSBT nor a transaction.';
      return;
    }
    looked.value = { hex: bytes.hex, decoded };
  }, psbtProblem);
  const begin = () => {
    const bytes = readPasted(pasted.value);
    pasteError.value = bytes.ok ? null : PASTE_PROBLEMS[bytes.code];
    if (bytes.ok) void look.run(bytes);
  };
  return (
    <Card title="Sign or send what others made">
      {looked.value === null ? (
        <Form
          onSubmit={() => {
            begin();
          }}
        >
          <Input
            label="PSBT or transaction"
            hint="Base64 or hexadecimal. Nothing is signed before you have seen whom it pays."
            rows={5}
            mono
            value={pasted.value}
            onInput={(text) => {
              pasted.value = text;
              pasteError.value = null;
              look.forget();
            }}
            error={pasteError.value ?? look.problem}
          />
          <Button kind="primary" submit busy={look.busy}>
            Look at it
          </Button>
        </Form>
      ) : (
        <Opened
          node={node}
          looked={looked.value}
          onClose={() => {
            looked.value = null;
            pasted.value = '';
          }}
        />
      )}
    </Card>
  );
}

interface OpenedProps extends ViewProps {
  readonly looked: Looked;
  readonly onClose: () => void;
}

function Opened({ node, looked, onClose }: OpenedProps) {
  const { hex, decoded } = looked;
  const isPsbt = decoded.type === 'psbt';
  const signed = useSignal<MethodResult<'signPsbt'> | null>(null);
  const sent = useSignal<string | null>(null);
  const sign = useAction(async () => {
    signed.value = await node.call('signPsbt', { psbt: hex });
  }, psbtProblem);
  const send = useAction(async () => {
    sent.value = (await node.call('broadcastTransaction', { transaction: hex })).txid;
    node.refresh();
  }, psbtProblem);
  return (
    <>
      <h3>It pays</h3>
      <ul class="rows" data-list="outputs">
        {decoded.outputs.map(({ valueSat, address, script, isOurs }, index) => (
          <li key={index} class="row-plain">
            <span>
              <Amount sat={valueSat} /> {isOurs && <span class="badge badge-good">yours</span>}
            </span>
            <code>{address ?? `script ${script}`}</code>
          </li>
        ))}
      </ul>
      <p class="hint">
        from {isPsbt ? decoded.inputs : decoded.inputs.length} coins, in transaction{' '}
        <code>{decoded.txid}</code>
      </p>
      {signed.value !== null && (
        <>
          <Notice tone={signed.value.signedInputs === 0 ? 'warn' : 'good'}>
            <p>{signedText(signed.value)}</p>
          </Notice>
          <PsbtText hex={signed.value.psbt} name="signed" />
        </>
      )}
      {sent.value !== null && (
        <Notice tone="good">
          <p>It is out, and waits for a block.</p>
        </Notice>
      )}
      <Failure problem={sign.problem ?? send.problem} />
      <div class="buttons">
        {isPsbt && signed.value === null && (
          <Button kind="primary" busy={sign.busy} onClick={() => void sign.run()}>
            Sign it
          </Button>
        )}
        {!isPsbt && sent.value === null && (
          <Button kind="primary" busy={send.busy} onClick={() => void send.run()}>
            Send it out
          </Button>
        )}
        <Button onClick={onClose}>Another one</Button>
      </div>
    </>
  );
}

function signedText({ signedInputs, complete }: MethodResult<'signPsbt'>): string {
  if (signedInputs === 0) return 'No coin in it is this wallet’s: nothing was signed.';
  const coins = signedInputs === 1 ? 'One coin was signed' : `${signedInputs} coins were signed`;
  return complete
    ? `${coins}. Every coin has its signature: any wallet can finish it and send it.`
    : `${coins}. Others have to sign as well.`;
}
