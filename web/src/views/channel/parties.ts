import type { Role } from '../../../../src/base/role.ts';
import type { MethodResult } from '../../../../src/client/index.ts';

type Peer = MethodResult<'listPeers'>['peers'][number];

/** A node of this page, as it names itself. */
export interface PageNode {
  readonly role: Role;
  readonly nodeId: string;
  /** `host:port`, where peers reach it. */
  readonly address: string | null;
}

/** A node that a channel can be opened with. */
export interface KnownParty {
  /** `nodeId@host:port`, or the bare id where it is connected and its address is not known. */
  readonly uri: string;
  /** What it is in this page, where it is one of its nodes. */
  readonly role: Role | null;
  readonly connected: boolean;
}

/**
 * The nodes that can be asked to be the producer or the utility: those of this page with that role first, then peers
 * that are no node of this page. One that is neither connected nor has an address is left out.
 */
export function knownParties(
  role: Role,
  peers: readonly Peer[],
  pageNodes: readonly PageNode[],
): readonly KnownParty[] {
  const known = (nodeId: string, address: string | null, of: Role | null): readonly KnownParty[] => {
    const peer = peers.find((each) => each.nodeId === nodeId);
    const connected = peer?.connected === true;
    const where = address ?? peer?.addresses[0] ?? null;
    if (where === null && !connected) return [];
    return [{ uri: where === null ? nodeId : `${nodeId}@${where}`, role: of, connected }];
  };
  const strangers = peers.filter((peer) => !pageNodes.some(({ nodeId }) => nodeId === peer.nodeId));
  return [
    ...pageNodes
      .filter((each) => each.role === role)
      .flatMap(({ nodeId, address }) => known(nodeId, address, role)),
    ...strangers.flatMap(({ nodeId }) => known(nodeId, null, null)),
  ];
}

/** A node's address, shortened to what a person can tell apart: `02ab34cd…@127.0.0.1:9735`. */
export function shortUri(uri: string): string {
  const [nodeId = '', ...address] = uri.split('@');
  return [`${nodeId.slice(0, 8)}…`, ...address].join('@');
}
