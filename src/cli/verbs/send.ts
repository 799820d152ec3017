import type { Sat } from '../../base/amount.ts';
import { ok, type Result } from '../../base/result.ts';
import { sats } from '../output/units.ts';
import { parseSat } from '../parse/amount.ts';
import { parsed } from '../parse/argument.ts';
import { parseFeeRate } from '../parse/quantity.ts';
import { confirm } from '../prompt.ts';
import type { Verb } from '../session.ts';
import { feeRateOption, newRequestId } from './options.ts';

interface Options {
  readonly feeRate?: bigint;
  readonly subtractFee: boolean;
  readonly label?: string;
  readonly requestId?: string;
  readonly yes: boolean;
}

/** `send`: pays from the wallet, on the chain. */
export const sendVerb: Verb = (program, cli) => {
  const command = program
    .command('send')
    .description('pay to an address on the chain')
    .argument('<address>', 'of this network')
    .argument('<amount>', "satoshi, or 'all'", parsed('amount', amountOf))
    .addOption(feeRateOption().argParser(parsed('--fee-rate', parseFeeRate)))
    .option('--subtract-fee', 'the recipient gets the amount less the fee', false)
    .option('--label <text>', 'a note for yourself')
    .option('--request-id <id>', 'a name of your own: the same one again pays nothing twice')
    .option('--yes', 'without a question', false);
  cli.action(command, async ({ io, output, daemon }, to: string, amount: Sat | 'all', options: Options) => {
    const node = await daemon();
    const { wallet } = await node.call('getBalance', {});
    const rate = options.feeRate ?? BigInt((await node.call('estimateFee', {})).feeRateSatPerKvB);
    const what = [
      `pay         ${amount === 'all' ? `everything, ${sats(wallet.spendableSat)} less the fee` : sats(amount)}`,
      `to          ${to}`,
      `fee rate    ${Number(rate) / 1000} sat/vB${options.subtractFee ? ', taken from the amount' : ''}`,
      `spendable   ${sats(wallet.spendableSat)}`,
    ];
    await confirm(io, what, 'Pay?', options.yes);
    const sent = await node.call('sendCoins', {
      address: to,
      amountSat: String(amount),
      feeRateSatPerKvB: String(rate),
      ...(options.subtractFee ? { subtractFee: true } : {}),
      ...(options.label === undefined ? {} : { label: options.label }),
      requestId: options.requestId ?? newRequestId(),
    });
    output.result(sent, ({ txid, feeSat }) => [`sent in transaction ${txid}, fee ${sats(feeSat)}`]);
  });
};

function amountOf(text: string): Result<Sat | 'all', string> {
  return text === 'all' ? ok(text) : parseSat(text);
}
