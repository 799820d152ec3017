import { Card } from '../../ui/Card.tsx';
import type { ViewProps } from '../table.ts';

export function ChainView({ node }: ViewProps) {
  return (
    <Card title="Chain">
      <p>
        The {node.role} is at block {node.info.value?.height ?? '…'}.
      </p>
    </Card>
  );
}
