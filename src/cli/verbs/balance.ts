import { facts } from '../output/table.ts';
import { msats, sats } from '../output/units.ts';
import type { Verb } from '../session.ts';

/** `balance`: coins on the chain, and what is in channels. */
export const balanceVerb: Verb = (program, cli) => {
  const command = program.command('balance').description('coins on the chain, and what is in channels');
  cli.action(command, async ({ output, daemon }) => {
    const balance = await (await daemon()).call('getBalance', {});
    output.result(balance, ({ wallet, channels }) =>
      facts([
        ['spendable', sats(wallet.spendableSat)],
        ['confirmed', sats(wallet.confirmedSat)],
        ['set aside', sats(wallet.reservedSat)],
        ['arriving', sats(wallet.pendingInSat)],
        ['leaving', sats(wallet.pendingOutSat)],
        ['immature', sats(wallet.immatureSat)],
        ['in channels', `${msats(channels.ownMsat)}, and ${msats(channels.inFlightMsat)} in flight`],
      ]),
    );
  });
};
