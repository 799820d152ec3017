import { useSignal } from '@preact/signals';
import { Amount } from '../../../ui/Amount.tsx';
import { Button } from '../../../ui/Button.tsx';
import { Copy } from '../../../ui/Copy.tsx';
import type { ViewProps } from '../../table.ts';
import { LabelEdit } from '../LabelEdit.tsx';
import { certaintyOf, type Direction, isBumpable, movementOf, type WalletTx } from '../model/history.ts';

const DIRECTION: Readonly<Record<Direction, { readonly name: string; readonly icon: string }>> = {
  received: { name: 'Received', icon: 'M12 5v13m-6-6 6 6 6-6' },
  sent: { name: 'Sent', icon: 'M12 19V6m-6 6 6-6 6 6' },
  moved: { name: 'Moved within the wallet', icon: 'M5 9h13l-4-4M19 15H6l4 4' },
};

export interface HistoryRowProps extends ViewProps {
  readonly tx: WalletTx;
  /** The fee shall be raised. */
  readonly onBump: () => void;
}

/** A transaction in one line; what else there is of it opens below. */
export function HistoryRow({ node, tx, onBump }: HistoryRowProps) {
  const { direction, changeSat, paidSat } = movementOf(tx);
  const certainty = certaintyOf(tx);
  const isOpen = useSignal(false);
  return (
    <li data-txid={tx.txid}>
      <details
        class={`row row-${direction} ${tx.status === 'conflicted' ? 'row-gone' : ''}`}
        onToggle={(event) => {
          isOpen.value = event.currentTarget.open;
        }}
      >
        <summary>
          <svg viewBox="0 0 24 24" width="22" height="22" aria-hidden="true">
            <path d={DIRECTION[direction].icon} />
          </svg>
          <span class="row-what">
            <span class="row-title">{tx.label ?? DIRECTION[direction].name}</span>
            <span class="hint">
              {tx.label !== null && `${DIRECTION[direction].name}, `}
              {tx.height === null ? 'in no block yet' : `block ${tx.height}`}
            </span>
          </span>
          <span class="row-amount">
            <span data-figure="change">
              {changeSat > 0n && '+'}
              <Amount sat={changeSat} />
            </span>
            <span class={`badge badge-${certainty.tone}`}>{certainty.text}</span>
          </span>
        </summary>
        {isOpen.value && (
          <div class="row-more">
            <dl class="facts">
              {paidSat !== null && (
                <>
                  <dt>Paid to others</dt>
                  <dd data-figure="paid">
                    <Amount sat={paidSat} />
                  </dd>
                </>
              )}
              {tx.feeSat !== null && (
                <>
                  <dt>Fee</dt>
                  <dd data-figure="fee">
                    <Amount sat={tx.feeSat} />
                  </dd>
                </>
              )}
              <dt>Confirmations</dt>
              <dd data-figure="confirmations">{tx.confirmations}</dd>
              <dt>Transaction</dt>
              <dd class="copied-text">
                <code>{tx.txid}</code>
                <Copy text={tx.txid} what="the transaction id" />
              </dd>
            </dl>
            {tx.feeSat === null && direction !== 'received' && (
              <p class="hint">Others paid into it as well, so its fee was not yours alone.</p>
            )}
            <div class="buttons">
              <LabelEdit node={node} target={{ txid: tx.txid }} label={tx.label} />
              {isBumpable(tx) && (
                <Button kind="quiet" onClick={onBump}>
                  Raise the fee
                </Button>
              )}
            </div>
          </div>
        )}
      </details>
    </li>
  );
}
