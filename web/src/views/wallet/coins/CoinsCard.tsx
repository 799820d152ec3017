import { useSignal } from '@preact/signals';
import { Amount } from '../../../ui/Amount.tsx';
import { Button } from '../../../ui/Button.tsx';
import { Card } from '../../../ui/Card.tsx';
import { Copy } from '../../../ui/Copy.tsx';
import { Failure } from '../../../ui/Notice.tsx';
import type { ViewProps } from '../../table.ts';
import { LabelEdit } from '../LabelEdit.tsx';
import { purposeOf } from '../model/purposes.ts';
import { ReleaseButton } from '../ReleaseButton.tsx';
import { useLatest } from '../useLatest.ts';
import type { Coin } from './allCoins.ts';

const PAGE = 20;

const STATUS: Readonly<Record<Coin['status'], { readonly tone: string; readonly text: string }>> = {
  confirmed: { tone: 'good', text: 'in a block' },
  immature: { tone: 'warn', text: 'too young to spend' },
  change: { tone: 'plain', text: 'own change, in no block yet' },
  incoming: { tone: 'warn', text: 'in no block yet' },
};

/** What the wallet’s balance is made of: each output that it can spend, or will be able to. */
export function CoinsCard({ node }: ViewProps) {
  const after = useSignal(0);
  const { value: from } = after;
  const { value: version } = node.walletVersion;
  const { value: page, problem } = useLatest(
    () => node.call('listCoins', { after: from, limit: PAGE }),
    [node, from, version],
  );
  return (
    <Card title="Coins" wide>
      <p class="hint">
        A wallet holds single coins of different sizes. A payment melts some of them down, pays from that, and
        puts the change into a new one.
      </p>
      <Failure problem={page === null ? problem : null} />
      {page?.coins.length === 0 && <p class="hint">No coins.</p>}
      <ul class="rows" data-list="coins">
        {page?.coins.map((coin) => (
          <CoinRow key={`${coin.txid}:${coin.vout}`} node={node} coin={coin} />
        ))}
      </ul>
      {page !== null && (from > 0 || page.next !== null) && (
        <nav class="buttons pager" aria-label={`Pages of the ${node.role}’s coins`}>
          <Button
            disabled={from === 0}
            onClick={() => {
              after.value = Math.max(0, from - PAGE);
            }}
          >
            Back
          </Button>
          <span class="hint">
            {from + 1} to {from + page.coins.length}
          </span>
          <Button
            disabled={page.next === null}
            onClick={() => {
              after.value = page.next ?? from;
            }}
          >
            More
          </Button>
        </nav>
      )}
    </Card>
  );
}

function CoinRow({ node, coin }: ViewProps & { readonly coin: Coin }) {
  const isOpen = useSignal(false);
  const { txid, vout, address, status, reservedFor, label, watchOnly } = coin;
  const purpose = reservedFor === null ? null : purposeOf(reservedFor);
  return (
    <li data-coin={`${txid}:${vout}`}>
      <details
        class="row"
        onToggle={(event) => {
          isOpen.value = event.currentTarget.open;
        }}
      >
        <summary>
          <svg viewBox="0 0 24 24" width="22" height="22" aria-hidden="true">
            <path d="M12 4a8 8 0 1 0 0 16 8 8 0 0 0 0-16m-2.5 5h4a1.6 1.6 0 0 1 0 3.2h-4m0 0H14a1.6 1.6 0 0 1 0 3.2H9.5M10 7.5v9m3-9V9m0 6.4v1.1" />
          </svg>
          <span class="row-what">
            <span class="row-title">{label ?? shortened(address ?? txid)}</span>
            {purpose !== null && <span class="hint">set aside {purpose.text}</span>}
            {watchOnly && <span class="hint">only watched: not this wallet’s to spend</span>}
          </span>
          <span class="row-amount">
            <Amount sat={coin.valueSat} />
            <span class={`badge badge-${STATUS[status].tone}`}>{STATUS[status].text}</span>
          </span>
        </summary>
        {isOpen.value && (
          <div class="row-more">
            <dl class="facts">
              {address !== null && (
                <>
                  <dt>Address</dt>
                  <dd class="copied-text">
                    <code>{address}</code>
                    <Copy text={address} what="the address" />
                  </dd>
                </>
              )}
              <dt>Made by</dt>
              <dd class="copied-text">
                <code>
                  {txid}:{vout}
                </code>
                <Copy text={`${txid}:${vout}`} what="the coin’s name" />
              </dd>
              <dt>Confirmations</dt>
              <dd>{coin.confirmations}</dd>
            </dl>
            <div class="buttons">
              <LabelEdit node={node} target={{ txid, vout }} label={label} />
              {purpose?.releasable != null && <ReleaseButton node={node} purpose={purpose.releasable} />}
            </div>
          </div>
        )}
      </details>
    </li>
  );
}

const SHOWN = 10;

function shortened(text: string): string {
  return text.length <= 2 * SHOWN ? text : `${text.slice(0, SHOWN)}…${text.slice(-SHOWN)}`;
}
