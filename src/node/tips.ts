import { type Block, type BlockRef, type Chain, ChainError } from '../chain/port.ts';
import type { Wallet } from '../wallet/wallet.ts';
import type { ChannelDriver } from './driver.ts';

/** What leads from one block to another: blocks to undo, the highest first, then blocks to take in. */
interface Way {
  readonly back: readonly Block[];
  readonly ahead: readonly Block[];
}

/**
 * Brings a stored wallet to the block from which its node follows the chain: a process that died while it took in a
 * block, or took one back, has the one written and not the other. A wallet without a tip begins there. Throws
 * `ChainError`.
 */
export async function walletTo(
  wallet: Pick<Wallet, 'connectBlock' | 'disconnectBlock'>,
  tip: BlockRef | null,
  position: BlockRef,
  chain: Chain,
): Promise<void> {
  if (tip === null) return wallet.connectBlock(await blockAt(chain, position));
  const { back, ahead } = await wayBetween(tip, position, chain);
  for (const block of back) await wallet.disconnectBlock(block);
  for (const block of ahead) await wallet.connectBlock(block);
}

/**
 * Brings a channel's monitor to `position`, the same for a monitor. One that is ahead of it on the best chain stays:
 * what it is told again changes nothing, and undoing what stands would look like a reorganisation. Throws `ChainError`.
 */
export async function monitorTo(
  driver: Pick<ChannelDriver, 'monitor' | 'knowledge' | 'halted' | 'handle'>,
  position: BlockRef,
  chain: Chain,
): Promise<void> {
  const tip = driver.monitor?.tip;
  if (tip === undefined || tip.hash === position.hash) return;
  // what is over, or broken, does not follow the chain any more
  if (driver.halted !== undefined || driver.knowledge() === undefined) return;
  if (tip.height > position.height && (await chain.blockHash(tip.height)) === tip.hash) return;
  const { back, ahead } = await wayBetween(tip, position, chain);
  for (const block of back) await driver.handle({ type: 'blockDisconnected', block });
  for (const block of ahead) await driver.handle({ type: 'blockConnected', block });
}

async function wayBetween(from: BlockRef, to: BlockRef, chain: Chain): Promise<Way> {
  let [here, target] = [from, to];
  const [back, ahead]: [Block[], Block[]] = [[], []];
  while (here.hash !== target.hash) {
    const goesBack = here.height >= target.height;
    const block = await blockAt(chain, goesBack ? here : target);
    const below = { height: block.height - 1, hash: block.previousHash };
    if (goesBack) {
      back.push(block);
      here = below;
    } else {
      ahead.unshift(block);
      target = below;
    }
  }
  return { back, ahead };
}

async function blockAt(chain: Chain, { height, hash }: BlockRef): Promise<Block> {
  const block = await chain.block(hash);
  if (block !== undefined) return block;
  throw new ChainError('badAnswer', `the node does not have block ${height} ${hash}`);
}
