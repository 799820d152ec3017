import type { Role } from '../../src/base/role.ts';

/** A node that this page may call. */
export interface NodeAccess {
  readonly role: Role;
  /** `ws://127.0.0.1:PORT/`. */
  readonly url: string;
  /** Kept in memory only. */
  readonly token: string;
}

export interface Session {
  readonly nodes: readonly NodeAccess[];
  /** The laboratory's WebSocket; null where there is none. */
  readonly laboratory: string | null;
}

/** `ended`: this browser has no session, or not any more; `unreachable`: the page's server does not answer. */
export type SessionAnswer =
  | { readonly type: 'session'; readonly session: Session }
  | { readonly type: 'ended' }
  | { readonly type: 'unreachable' };

/** Asks the page's server which nodes there are. */
export async function askSession(): Promise<SessionAnswer> {
  try {
    const answer = await fetch('/session', { cache: 'no-store', headers: { accept: 'application/json' } });
    if (answer.status === 401 || answer.status === 403) return { type: 'ended' };
    if (!answer.ok) return { type: 'unreachable' };
    return { type: 'session', session: (await answer.json()) as Session };
  } catch {
    return { type: 'unreachable' };
  }
}
