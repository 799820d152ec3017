import { fromHex, isHex, toHex } from '../../../base/bytes.ts';
import { tinySecp256k1 } from '../../../crypto/tiny.ts';
import { verifyEvidence } from '../../../dispute/report.ts';
import type { Node } from '../../../node/node.ts';
import { nodeIdsOf } from '../../../node/parties.ts';
import type { MethodResult } from '../../../rpc/methods.ts';
import { decodeTx, txid, vsize } from '../../../tx/transaction.ts';
import { scriptOfAddress } from '../../../wallet/address.ts';
import { ownerOf } from '../../../wallet/lookahead.ts';
import { inspectPsbt, psbtFromBase64 } from '../../../wallet/psbt.ts';
import { failure } from '../failure.ts';
import { reportOf } from '../map/evidence.ts';
import { outputOf } from '../map/wallet.ts';

type Decoded = MethodResult<'decode'>['decoded'];

const PSBT_BASE64 = 'cHNidP';
const PSBT_HEX = '70736274ff';

/** What a text is. Fails with `badData`, which never repeats the text: it may be a phrase that was pasted by mistake. */
export function decoded(node: Node, data: string): Decoded {
  const text = data.trim();
  const found =
    (text.startsWith(PSBT_BASE64) ? decodedPsbt(node, fromBase64(text)) : undefined) ??
    (isHex(text) && text.length > 0 ? decodedBytes(node, text.toLowerCase()) : decodedAddress(node, text));
  if (found === undefined) throw failure('badData', { reason: 'no form that is known here' });
  return found;
}

function fromBase64(text: string): Uint8Array {
  const psbt = psbtFromBase64(text);
  if (!psbt.ok) throw failure('badData', { reason: psbt.error.code });
  return psbt.value;
}

function decodedBytes(node: Node, hex: string): Decoded | undefined {
  const bytes = fromHex(hex);
  if (hex.startsWith(PSBT_HEX)) return decodedPsbt(node, bytes);
  if (bytes.length === 33 && tinySecp256k1.isPublicKey(bytes))
    return { type: 'publicKey', publicKey: hex, is: whose(node, hex) };
  const evidence = verifyEvidence(bytes);
  if (evidence.ok) return { type: 'evidence', report: reportOf(evidence.value) };
  return decodedTx(node, bytes);
}

function whose(node: Node, key: string): Extract<Decoded, { type: 'publicKey' }>['is'] {
  if (key === toHex(node.id)) return 'ownNode';
  if (key === toHex(node.meter)) return 'ownMeter';
  const isPeer = node
    .channels()
    .some(({ state }) => Object.values(nodeIdsOf(state) ?? {}).some((peer) => peer === key));
  return isPeer ? 'peer' : 'other';
}

function decodedTx(node: Node, bytes: Uint8Array): Decoded | undefined {
  const decodedBytes = decodeTx(bytes);
  if (!decodedBytes.ok) return undefined;
  const tx = decodedBytes.value;
  const state = node.wallet.state();
  return {
    type: 'transaction',
    txid: txid(tx),
    vbytes: vsize(tx),
    version: tx.version,
    lockTime: tx.locktime,
    inputs: tx.inputs.map(({ txid: spent, vout, sequence }) => ({ txid: spent, vout, sequence })),
    outputs: tx.outputs.map((output) => outputOf(state, output)),
  };
}

function decodedPsbt(node: Node, bytes: Uint8Array): Decoded {
  const summary = inspectPsbt(bytes);
  if (!summary.ok) throw failure('badData', { reason: summary.error.code });
  const state = node.wallet.state();
  const { txid: id, inputs, outputs } = summary.value;
  return {
    type: 'psbt',
    txid: id,
    inputs: inputs.length,
    outputs: outputs.map((output) => outputOf(state, output)),
  };
}

function decodedAddress(node: Node, address: string): Decoded | undefined {
  const script = scriptOfAddress(address, node.wallet.network);
  if (!script.ok) return undefined;
  const isOurs = ownerOf(node.wallet.state(), script.value) !== undefined;
  return { type: 'address', address, script: toHex(script.value), isOurs };
}
