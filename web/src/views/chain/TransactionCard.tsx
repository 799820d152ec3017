import { Amount } from '../../ui/Amount.tsx';
import { Card } from '../../ui/Card.tsx';
import { Copy } from '../../ui/Copy.tsx';
import { SectionLink } from '../../ui/SectionLink.tsx';
import type { ChannelTransaction, TransactionOutput } from './transaction.ts';
import { fateOf, outputWords, purposeOf, standingText, titleOf } from './words.ts';

export interface TransactionCardProps {
  readonly transaction: ChannelTransaction;
  readonly transactions: readonly ChannelTransaction[];
  readonly tip: number | null;
  readonly onChoose: (txid: string) => void;
}

/** One transaction in plain words: what it does, who gets what, from when on, and why. */
export function TransactionCard({ transaction, transactions, tip, onChoose }: TransactionCardProps) {
  const { txid, feeSat, vsize, weight, hex } = transaction;
  const { text, section } = purposeOf(transaction);
  return (
    <Card title={titleOf(transaction)} wide aside={<SectionLink section={section} />}>
      <p>{text}</p>
      <ul class="outputs">
        {transaction.outputs.map((output) => (
          <Output
            key={output.vout}
            output={output}
            transaction={transaction}
            transactions={transactions}
            onChoose={onChoose}
          />
        ))}
      </ul>
      <dl class="facts">
        <dt>Standing</dt>
        <dd>{standingText(transaction, tip)}</dd>
        <dt>Fee</dt>
        <dd>{feeSat === null ? 'not known to this node' : <Fee feeSat={feeSat} vsize={vsize} />}</dd>
        <dt>Size</dt>
        <dd>
          {vsize} vB, weight {weight}
        </dd>
        <dt>Transaction id</dt>
        <dd class="outpoint">
          <code>{txid}</code>
          <Copy text={txid} what="the transaction id" />
        </dd>
      </dl>
      <details>
        <summary>The whole transaction, as bytes</summary>
        <p class="outpoint">
          <code>{hex}</code>
          <Copy text={hex} what="the transaction" />
        </p>
      </details>
    </Card>
  );
}

function Fee({ feeSat, vsize }: { readonly feeSat: string; readonly vsize: number }) {
  return (
    <>
      <Amount sat={feeSat} /> <span class="soft">({feeRateText(feeSat, vsize)} sat/vB)</span>
    </>
  );
}

/** Satoshi per virtual byte, with two decimals, rounded down. */
function feeRateText(feeSat: string, vsize: number): string {
  const hundredths = vsize === 0 ? 0n : (BigInt(feeSat) * 100n) / BigInt(vsize);
  return `${hundredths / 100n}.${String(hundredths % 100n).padStart(2, '0')}`;
}

function Output({
  output,
  transaction,
  transactions,
  onChoose,
}: {
  readonly output: TransactionOutput;
  readonly transaction: ChannelTransaction;
} & Pick<TransactionCardProps, 'transactions' | 'onChoose'>) {
  const { name, who, when } = outputWords(transaction, output);
  const fate = fateOf(output, transactions);
  const { by } = fate;
  return (
    <li class="output">
      <p class="output-head">
        <span>
          <span class={`swatch part-${who ?? 'nobody'}`} /> {name}
        </span>
        <Amount sat={output.valueSat} />
      </p>
      <p class="hint">
        {when} {fate.text}
        {by !== null && (
          <button type="button" class="link-button" onClick={() => onChoose(by)}>
            Show it
          </button>
        )}
      </p>
      <details>
        <summary>Descriptor and script</summary>
        <dl class="facts">
          <dt>Descriptor</dt>
          <dd>
            <code>{output.descriptor}</code>
          </dd>
          {output.address !== null && (
            <>
              <dt>Address</dt>
              <dd>
                <code>{output.address}</code>
              </dd>
            </>
          )}
          <dt>Script</dt>
          <dd>
            <code>{output.script}</code>
          </dd>
        </dl>
      </details>
    </li>
  );
}
