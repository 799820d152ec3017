import { toHex } from '../base/bytes.ts';
import type { PerRole, Role } from '../base/role.ts';
import type { Channel } from '../channel/state.ts';

/** Node ids of a channel's other parties, hexadecimal, as far as they are known. */
export type PeerIds = { readonly [R in Role]?: string };

/** Who dials whom: the consumer both others, the producer the utility. */
export const DIALS: { readonly [R in Role]: readonly Role[] } = {
  consumer: ['producer', 'utility'],
  producer: ['utility'],
  utility: [],
};

export function mapRoles<T>(make: (role: Role) => T): PerRole<T> {
  return { consumer: make('consumer'), producer: make('producer'), utility: make('utility') };
}

/** Whether nothing is at stake in it yet. */
export function isOpening(channel: Channel): boolean {
  return !('identity' in channel) && channel.type !== 'aborted';
}

export function isOver(channel: Channel): boolean {
  return channel.type === 'closed' || channel.type === 'aborted';
}

/** The others' node ids, as far as a state says them. */
export function peersOf(channel: Channel): PeerIds {
  const ids = nodeIdsOf(channel);
  if (ids === undefined) return {};
  const { [channel.role]: _own, ...others } = ids;
  return others;
}

/** Everyone's node id, hexadecimal, once a state says them. */
export function nodeIdsOf(channel: Channel): { [R in Role]: string } | undefined {
  if ('identity' in channel) return mapRoles((role) => toHex(channel.identity.nodeIds[role]));
  const proposal =
    'proposal' in channel
      ? channel.proposal
      : 'agreement' in channel
        ? channel.agreement.proposal
        : undefined;
  if (proposal === undefined) return undefined;
  return {
    consumer: toHex(proposal.consumer.nodeId),
    producer: toHex(proposal.producerNodeId),
    utility: toHex(proposal.utilityNodeId),
  };
}
