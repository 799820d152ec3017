import { readUintBE, toHex } from '../../base/bytes.ts';
import { verifyEvidence } from '../../dispute/report.ts';
import { decodeTx } from '../../tx/transaction.ts';
import { inspectPsbt } from '../../wallet/psbt.ts';
import { decodeMessage } from '../../wire/messages.ts';
import type { Decoded } from './decoded.ts';
import { plain } from './plain.ts';
import { describeTransaction } from './transaction.ts';

const BACKUP_MAGIC = 'wattlane';
const BACKUP_HEADER = 41;
/** Hash of block 0, display order. */
const CHAINS: Readonly<Record<string, string>> = {
  '0f9188f13cb7b2c71f2a335e3a4fc328bf5beb436012afca590b1a11466e2206': 'regtest',
  '00000008819873e925422c1ff0f99f7cc9bbb232af63a077a480a3633bee1ef6': 'signet',
  '00000000da84f2bafbbc53dee25a72ae507ff4914b867c565be350b0da8bf043': 'testnet4',
  '000000000933ea01ad0ee984209779baaec3ced90fa3f408719526f8d77f4943': 'testnet3',
  '000000000019d6689c085ae165831e934ff763ae46a2a6c172b3f1b60a8ce26f': 'mainnet',
};

/** What bytes are, or `undefined`. Never throws. */
export function decodeBytes(bytes: Uint8Array): Decoded | undefined {
  return (
    decodeBackup(bytes) ??
    decodeEvidence(bytes) ??
    decodePsbt(bytes) ??
    decodeMessageBytes(bytes) ??
    decodeTransaction(bytes)
  );
}

function decodeEvidence(bytes: Uint8Array): Decoded | undefined {
  const report = verifyEvidence(bytes);
  if (!report.ok) return undefined;
  return {
    type: 'evidence',
    title: `evidence of a dispute in channel ${report.value.channelId}`,
    report: report.value,
  };
}

/** Magic, version, chain; the rest is sealed. */
function decodeBackup(bytes: Uint8Array): Decoded | undefined {
  if (bytes.length < BACKUP_HEADER || !text(bytes).startsWith(BACKUP_MAGIC)) return undefined;
  const version = bytes[BACKUP_MAGIC.length] as number;
  const chainHash = toHex(bytes.slice(BACKUP_MAGIC.length + 1, BACKUP_HEADER));
  const network = CHAINS[chainHash] ?? 'unknown';
  return {
    type: 'backup',
    title: `a channel backup of ${network}: sealed, it opens with the words of its node alone`,
    value: { version, network, chainHash, bytes: bytes.length },
  };
}

function text(bytes: Uint8Array): string {
  return String.fromCharCode(...bytes.slice(0, BACKUP_MAGIC.length));
}

function decodePsbt(bytes: Uint8Array): Decoded | undefined {
  if (readUintBE(bytes.slice(0, 5)) !== 0x70736274ffn) return undefined;
  const summary = inspectPsbt(bytes);
  if (!summary.ok) return undefined;
  return {
    type: 'psbt',
    title: 'a PSBT: a transaction that is to be signed',
    value: plain(summary.value) as object,
  };
}

function decodeMessageBytes(bytes: Uint8Array): Decoded | undefined {
  const message = decodeMessage(bytes);
  if (!message.ok) return undefined;
  const { type, ...fields } = message.value;
  return {
    type: 'message',
    title: `a message between nodes: ${type}`,
    value: { message: type, number: Number(readUintBE(bytes.slice(0, 2))), ...(plain(fields) as object) },
  };
}

function decodeTransaction(bytes: Uint8Array): Decoded | undefined {
  const tx = decodeTx(bytes);
  return tx.ok ? { type: 'transaction', ...describeTransaction(tx.value) } : undefined;
}
