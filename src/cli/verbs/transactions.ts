import { sats, shortId } from '../output/units.ts';
import { allRows } from '../rows.ts';
import type { Verb } from '../session.ts';

/** `transactions`: what moved the wallet's coins. */
export const transactionsVerb: Verb = (program, cli) => {
  const command = program.command('transactions').description("what moved the wallet's coins, oldest first");
  cli.action(command, async ({ output, daemon }) => {
    const node = await daemon();
    const transactions = await allRows(async (after) => {
      const answer = await node.call('listTransactions', after);
      return { rows: answer.transactions, next: answer.next };
    });
    output.result({ transactions }, () =>
      transactions.length === 0
        ? ['no transactions yet']
        : output.table(
            [
              { title: 'TRANSACTION', least: 12 },
              { title: 'BLOCK', align: 'right' },
              { title: 'RECEIVED', align: 'right' },
              { title: 'SENT', align: 'right' },
              { title: 'FEE', align: 'right', optional: true },
              { title: 'STATUS' },
              { title: 'LABEL', least: 5, optional: true },
            ],
            transactions.map((each) => [
              shortId(each.txid),
              each.height === null ? '' : String(each.height),
              sats(each.receivedSat),
              sats(each.sentSat),
              each.feeSat === null ? '' : sats(each.feeSat),
              each.status,
              each.label ?? '',
            ]),
          ),
    );
  });
};
