import { type BlockRef, type Chain, ChainError } from '../chain/port.ts';
import { connectBlock, disconnectBlock } from './coins.ts';
import type { WalletState } from './state.ts';

/** Where the state lives that is brought up to date. */
export interface StateHolder {
  state(): WalletState;
  change(next: WalletState): Promise<void>;
}

/**
 * Brings the state to the chain's tip: undoes blocks that left the best chain, then connects what follows, one
 * block at a time. Where the holder's state moves meanwhile (another follower), it goes on from there. A state
 * without a tip starts at `fromHeight`.
 *
 * Rejects with `ChainError`: the node's own, or `badAnswer` for a block that the node does not have.
 */
export async function syncWithChain(
  chain: Chain,
  holder: StateHolder,
  fromHeight: number,
): Promise<BlockRef> {
  for (;;) {
    const { tip } = holder.state();
    const move = await nextMove(chain, tip, fromHeight);
    // somebody else connected or disconnected a block while the chain was asked
    if (holder.state().tip?.hash !== tip?.hash) continue;
    if (move.type === 'done') return move.tip;
    if (move.type === 'again') continue;
    const state = holder.state();
    const next =
      move.type === 'connect' ? connectBlock(state, move.block) : disconnectBlock(state, move.block);
    await holder.change(next);
  }
}

type Move =
  | {
      readonly type: 'connect' | 'disconnect';
      readonly block: NonNullable<Awaited<ReturnType<Chain['block']>>>;
    }
  | { readonly type: 'done'; readonly tip: BlockRef }
  | { readonly type: 'again' };

async function nextMove(chain: Chain, tip: BlockRef | null, fromHeight: number): Promise<Move> {
  if (tip !== null && (await chain.blockHash(tip.height)) !== tip.hash)
    return { type: 'disconnect', block: await blockOf(chain, tip) };
  const height = tip === null ? fromHeight : tip.height + 1;
  const hash = await chain.blockHash(height);
  if (hash === undefined) return { type: 'done', tip: tip ?? (await chain.tip()) };
  const block = await blockOf(chain, { height, hash });
  const follows = tip === null || block.previousHash === tip.hash;
  return follows ? { type: 'connect', block } : { type: 'again' };
}

async function blockOf(chain: Chain, { height, hash }: BlockRef) {
  const block = await chain.block(hash);
  if (block === undefined)
    throw new ChainError('badAnswer', `the node does not have block ${height} ${hash}`);
  return block;
}
