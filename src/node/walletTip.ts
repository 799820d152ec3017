import { type Block, type BlockRef, type Chain, ChainError } from '../chain/port.ts';
import type { Wallet } from '../wallet/wallet.ts';

/**
 * Brings a stored wallet to the block from which its node follows the chain: a process that died while it took in a
 * block, or took one back, has the one written and not the other. A wallet without a tip begins there. Throws
 * `ChainError`.
 */
export async function walletTo(
  wallet: Wallet,
  tip: BlockRef | null,
  position: BlockRef,
  chain: Chain,
): Promise<void> {
  let [here, target] = [tip, position];
  const ahead: Block[] = [];
  while (here !== null && here.hash !== target.hash) {
    if (here.height >= target.height) {
      const block = await blockAt(chain, here);
      await wallet.disconnectBlock(block);
      here = { height: block.height - 1, hash: block.previousHash };
    } else {
      const block = await blockAt(chain, target);
      ahead.unshift(block);
      target = { height: block.height - 1, hash: block.previousHash };
    }
  }
  if (here === null) ahead.push(await blockAt(chain, target));
  for (const block of ahead) await wallet.connectBlock(block);
}

async function blockAt(chain: Chain, { height, hash }: BlockRef): Promise<Block> {
  const block = await chain.block(hash);
  if (block !== undefined) return block;
  throw new ChainError('badAnswer', `the node does not have block ${height} ${hash}`);
}
