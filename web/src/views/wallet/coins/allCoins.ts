import type { MethodResult } from '../../../../../src/client/index.ts';
import type { NodeModel } from '../../../nodes/node.ts';

export type Coin = MethodResult<'listCoins'>['coins'][number];

const AT_ONCE = 1000;

/** Every unspent coin of a wallet. Rejects as `node.call` does. */
export async function allCoins(node: NodeModel): Promise<readonly Coin[]> {
  const found: Coin[] = [];
  for (let after: number | null = 0; after !== null; ) {
    const { coins, next }: MethodResult<'listCoins'> = await node.call('listCoins', {
      after,
      limit: AT_ONCE,
    });
    found.push(...coins);
    after = next;
  }
  return found;
}
