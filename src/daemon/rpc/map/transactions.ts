import { toHex } from '../../../base/bytes.ts';
import { withChecksum } from '../../../base/descriptorChecksum.ts';
import type { Network } from '../../../chain/port.ts';
import type { ChannelTx, ChannelTxOutput } from '../../../penalty/history.ts';
import type { MethodResult } from '../../../rpc/methods.ts';
import { outputDescriptor } from '../../../tx/outputs.ts';
import { encodeTx, vsize, weight } from '../../../tx/transaction.ts';
import { addressOfScript } from '../../../wallet/address.ts';

type Row = MethodResult<'listChannelTransactions'>['transactions'][number];

/** One transaction of a channel, as it is sent. */
export function channelTransactionOf(
  { txid, kind, standing, broadcaster, n, height, tx, feeSat, inputs, outputs }: ChannelTx,
  network: Network,
): Row {
  return {
    txid,
    kind,
    status: standing,
    broadcaster,
    n: n === null ? null : `${n}`,
    height,
    hex: toHex(encodeTx(tx)),
    weight: weight(tx),
    vsize: vsize(tx),
    feeSat: feeSat === null ? null : `${feeSat}`,
    inputs: inputs.map(({ txid: spent, vout, what }) => ({ txid: spent, vout, what })),
    outputs: outputs.map((output) => outputOf(output, network)),
  };
}

function outputOf(
  { vout, value, script, owner, what, spec, spentBy }: ChannelTxOutput,
  network: Network,
): Row['outputs'][number] {
  const address = addressOfScript(script, network) ?? null;
  const plain = address === null ? `raw(${toHex(script)})` : `addr(${address})`;
  return {
    vout,
    valueSat: `${value}`,
    script: toHex(script),
    address,
    descriptor: spec === null ? withChecksum(plain) : outputDescriptor(spec),
    owner,
    what,
    spentBy,
  };
}
