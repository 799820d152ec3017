import { stage } from '../../lab/laboratory.ts';
import type { NodeModel } from '../../nodes/node.ts';
import { nodes } from '../../nodes/nodes.ts';
import type { PageNode } from './parties.ts';

/** Where peers reach a node of this page. */
export function addressOf({ role, info }: NodeModel): string | null {
  return stage.value?.parties[role].address ?? info.value?.addresses[0] ?? null;
}

/** The nodes of this page that have said who they are. */
export function pageNodes(): readonly PageNode[] {
  return nodes.value.flatMap((node) => {
    const nodeId = node.info.value?.nodeId ?? stage.value?.parties[node.role].nodeId;
    return nodeId === undefined ? [] : [{ role: node.role, nodeId, address: addressOf(node) }];
  });
}
