import { fromHex } from '../../base/bytes.ts';
import { writeNew } from '../files.ts';
import { counted } from '../output/units.ts';
import type { Verb } from '../session.ts';

/** `backup`: the static channel backup, as a file. */
export const backupVerb: Verb = (program, cli) => {
  const command = program
    .command('backup')
    .description('write down the backup of all channels: sealed, of no use without the words of this node')
    .argument('<file>', 'must not exist')
    .option('--force', 'write over it', false);
  cli.action(command, async ({ output, daemon }, file: string, { force }: { readonly force: boolean }) => {
    const { backup, channels } = await (await daemon()).call('exportBackup', {});
    const bytes = fromHex(backup);
    await writeNew(file, bytes, force);
    output.result({ file, bytes: bytes.length, channels }, () => [
      `${file}: ${bytes.length} bytes, ${counted(channels.length, 'channel')}`,
      'Keep it and the words apart from this machine. Make a new one after each opening.',
    ]);
  });
};
