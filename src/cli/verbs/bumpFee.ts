import { sats } from '../output/units.ts';
import { parsed } from '../parse/argument.ts';
import { parseFeeRate } from '../parse/quantity.ts';
import { confirm } from '../prompt.ts';
import type { Verb } from '../session.ts';
import { newRequestId } from './options.ts';

/** `bump-fee`: replaces a pending payment by one with a higher fee. */
export const bumpFeeVerb: Verb = (program, cli) => {
  const command = program
    .command('bump-fee')
    .description('replace a pending payment by one with a higher fee')
    .argument('<txid>', 'the payment')
    .argument('<rate>', 'sat/vB', parsed('rate', parseFeeRate))
    .option('--yes', 'without a question', false);
  cli.action(
    command,
    async ({ io, output, daemon }, txid: string, rate: bigint, { yes }: { readonly yes: boolean }) => {
      const node = await daemon();
      await confirm(io, [`replace ${txid} at ${Number(rate) / 1000} sat/vB`], 'Replace?', yes);
      const sent = await node.call('bumpFee', {
        txid,
        feeRateSatPerKvB: String(rate),
        requestId: newRequestId(),
      });
      output.result(sent, (made) => [`replaced by transaction ${made.txid}, fee ${sats(made.feeSat)}`]);
    },
  );
};
