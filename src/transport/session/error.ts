import type { HandshakeError } from '../noise/handshake.ts';

/** What the peer did that ended a session. */
export type SessionError =
  | ({ readonly code: 'handshakeFailed' } & { readonly act: HandshakeError['act']; readonly why: string })
  /** Altered on the way, or not sealed by the peer. */
  | { readonly code: 'badRecord' }
  /** Something other than `init` came first. */
  | { readonly code: 'noInit'; readonly number: number | undefined }
  | { readonly code: 'secondInit' }
  | { readonly code: 'malformed'; readonly message: 'init' | 'ping'; readonly reason: string }
  | { readonly code: 'otherChain' }
  | { readonly code: 'unknownFeature'; readonly bit: number }
  /** Our own node id on both ends. */
  | { readonly code: 'ownNodeId' }
  /** More pings than a connection needs. */
  | { readonly code: 'pingFlood' };

/** One line for people: the code first. Nothing in it is the peer's own text. */
export function describeSessionError(error: SessionError): string {
  switch (error.code) {
    case 'handshakeFailed':
      return `handshakeFailed: act ${error.act}, ${error.why}`;
    case 'noInit':
      return `noInit: message ${error.number ?? 'without number'} came first`;
    case 'malformed':
      return `malformed: ${error.message}, ${error.reason}`;
    case 'unknownFeature':
      return `unknownFeature: bit ${error.bit}`;
    default:
      return error.code;
  }
}
