import type { MethodResult } from '../../rpc/methods.ts';
import { sats, shortId } from '../output/units.ts';
import { allRows } from '../rows.ts';
import type { Verb } from '../session.ts';

type Coin = MethodResult<'listCoins'>['coins'][number];

/** `coins`: unspent coins of the wallet. */
export const coinsVerb: Verb = (program, cli) => {
  const command = program.command('coins').description('unspent coins of the wallet');
  cli.action(command, async ({ output, daemon }) => {
    const node = await daemon();
    const coins = await allRows(async (after) => {
      const answer = await node.call('listCoins', after);
      return { rows: answer.coins, next: answer.next };
    });
    output.result({ coins }, () =>
      coins.length === 0
        ? ["no coins: 'wattlane address' gives an address to fund"]
        : output.table(
            [
              { title: 'COIN', least: 12 },
              { title: 'AMOUNT', align: 'right' },
              { title: 'DEPTH', align: 'right' },
              { title: 'STATUS' },
              { title: 'LABEL', least: 5, optional: true },
            ],
            coins.map((coin) => [
              `${shortId(coin.txid)}:${coin.vout}`,
              sats(coin.valueSat),
              String(coin.confirmations),
              statusOf(coin),
              coin.label ?? '',
            ]),
          ),
    );
  });
};

function statusOf({ status, reservedFor, watchOnly }: Coin): string {
  if (watchOnly) return `${status}, watched`;
  return reservedFor === null ? status : `${status}, set aside for ${reservedFor}`;
}
