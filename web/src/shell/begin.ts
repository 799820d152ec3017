import { type Signal, signal } from '@preact/signals';
import { ROLES } from '../../../src/base/role.ts';
import { beginLaboratory, stage } from '../lab/laboratory.ts';
import { NodeModel } from '../nodes/node.ts';
import { nodes } from '../nodes/nodes.ts';
import { askSession } from '../session.ts';
import { chooseRole } from './role.ts';

/** How far the page is. */
export const beginning: Signal<'asking' | 'ready' | 'ended' | 'unreachable'> = signal('asking');

const RETRY_MS = 1000;

/** Whether the page's server answers, as far as the page had a reason to ask. */
export const server: Signal<'up' | 'down'> = signal('up');

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
      void lookAfter(session.laboratory !== null);
      return;
    }
    beginning.value = answer.type;
    if (answer.type === 'ended') return;
    await pause();
  }
}

/** While something does not answer, asks whether the page's server does, and whether it still knows this browser. */
async function lookAfter(hasLaboratory: boolean): Promise<void> {
  const isTroubled = () =>
    nodes.value.some(({ link }) => link.value !== 'up') || (hasLaboratory && stage.value === null);
  for (;;) {
    await pause();
    if (server.value === 'up' && !isTroubled()) continue;
    const { type } = await askSession();
    if (type === 'ended') {
      beginning.value = 'ended';
      return;
    }
    server.value = type === 'unreachable' ? 'down' : 'up';
  }
}

function pause(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, RETRY_MS));
}
