import { gaveUp, patience } from '../following.ts';
import { parsed } from '../parse/argument.ts';
import { parseDuration } from '../parse/quantity.ts';
import type { Verb } from '../session.ts';
import { dataDirOf } from '../settings.ts';
import { daemonIsGone } from '../stopping.ts';

const USUAL_SECONDS = 60;

/** `stop`: ends the daemon in order. */
export const stopVerb: Verb = (program, cli) => {
  const command = program
    .command('stop')
    .description('stop the daemon; comes back when it has let go of the data directory')
    .option('--timeout <time>', 'wait at most so long', parsed('--timeout', parseDuration), USUAL_SECONDS);
  cli.action(command, async ({ io, output, flags, daemon }, { timeout }: { readonly timeout: number }) => {
    const node = await daemon();
    await node.call('stop', {});
    await node.close();
    if (!(await daemonIsGone(dataDirOf(flags, io), patience(io, timeout))))
      throw gaveUp(io, timeout, 'the end of the daemon');
    output.result({ stopped: true }, () => ['the daemon has stopped']);
  });
};
