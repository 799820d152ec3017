import { useState } from 'preact/hooks';
import type { NodeModel } from '../../nodes/node.ts';
import { useAnswer } from '../../nodes/useAnswer.ts';
import { Card } from '../../ui/Card.tsx';
import { Failure, Notice } from '../../ui/Notice.tsx';
import { channelName } from '../channel/channelName.ts';
import type { ViewProps } from '../table.ts';
import './chain.css';
import { Blocks } from './Blocks.tsx';
import { GraphView } from './GraphView.tsx';
import { TransactionCard } from './TransactionCard.tsx';

/** The transactions of the channel in view, and the blocks that they go into, as one node sees them. */
export function ChainView({ node }: ViewProps) {
  const { value: channel } = node.channelKey;
  const { value: info } = node.info;
  const version = `${node.channelVersion.value} ${info?.blockHash}`;
  const params = channel === null ? null : { channel };
  const { value, problem } = useAnswer(node, 'listChannelTransactions', params, version);
  const [chosen, setChosen] = useState<string | null>(null);
  const transactions = value?.transactions ?? [];
  const tip = info?.height ?? null;
  const shown = transactions.find(({ txid }) => txid === chosen) ?? transactions.at(-1);
  return (
    <>
      <Blocks node={node} transactions={transactions} />
      <Card title="Transactions of the channel" wide>
        <Which node={node} />
        {problem !== null && value === null && <Failure problem={problem} />}
        {value !== null && transactions.length === 0 && (
          <p class="hint">Nothing of it has reached the chain yet.</p>
        )}
        {transactions.length > 0 && (
          <GraphView
            transactions={transactions}
            tip={tip}
            chosen={shown?.txid ?? null}
            onChoose={setChosen}
          />
        )}
        {value?.missing.map(({ txid, height }) => (
          <Notice key={txid} tone="warn">
            <p>
              The Bitcoin node no longer has block {height} with transaction <code>{txid}</code> of this
              channel.
            </p>
          </Notice>
        ))}
      </Card>
      {shown !== undefined && (
        <TransactionCard
          key={shown.txid}
          transaction={shown}
          transactions={transactions}
          tip={tip}
          onChoose={setChosen}
        />
      )}
    </>
  );
}

function Which({ node }: { readonly node: NodeModel }) {
  const found = node.channels.value.find(({ channel }) => channel === node.channelKey.value);
  if (found === undefined)
    return <p class="hint">There is no channel yet. The consumer opens one in the channel view.</p>;
  return (
    <p class="hint">
      {channelName(found)}, as the {node.role}’s node sees it. Money moves from left to right; choose a box to
      have it told.
    </p>
  );
}
