import { computed, type ReadonlySignal, type Signal, signal } from '@preact/signals';
import type { Role } from '../../../src/base/role.ts';
import type { NodeModel } from '../nodes/node.ts';
import { nodes } from '../nodes/nodes.ts';

/** The party in view; `all`: the three side by side, where the screen is wide enough. */
export const roleInView: Signal<Role | 'all'> = signal('consumer');

/** Screens on which three parties fit side by side. */
export const WIDE = '(min-width: 1200px)';

export function chooseRole(role: Role | 'all'): void {
  roleInView.value = role;
}

/** The nodes to show. */
export const nodesInView: ReadonlySignal<readonly NodeModel[]> = computed(() =>
  nodes.value.filter(({ role }) => roleInView.value === 'all' || role === roleInView.value),
);
