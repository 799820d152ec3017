import { Card } from '../../ui/Card.tsx';
import type { ViewProps } from '../table.ts';

export function LaboratoryView({ node }: ViewProps) {
  return (
    <Card title="Laboratory">
      <p>
        The {node.role} is at block {node.info.value?.height ?? '…'}.
      </p>
    </Card>
  );
}
