import { channelNumber } from '../channels.ts';
import type { Verb } from '../session.ts';

/** `disputes`: channels whose end the utility decides. */
export const disputesVerb: Verb = (program, cli) => {
  const command = program
    .command('disputes')
    .description('channels whose end the utility decides or has decided');
  cli.action(command, async ({ output, daemon }) => {
    const answer = await (await daemon()).call('listDisputes', {});
    output.result(answer, ({ disputes }) =>
      disputes.length === 0
        ? ['no disputes']
        : output.table(
            [
              { title: '#', align: 'right' },
              { title: 'ASKED BY' },
              { title: 'STATE', align: 'right' },
              { title: 'OPENED', align: 'right' },
              { title: 'UNTIL', align: 'right' },
              { title: 'DECIDED', least: 10 },
            ],
            disputes.map(({ channel, dispute }) => [
              channelNumber(channel),
              dispute.claimant ?? 'unknown',
              dispute.n ?? '',
              String(dispute.openedAt),
              String(dispute.until),
              dispute.verdict === null
                ? 'not yet'
                : `for state ${dispute.verdict.n}, block ${dispute.verdict.height}`,
            ]),
          ),
    );
  });
};
