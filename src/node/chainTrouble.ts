import type { FollowError } from '../chain/follow.ts';
import { ChainError } from '../chain/port.ts';

/** Tells of what keeps a node from following its chain and needs somebody's hands: each trouble once, until it is over. */
export class ChainTrouble {
  readonly #tell: (error: FollowError) => void;
  #told: string | undefined;

  constructor(tell: (error: FollowError) => void) {
    this.#tell = tell;
  }

  /** An attempt failed. */
  hear(error: FollowError): void {
    if (passesByItself(error) || error.message === this.#told) return;
    this.#told = error.message;
    this.#tell(error);
  }

  /** A block was taken in. */
  over(): void {
    this.#told = undefined;
  }
}

/** A node that is down, starts or catches up needs nothing of us. */
function passesByItself({ code, cause }: FollowError): boolean {
  return code === 'chainBehind' || (code === 'chainFailed' && cause instanceof ChainError && cause.retry);
}
