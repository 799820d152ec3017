import { Card } from '../../ui/Card.tsx';
import type { ViewProps } from '../table.ts';

export function ChannelView({ node }: ViewProps) {
  return (
    <Card title="Channel">
      <p>
        The {node.role} is at block {node.info.value?.height ?? '…'}.
      </p>
    </Card>
  );
}
