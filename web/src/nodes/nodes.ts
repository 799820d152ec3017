import { type Signal, signal } from '@preact/signals';
import type { Role } from '../../../src/base/role.ts';
import type { NodeModel } from './node.ts';

/** The nodes of this page, in the order consumer, producer, utility. */
export const nodes: Signal<readonly NodeModel[]> = signal([]);

export function nodeOf(role: Role): NodeModel | undefined {
  return nodes.value.find((node) => node.role === role);
}
