import { Card } from '../../ui/Card.tsx';
import type { ViewProps } from '../table.ts';

export function TradeView({ node }: ViewProps) {
  return (
    <Card title="Trade">
      <p>
        The {node.role} is at block {node.info.value?.height ?? '…'}.
      </p>
    </Card>
  );
}
