import { route } from '../../shell/route.ts';
import type { ViewProps } from '../table.ts';
import { BalanceCard } from './BalanceCard.tsx';
import { CoinsCard } from './coins/CoinsCard.tsx';
import { DescriptorsCard } from './export/DescriptorsCard.tsx';
import { PreparePsbtCard } from './export/PreparePsbtCard.tsx';
import { SignPsbtCard } from './export/SignPsbtCard.tsx';
import { HistoryCard } from './history/HistoryCard.tsx';
import { BackupCard } from './keys/BackupCard.tsx';
import { RestoreCard } from './keys/RestoreCard.tsx';
import { SeedCard } from './keys/SeedCard.tsx';
import { ReceiveCard } from './ReceiveCard.tsx';
import { SendCard } from './send/SendCard.tsx';
import './wallet.css';

const PAGES = ['money', 'coins', 'seed', 'export'] as const;
type PageName = (typeof PAGES)[number];

const TITLES: Readonly<Record<PageName, string>> = {
  money: 'Money',
  coins: 'Coins',
  seed: 'Backup',
  export: 'Export',
};

/** The wallet of a party: what it has, and everything that one does with it. */
export function WalletView({ node }: ViewProps) {
  const [rest] = route.value.rest;
  const shown = PAGES.find((page) => page === rest) ?? 'money';
  return (
    <>
      <nav class="tabs" aria-label={`Wallet of the ${node.role}`}>
        {PAGES.map((page) => (
          <a
            key={page}
            href={page === 'money' ? '#/wallet' : `#/wallet/${page}`}
            aria-current={page === shown ? 'page' : undefined}
          >
            {TITLES[page]}
          </a>
        ))}
      </nav>
      {shown === 'money' && (
        <div class="wallet-cards">
          <BalanceCard node={node} />
          <SendCard node={node} />
          <ReceiveCard node={node} />
          <HistoryCard node={node} />
        </div>
      )}
      {shown === 'coins' && <CoinsCard node={node} />}
      {shown === 'seed' && (
        <div class="wallet-cards">
          <SeedCard node={node} />
          <div class="stack wallet-stack">
            <BackupCard node={node} />
            <RestoreCard node={node} />
          </div>
        </div>
      )}
      {shown === 'export' && (
        <div class="wallet-cards">
          <PreparePsbtCard node={node} />
          <div class="stack wallet-stack">
            <SignPsbtCard node={node} />
            <DescriptorsCard node={node} />
          </div>
        </div>
      )}
    </>
  );
}
