import type { Command } from 'commander';
import { fromHex } from '../../base/bytes.ts';
import { channelNumber, chosenChannel } from '../channels.ts';
import { CliError } from '../exit.ts';
import { readUpTo, writeNew } from '../files.ts';
import type { Cli, Verb } from '../session.ts';
import { CHANNEL_ARGUMENT } from './options.ts';

/** `evidence`: what a decision of the utility rests on, written down and judged again. */
export const evidenceVerb: Verb = (program, cli) => {
  const evidence = program
    .command('evidence')
    .description('what a dispute is decided on: written to a file, or judged again');
  exportVerb(evidence, cli);
  verifyVerb(evidence, cli);
};

function exportVerb(evidence: Command, cli: Cli): void {
  const command = evidence
    .command('export')
    .description('write down everything that this node can show of a dispute')
    .argument('<file>', 'must not exist')
    .argument('[channel]', CHANNEL_ARGUMENT)
    .option('--force', 'write over it', false);
  cli.action(
    command,
    async (
      { output, daemon },
      file: string,
      reference: string | undefined,
      { force }: { readonly force: boolean },
    ) => {
      const node = await daemon();
      const { channel } = await chosenChannel(node, reference);
      const bytes = fromHex((await node.call('exportEvidence', { channel })).evidence);
      await writeNew(file, bytes, force);
      output.result({ file, bytes: bytes.length, channel }, () => [
        `${file}: ${bytes.length} bytes, what this node can show of channel ${channelNumber(channel)}`,
        `'wattlane evidence verify ${file}' judges it, on any machine`,
      ]);
    },
  );
}

function verifyVerb(evidence: Command, cli: Cli): void {
  const command = evidence
    .command('verify')
    .description(
      'judge a dispute again from its file, offline; exit code 1 unless the verdict in it is right',
    )
    .argument('<file>', 'evidence');
  cli.action(command, async ({ output }, file: string) => {
    const { MAX_EVIDENCE_LENGTH, verified, reportLines, reportShape } = await import('../decode/report.ts');
    const report = verified(await readUpTo(file, MAX_EVIDENCE_LENGTH));
    if (!report.ok) throw new CliError('failed', 'notEvidence', `${file} is no evidence: ${report.error}`);
    output.result({ report: reportShape(report.value) }, () => reportLines(report.value));
    const { judged, signed } = report.value;
    if (judged === null)
      throw new CliError('failed', 'notJudged', 'nothing can be judged: there is no sound state proof in it');
    if (signed.answer === 'wrong' || signed.answer === 'undetermined')
      throw new CliError('failed', 'badVerdict', `the verdict that the utility signed is ${signed.answer}`);
  });
}
