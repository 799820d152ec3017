import { fromHex, isHex } from '../../base/bytes.ts';
import { checkMnemonic } from '../../wallet/mnemonic.ts';
import { parseNodeId, parseNodeUri } from '../parse/nodeUri.ts';
import { decodeAddress } from './address.ts';
import { decodeBytes } from './bytes.ts';
import type { Decoded } from './decoded.ts';

/** What a text is, or `undefined`. Needs no node: of keys and addresses it cannot say whose they are. */
export function decodeText(text: string): Decoded | undefined {
  const trimmed = text.trim();
  if (trimmed === '') return undefined;
  const words = trimmed.split(/\s+/);
  if (words.length > 1) return phrase(trimmed, words.length);
  const uri = parseNodeUri(trimmed);
  if (uri.ok) return { type: 'nodeUri', title: 'a node and where it listens', value: uri.value };
  const key = parseNodeId(trimmed);
  if (key.ok)
    return {
      type: 'publicKey',
      title: 'a public key, for example a node id',
      value: { publicKey: key.value },
    };
  const hex = trimmed.toLowerCase();
  if (isHex(hex) && hex !== '') return decodeBytes(fromHex(hex));
  return decodeAddress(trimmed) ?? decodeBase64(trimmed);
}

function phrase(text: string, words: number): Decoded | undefined {
  if (!checkMnemonic(text).ok) return undefined;
  return {
    type: 'phrase',
    title: `the ${words} words of a seed: whoever reads them has its coins. Forget that you showed them here, and move the coins`,
    value: { words },
  };
}

function decodeBase64(text: string): Decoded | undefined {
  if (!/^[A-Za-z0-9+/]{8,}={0,2}$/.test(text) || text.length % 4 !== 0) return undefined;
  return decodeBytes(Uint8Array.from(Buffer.from(text, 'base64')));
}
