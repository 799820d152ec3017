import { channelNumber } from '../channels.ts';
import type { Verb } from '../session.ts';

/** `peers`: nodes that channels need or that are connected. */
export const peersVerb: Verb = (program, cli) => {
  const command = program.command('peers').description('nodes that channels need or that are connected');
  cli.action(command, async ({ output, daemon }) => {
    const answer = await (await daemon()).call('listPeers', {});
    output.result(answer, ({ peers }) =>
      peers.length === 0
        ? ["no peers: 'wattlane connect nodeId@host:port' reaches one"]
        : output.table(
            [
              { title: 'NODE', least: 14 },
              { title: 'CONNECTED' },
              { title: 'CHANNELS', align: 'right' },
              { title: 'ADDRESS', least: 10, optional: true },
            ],
            peers.map(({ nodeId, connected, channels, addresses }) => [
              nodeId,
              connected ? 'yes' : 'no',
              channels.map(channelNumber).join(', '),
              addresses.join(', '),
            ]),
          ),
    );
  });
};
