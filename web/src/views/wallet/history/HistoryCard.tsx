import { useSignal } from '@preact/signals';
import { Button } from '../../../ui/Button.tsx';
import { Card } from '../../../ui/Card.tsx';
import { Failure } from '../../../ui/Notice.tsx';
import type { ViewProps } from '../../table.ts';
import type { WalletTx } from '../model/history.ts';
import { useLatest } from '../useLatest.ts';
import { BumpDialog } from './BumpDialog.tsx';
import { HistoryRow } from './HistoryRow.tsx';

const PAGE = 10;

/** Every transaction that moved the wallet's coins, newest first. */
export function HistoryCard({ node }: ViewProps) {
  const after = useSignal(0);
  const bumping = useSignal<WalletTx | null>(null);
  const { value: from } = after;
  const { value: version } = node.walletVersion;
  const { value: page, problem } = useLatest(
    () => node.call('listTransactions', { newestFirst: true, after: from, limit: PAGE }),
    [node, from, version],
  );
  return (
    <Card title="History" wide>
      <Failure problem={page === null ? problem : null} />
      {page?.transactions.length === 0 && (
        <p class="hint">{from === 0 ? 'No payment yet, in or out.' : 'Nothing older.'}</p>
      )}
      <ul class="rows" data-list="history">
        {page?.transactions.map((tx) => (
          <HistoryRow
            key={tx.txid}
            node={node}
            tx={tx}
            onBump={() => {
              bumping.value = tx;
            }}
          />
        ))}
      </ul>
      {page !== null && (from > 0 || page.next !== null) && (
        <nav class="buttons pager" aria-label={`Pages of the ${node.role}’s history`}>
          <Button
            disabled={from === 0}
            onClick={() => {
              after.value = Math.max(0, from - PAGE);
            }}
          >
            Newer
          </Button>
          <span class="hint">
            {from + 1} to {from + page.transactions.length}
          </span>
          <Button
            disabled={page.next === null}
            onClick={() => {
              after.value = page.next ?? from;
            }}
          >
            Older
          </Button>
        </nav>
      )}
      <BumpDialog
        node={node}
        tx={bumping.value}
        onClose={() => {
          bumping.value = null;
        }}
      />
    </Card>
  );
}
