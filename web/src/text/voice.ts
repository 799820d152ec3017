import { counterpartyOf, type Role, type Trader } from '../../../src/base/role.ts';
import { msatText, satText } from './amounts.ts';

/** How the parties are called: the one in view is “you”, unless all are called by their names. */
export class Voice {
  /** Whose node tells it. */
  readonly role: Role;
  readonly #you: boolean;

  constructor(role: Role, style: 'you' | 'names' = 'you') {
    this.role = role;
    this.#you = style === 'you';
  }

  /** `you`, `the producer`. */
  the(role: Role): string {
    return this.#you && role === this.role ? 'you' : `the ${role}`;
  }

  /** At the beginning of a sentence. */
  The(role: Role): string {
    return capital(this.the(role));
  }

  /** `your`, `the producer’s`. */
  its(role: Role): string {
    return this.#you && role === this.role ? 'your' : `the ${role}’s`;
  }

  Its(role: Role): string {
    return capital(this.its(role));
  }

  /** The party in view. */
  me(): string {
    return this.the(this.role);
  }

  my(): string {
    return this.its(this.role);
  }
}

export function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** The other trader. */
export function other(trader: Trader): Trader {
  return counterpartyOf(trader);
}

export function sats(sat: bigint | string): string {
  return `${satText(sat)}\u202fsat`;
}

export function msats(msat: bigint | string): string {
  return `${msatText(msat)}\u202fsat`;
}

/** The first digits of a transaction id. */
export function shortId(id: string): string {
  return `${id.slice(0, 8)}…`;
}

export function blocks(count: number): string {
  return count === 1 ? '1 block' : `${count} blocks`;
}

export function unitsText(count: number): string {
  return count === 1 ? '1 unit' : `${count} units`;
}
