import { parsed } from '../parse/argument.ts';
import { type NodeUri, parseNodeUri } from '../parse/nodeUri.ts';
import type { Verb } from '../session.ts';

/** `connect`: reaches a node and stays connected. */
export const connectVerb: Verb = (program, cli) => {
  const command = program
    .command('connect')
    .description('reach a node, and stay connected')
    .argument('<uri>', 'nodeId@host:port', parsed('uri', parseNodeUri));
  cli.action(command, async ({ output, daemon }, uri: NodeUri) => {
    const answer = await (await daemon()).call('connectPeer', { ...uri });
    output.result(answer, ({ peer }) => [
      peer.connected
        ? `connected to ${peer.nodeId}`
        : `not connected yet to ${peer.nodeId}: the node goes on trying`,
    ]);
  });
};
