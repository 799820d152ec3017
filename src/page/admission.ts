import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';

/** Browsers that are let in at a time; the one that came first is forgotten for the next. */
const MOST_SESSIONS = 16;
const SECRET_BYTES = 32;

/**
 * Who may see the page: whoever came with the newest one-time token, from then on with the secret of a cookie. Only
 * digests are kept, and compared in constant time.
 */
export class Sessions {
  #token: Uint8Array | undefined;
  #sessions: Uint8Array[] = [];

  /** A token that lets one browser in, once. The one before is no longer good. */
  newToken(): string {
    const token = secret();
    this.#token = digest(token);
    return token;
  }

  /** The secret of a new session, if this is the token; then it is used up. */
  redeem(token: string): string | undefined {
    if (this.#token === undefined || !timingSafeEqual(this.#token, digest(token))) return undefined;
    this.#token = undefined;
    const session = secret();
    this.#sessions = [...this.#sessions, digest(session)].slice(-MOST_SESSIONS);
    return session;
  }

  has(session: string): boolean {
    const asked = digest(session);
    return this.#sessions.filter((each) => timingSafeEqual(each, asked)).length > 0;
  }
}

function secret(): string {
  return randomBytes(SECRET_BYTES).toString('base64url');
}

/** Of one length, whatever the text is. */
function digest(text: string): Uint8Array {
  return createHash('sha256').update(text).digest();
}
