import { Card } from '../../ui/Card.tsx';
import type { ViewProps } from '../table.ts';

export function UtilityView({ node }: ViewProps) {
  return (
    <Card title="Utility">
      <p>
        The {node.role} is at block {node.info.value?.height ?? '…'}.
      </p>
    </Card>
  );
}
