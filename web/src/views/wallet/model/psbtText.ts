import { fromHex, isHex, toHex } from '../../../../../src/base/bytes.ts';

/** Bytes of a PSBT or a transaction that a person pasted. */
export type PastedBytes =
  | { readonly ok: true; readonly kind: 'psbt' | 'transaction'; readonly hex: string }
  | { readonly ok: false; readonly code: 'empty' | 'notEncoded' };

const PSBT_MAGIC = '70736274ff';

/** Reads hexadecimal or Base64, in any number of lines. */
export function readPasted(text: string): PastedBytes {
  const plain = text.replace(/\s/g, '');
  if (plain === '') return { ok: false, code: 'empty' };
  const hex = isHex(plain) ? plain.toLowerCase() : hexOfBase64(plain);
  if (hex === undefined) return { ok: false, code: 'notEncoded' };
  return { ok: true, kind: hex.startsWith(PSBT_MAGIC) ? 'psbt' : 'transaction', hex };
}

function hexOfBase64(text: string): string | undefined {
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(text) || text.length % 4 !== 0) return undefined;
  return toHex(Uint8Array.from(atob(text), (char) => char.charCodeAt(0)));
}

/** Bytes in hexadecimal, as Base64. */
export function base64OfHex(hex: string): string {
  const bytes = fromHex(hex);
  let text = '';
  for (const byte of bytes) text += String.fromCharCode(byte);
  return btoa(text);
}
