import type { Chain } from '../chain/port.ts';
import type { Channel } from '../channel/state.ts';
import { type ChannelTraces, type ChannelTx, channelTxs, type SeenTx } from '../penalty/history.ts';
import type { Knowledge } from '../penalty/knowledge.ts';
import type { Monitor } from '../penalty/monitor.ts';
import { commitmentNumberOf } from '../tx/commitment.ts';
import { type OutPoint, outpointKey, type Tx, type Txid, txid } from '../tx/transaction.ts';
import { ownerOf } from '../wallet/lookahead.ts';
import type { WalletState } from '../wallet/state.ts';

/** What is known of a channel that has, or had, a funding transaction. */
export interface ChannelOnChain {
  readonly state: Channel;
  readonly monitor: Monitor | null;
  readonly knowledge: Knowledge | undefined;
}

/** A channel's transactions, and those that are known by their id alone: their block was pruned. */
export interface ChannelTxsFound {
  readonly transactions: readonly ChannelTx[];
  readonly missing: readonly { readonly txid: Txid; readonly height: number }[];
}

type Found = Pick<ChannelTraces, 'funding' | 'spend' | 'takers'> & Pick<ChannelTxsFound, 'missing'>;

/**
 * Every transaction of a channel, in blocks, in the mempool or sent: read from the Bitcoin node, where it has them, else from
 * what this node stored. Rejects with `ChainError`.
 */
export async function channelTransactions(
  { state, monitor, knowledge }: ChannelOnChain,
  chain: Chain,
  wallet: WalletState,
): Promise<ChannelTxsFound> {
  if (knowledge === undefined || !('identity' in state)) return { transactions: [], missing: [] };
  const { missing, ...found } = await new Search(chain, wallet).all(state, monitor, knowledge);
  const transactions = channelTxs({
    ...found,
    knowledge,
    payout: state.identity.payout,
    isOwn: (script) => ownerOf(wallet, script)?.type === 'wallet',
    ending: endingOf(state),
    spenders: new Map([
      ...Object.entries(wallet.transactions).flatMap(([id, { tx }]) =>
        tx.inputs.map((input): [string, Txid] => [outpointKey(input), id]),
      ),
      ...(monitor?.taken ?? []).map((taken): [string, Txid] => [outpointKey(taken.outpoint), taken.txid]),
    ]),
  });
  return { transactions, missing };
}

class Search {
  readonly #chain: Chain;
  readonly #wallet: WalletState;
  readonly #missing: { readonly txid: Txid; readonly height: number }[] = [];

  constructor(chain: Chain, wallet: WalletState) {
    this.#chain = chain;
    this.#wallet = wallet;
  }

  async all(state: Channel, monitor: Monitor | null, knowledge: Knowledge): Promise<Found> {
    const { funding: point } = knowledge.contract;
    const confirmedAt = monitor?.confirmedAt ?? null;
    const funding = await this.#find(point.txid, confirmedAt, sentFunding(state, monitor));
    const spend = await this.#spend(state, monitor, point);
    const takers = spend === undefined ? [] : await this.#takers(spend, monitor, knowledge);
    return { funding, spend, takers, missing: this.#missing };
  }

  async #spend(state: Channel, monitor: Monitor | null, funding: OutPoint): Promise<SeenTx | undefined> {
    const confirmed = monitor?.spend ?? null;
    if (confirmed !== null) return this.#find(confirmed.txid, confirmed.height, confirmed.tx);
    const [waiting] = await this.#chain.mempoolSpenders([funding]);
    const candidate = candidateOf(state);
    if (waiting !== undefined) return this.#find(waiting, null, undefined);
    return candidate === undefined ? undefined : this.#find(txid(candidate), null, candidate);
  }

  /** What takes the outputs of a commitment; what a close pays is its parties' own. */
  async #takers(spend: SeenTx, monitor: Monitor | null, knowledge: Knowledge): Promise<readonly SeenTx[]> {
    if (commitmentNumberOf(knowledge.contract, spend.tx) === undefined) return [];
    const taken = (monitor?.taken ?? []).filter(({ outpoint }) => outpoint.txid === spend.txid);
    const heights = new Map<Txid, number | null>(taken.map(({ txid: id, height }) => [id, height]));
    const open = spend.tx.outputs
      .map((_, vout) => ({ txid: spend.txid, vout }))
      .filter(({ vout }) => !taken.some(({ outpoint }) => outpoint.vout === vout));
    for (const id of await this.#chain.mempoolSpenders(open))
      if (id !== undefined && !heights.has(id)) heights.set(id, null);
    const found = await Promise.all([...heights].map(([id, height]) => this.#find(id, height, undefined)));
    return found.filter((each) => each !== undefined);
  }

  /** In its block, in the mempool, or as this node has it. */
  async #find(id: Txid, height: number | null, stored: Tx | undefined): Promise<SeenTx | undefined> {
    const kept = stored ?? this.#wallet.transactions[id]?.tx;
    const hash = height === null ? undefined : await this.#chain.blockHash(height);
    const found = await this.#chain.transaction(id, hash);
    if (found !== undefined) {
      const standing = hash === undefined ? 'mempool' : 'confirmed';
      return { txid: id, ...found, standing, height: hash === undefined ? null : height };
    }
    if (kept !== undefined)
      return { txid: id, tx: kept, feeSat: null, height, standing: height === null ? 'sent' : 'confirmed' };
    if (height !== null) this.#missing.push({ txid: id, height });
    return undefined;
  }
}

function sentFunding(state: Channel, monitor: Monitor | null): Tx | undefined {
  const sent = state.type === 'awaitingFunding' ? state.fundingTx : null;
  return sent ?? monitor?.undoneFunding ?? undefined;
}

/** The newest of what this node sent to spend the funding output. */
function candidateOf(state: Channel): Tx | undefined {
  if (state.type === 'negotiatingClose') return state.signed.at(-1);
  return state.type === 'settling' ? state.candidates.at(-1)?.tx : undefined;
}

/** How a channel ended that no longer keeps what its end could be told by. */
function endingOf(state: Channel): ChannelTraces['ending'] {
  if (state.type !== 'closed') return null;
  const { why } = state;
  switch (why.code) {
    case 'closed':
      return 'close';
    case 'verdict':
    case 'arbitrationRequested':
      return 'arbitrated';
    case 'spent':
      return why.spend === 'close' || why.spend === 'arbitrated' || why.spend === 'revoked'
        ? why.spend
        : null;
    default:
      return null;
  }
}
