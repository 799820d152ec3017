import { parsed } from '../parse/argument.ts';
import { parseNodeId } from '../parse/nodeUri.ts';
import type { Verb } from '../session.ts';

/** `disconnect`: ends a connection, and does not dial again. */
export const disconnectVerb: Verb = (program, cli) => {
  const command = program
    .command('disconnect')
    .description('end a connection, and do not dial again')
    .argument('<peer>', 'its node id', parsed('peer', parseNodeId));
  cli.action(command, async ({ output, daemon }, nodeId: string) => {
    const answer = await (await daemon()).call('disconnectPeer', { nodeId });
    output.result(answer, ({ disconnected }) => [disconnected ? 'disconnected' : 'it was not connected']);
  });
};
