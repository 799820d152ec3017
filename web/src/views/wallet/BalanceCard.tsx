import { msats } from '../../text/voice.ts';
import { Amount } from '../../ui/Amount.tsx';
import { Card } from '../../ui/Card.tsx';
import { SplitBar } from '../../ui/SplitBar.tsx';
import type { ViewProps } from '../table.ts';
import { type BalancePart, balanceShown, type PartName } from './model/balanceParts.ts';

const PART_TEXT: Readonly<Record<PartName, string>> = {
  spendable: 'ready to spend',
  arriving: 'on its way to you, in no block yet',
  reserved: 'set aside, see Coins',
  immature: 'freshly mined, too young to spend',
  channels: 'yours in channels, by their newest state',
  inFlight: 'in flight in channels: goes to one side when its delivery is decided',
  watched: 'at scripts that are only watched',
};

/** What a party has, on the chain and in channels, and what that consists of. */
export function BalanceCard({ node }: ViewProps) {
  const { value: balance } = node.balance;
  if (balance === null)
    return (
      <Card title="Balance" wide>
        <p class="hint">Asking the node …</p>
      </Card>
    );
  const { totalMsat, onChainSat, channelsMsat, parts, beside } = balanceShown(balance);
  return (
    <Card title="Balance" wide>
      <div class="balance">
        <div>
          <p class="balance-total" data-figure="total">
            <Amount msat={totalMsat} />
          </p>
          <dl class="balance-places">
            <div class="stat">
              <dt>On the chain</dt>
              <dd data-figure="onChain">
                <Amount sat={onChainSat} />
              </dd>
            </div>
            <div class="stat">
              <dt>In channels</dt>
              <dd data-figure="channels">
                <Amount msat={channelsMsat} />
              </dd>
            </div>
          </dl>
        </div>
        {totalMsat === 0n ? (
          <p class="hint">Nothing yet. Make an address under ‘Receive’ and have it paid.</p>
        ) : (
          <div>
            <SplitBar
              label="What it consists of"
              textOf={({ key, amount }) => `${msats(amount)} ${PART_TEXT[key]}`}
              parts={parts.map(({ name, msat }) => ({ key: name, amount: msat }))}
            />
            <ul class="parts">
              {parts.map((part) => (
                <Part key={part.name} {...part} />
              ))}
              {beside.map((part) => (
                <Part key={part.name} {...part} beside />
              ))}
            </ul>
          </div>
        )}
      </div>
    </Card>
  );
}

function Part({ name, msat, beside = false }: BalancePart & { readonly beside?: boolean }) {
  return (
    <li data-figure={name}>
      <span class={`swatch part-${name}`} aria-hidden="true" />
      <span>
        <Amount msat={msat} /> {beside && 'besides '}
        {PART_TEXT[name]}
      </span>
    </li>
  );
}
