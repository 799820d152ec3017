import { type Chain, ChainError } from '../chain/port.ts';

/** The fee rate of claims and of commitments' children, satoshi per 1,000 virtual bytes. */
export class ClaimFees {
  readonly #chain: Chain;
  readonly #target: number;
  #last = 1000n;

  /** @param target blocks in which a claim shall confirm */
  constructor(chain: Chain, target: number) {
    this.#chain = chain;
    this.#target = target;
  }

  /** What the chain's node asked when it was asked last. */
  get last(): bigint {
    return this.#last;
  }

  /** What it asks now, or else what it asked last: a claim that pays a little too little is made again. */
  async rate(): Promise<bigint> {
    try {
      this.#last = await this.#chain.feeRate(this.#target);
    } catch (error) {
      if (!(error instanceof ChainError)) throw error;
    }
    return this.#last;
  }
}
