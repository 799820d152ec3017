import { Card } from '../../ui/Card.tsx';
import type { ViewProps } from '../table.ts';

export function WalletView({ node }: ViewProps) {
  return (
    <Card title="Wallet">
      <p>
        The {node.role} is at block {node.info.value?.height ?? '…'}.
      </p>
    </Card>
  );
}
