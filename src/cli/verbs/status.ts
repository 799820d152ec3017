import type { MethodResult } from '../../rpc/methods.ts';
import type { Output } from '../output/output.ts';
import { facts } from '../output/table.ts';
import { counted, msats, sats } from '../output/units.ts';
import type { Verb } from '../session.ts';

interface Status {
  readonly info: MethodResult<'getInfo'>;
  readonly balance: MethodResult<'getBalance'>;
}

/** `status`: who this node is, how far it is, what it has. */
export const statusVerb: Verb = (program, cli) => {
  const command = program.command('status').description('who this node is, how far it is, what it has');
  cli.action(command, async ({ output, daemon }) => {
    const node = await daemon();
    const info = await node.call('getInfo', {});
    const balance = await node.call('getBalance', {});
    output.result({ info, balance }, linesOf);
  });
};

function linesOf({ info, balance }: Status, output: Output): readonly string[] {
  const { opening, open, settling, closed, aborted } = info.channels;
  return facts([
    ['node', info.nodeId],
    ...info.addresses.map((address): [string, string] => [
      'reach it at',
      `${info.nodeId}@${withoutScheme(address)}`,
    ]),
    ['meter', info.meter],
    ['network', info.network],
    ['chain', chainLine(info)],
    ['peers', `${info.peersConnected} connected`],
    [
      'channels',
      `${open} open, ${opening} opening, ${settling} settling, ${closed} closed, ${aborted} aborted`,
    ],
    [
      'wallet',
      `${sats(balance.wallet.spendableSat)} spendable, ${sats(balance.wallet.confirmedSat)} confirmed`,
    ],
    [
      'in channels',
      `${msats(balance.channels.ownMsat)} own, ${msats(balance.channels.inFlightMsat)} in flight`,
    ],
    ['version', info.version],
  ]).map((line) =>
    info.chainHeight === null && line.startsWith('chain') ? output.paint(line, 'warn') : line,
  );
}

function chainLine({ height, chainHeight }: Status['info']): string {
  if (chainHeight === null) return `at block ${height ?? 0}; the Bitcoin node does not answer`;
  const behind = chainHeight - (height ?? 0);
  return behind <= 0
    ? `at block ${chainHeight}`
    : `at block ${height ?? 0}, ${counted(behind, 'block')} behind`;
}

/** `host:port` of what the node says of where it listens. */
function withoutScheme(address: string): string {
  return address.replace(/^wss?:\/\//, '');
}
