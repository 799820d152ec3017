import { ROLES } from '../../../../src/base/role.ts';
import type { ChannelDetail } from '../../nodes/node.ts';
import { Amount } from '../../ui/Amount.tsx';
import { Card } from '../../ui/Card.tsx';
import { Copy } from '../../ui/Copy.tsx';
import { SectionLink } from '../../ui/SectionLink.tsx';
import { SplitBar } from '../../ui/SplitBar.tsx';
import { TableFrame } from '../../ui/TableFrame.tsx';
import { type BarPart, contributed, lockName, owned, partText } from './balances.ts';

/** The 2-of-3 output: who put in what, and whose it is now. */
export function BalancesCard({ channel }: { readonly channel: ChannelDetail }) {
  const { contributions, balances, deliveries, capacityMsat } = channel;
  if (contributions === null || capacityMsat === null) return null;
  const names: Readonly<Record<BarPart, string>> = {
    consumer: 'consumer',
    consumerLock: `consumer’s ${lockName('consumer', deliveries)}`,
    producerLock: `producer’s ${lockName('producer', deliveries)}`,
    producer: 'producer',
    utility: 'utility',
  };
  return (
    <Card title="One output, three parties" wide>
      <div class="bars">
        <h3>{nowOf(channel)}</h3>
        {balances === null ? (
          <p class="hint">This node has not seen a state yet: everyone has what it put in.</p>
        ) : (
          <SplitBar parts={owned(balances, deliveries)} label={nowOf(channel)} textOf={partText(names)} />
        )}
        <h3>Put in</h3>
        <SplitBar parts={contributed(contributions)} label="Put in" textOf={partText(names)} />
      </div>
      <Amounts channel={channel} names={names} />
      <OutputFacts channel={channel} />
    </Card>
  );
}

/** What the balances are: those of a channel that ended are the last that were agreed on. */
function nowOf({ onChain, state }: Pick<ChannelDetail, 'onChain' | 'state'>): string {
  return state === 'closed' || (onChain?.spentBy ?? null) !== null ? 'Last state' : 'Now';
}

const LETTERS = { consumer: 'CwA', producer: 'CwB', utility: 'CwU' } as const;

function Amounts({
  channel,
  names,
}: {
  readonly channel: ChannelDetail;
  readonly names: Readonly<Record<BarPart, string>>;
}) {
  const { contributions, balances, deliveries, capacityMsat } = channel;
  if (contributions === null || capacityMsat === null) return null;
  const locked =
    balances === null
      ? []
      : owned(balances, deliveries).filter(({ key, amount }) => key.endsWith('Lock') && amount > 0n);
  return (
    <TableFrame label="Whose, put in and now" kind="amounts">
      <thead>
        <tr>
          <th scope="col">Whose</th>
          <th scope="col" class="number">
            Put in
          </th>
          <th scope="col" class="number">
            {nowOf(channel)}
          </th>
        </tr>
      </thead>
      <tbody>
        {ROLES.map((role) => (
          <tr key={role}>
            <th scope="row">
              <span class="named">
                <span class={`swatch part-${role}`} /> {role}
              </span>{' '}
              <span class="soft">{LETTERS[role]}</span>
            </th>
            <td class="number" data-figure={`putIn.${role}`}>
              <Amount msat={contributions[`${role}Msat`]} />
            </td>
            <td class="number" data-figure={`now.${role}`}>
              <Amount msat={(balances ?? contributions)[`${role}Msat`]} />
            </td>
          </tr>
        ))}
        {locked.map(({ key, amount }) => (
          <tr key={key}>
            <th scope="row">
              <span class={`swatch part-${key}`} /> {names[key]}
            </th>
            <td />
            <td class="number">
              <Amount msat={amount} />
            </td>
          </tr>
        ))}
      </tbody>
      <tfoot>
        <tr>
          <th scope="row">
            capacity <span class="soft">W</span>
          </th>
          <td class="number">
            <Amount msat={capacityMsat} />
          </td>
          <td class="number">
            <Amount msat={capacityMsat} />
          </td>
        </tr>
      </tfoot>
    </TableFrame>
  );
}

function OutputFacts({ channel }: { readonly channel: ChannelDetail }) {
  const { capacityMsat, params, funding, fundingSat, fundingDescriptor } = channel;
  if (capacityMsat === null || params === null || funding === null || fundingSat === null) return null;
  const outpoint = `${funding.txid}:${funding.vout}`;
  return (
    <>
      <p class="hint">
        On the chain this is one output of <Amount sat={fundingSat} />: W, and{' '}
        <Amount sat={BigInt(fundingSat) - BigInt(capacityMsat) / 1000n} /> that the consumer added for the fee
        of the end. Any two of the three keys spend it
        {params.arbitration === 'afterHeight'
          ? `; the utility’s key counts from block ${params.settlementHeight + 1} on.`
          : '; the utility’s key counts at any time, so it is trusted as a referee.'}{' '}
        <SectionLink section="10-who-can-take-what" />
      </p>
      <details>
        <summary>The output and its script</summary>
        <p class="outpoint">
          <code>{outpoint}</code>
          <Copy text={outpoint} what="the funding output" />
        </p>
        {fundingDescriptor !== null && (
          <p class="outpoint">
            <code>{fundingDescriptor}</code>
            <Copy text={fundingDescriptor} what="the descriptor of the funding output" />
          </p>
        )}
      </details>
    </>
  );
}
