import { type Signal, signal } from '@preact/signals';
import { ROLES } from '../../../src/base/role.ts';
import { beginLaboratory } from '../lab/laboratory.ts';
import { NodeModel } from '../nodes/node.ts';
import { nodes } from '../nodes/nodes.ts';
import { askSession } from '../session.ts';
import { chooseRole } from './role.ts';

/** How far the page is. */
export const beginning: Signal<'asking' | 'ready' | 'ended' | 'unreachable'> = signal('asking');

const RETRY_MS = 1000;

/** Learns which nodes there are and connects to them. */
export async function begin(): Promise<void> {
  for (;;) {
    const answer = await askSession();
    if (answer.type === 'session') {
      const { session } = answer;
      nodes.value = session.nodes
        .toSorted((a, b) => ROLES.indexOf(a.role) - ROLES.indexOf(b.role))
        .map((access) => new NodeModel(access));
      for (const node of nodes.value) void node.begin();
      if (session.laboratory !== null) beginLaboratory(session.laboratory);
      chooseRole(nodes.value[0]?.role ?? 'consumer');
      beginning.value = 'ready';
      return;
    }
    beginning.value = answer.type;
    if (answer.type === 'ended') return;
    await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
  }
}
