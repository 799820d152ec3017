import { Option } from 'commander';
import type { Verb } from '../session.ts';

interface Options {
  readonly label?: string;
  readonly scheme?: 'bip84' | 'bip86';
}

/** `address`: an address to be paid at. */
export const addressVerb: Verb = (program, cli) => {
  const command = program
    .command('address')
    .description('an address that was never given out')
    .option('--label <text>', 'a note for yourself')
    .addOption(
      new Option('--scheme <scheme>', 'kind of address').choices(['bip84', 'bip86']).default('bip86'),
    );
  cli.action(command, async ({ output, daemon }, { label, scheme }: Options) => {
    const made = await (await daemon()).call('newAddress', {
      ...(scheme === undefined ? {} : { scheme }),
      ...(label === undefined ? {} : { label }),
    });
    output.result(made, ({ address }) => [address]);
  });
};
