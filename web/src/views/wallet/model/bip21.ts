import { parseSat } from '../../../text/amounts.ts';

/** A payment request (BIP21): whom to pay, and as far as it says so how much and what for. */
export interface PaymentRequest {
  readonly address: string;
  readonly amountSat?: bigint;
  /** Who is paid. */
  readonly label?: string;
  /** What for. */
  readonly message?: string;
}

/** Why a text names nobody whom this wallet can pay. */
export type RecipientProblem =
  | { readonly code: 'empty' }
  | { readonly code: 'lightning' }
  | { readonly code: 'otherScheme'; readonly scheme: string }
  | { readonly code: 'noAddress' }
  | { readonly code: 'amountTooFine' }
  | { readonly code: 'badAmount' }
  | { readonly code: 'repeated'; readonly name: string }
  /** The request asks for something (`req-…`) that this wallet does not know: it must not be paid. */
  | { readonly code: 'unknownRequirement'; readonly name: string }
  | { readonly code: 'badEncoding' };

export type Recipient =
  | { readonly ok: true; readonly request: PaymentRequest }
  | { readonly ok: false; readonly problem: RecipientProblem };

const SCHEME = 'bitcoin:';
const MOST_BTC = 21_000_000n * 100_000_000n;

/** Reads what a person pasted as the recipient: an address, or a `bitcoin:` URI. Whether the address is one is not looked at. */
export function readRecipient(text: string): Recipient {
  const plain = text.trim();
  if (plain === '') return no({ code: 'empty' });
  if (/^(lightning:|ln(bc|tb|bcrt)\d)/i.test(plain)) return no({ code: 'lightning' });
  if (plain.toLowerCase().startsWith(SCHEME)) return readUri(plain.slice(SCHEME.length));
  const scheme = /^([a-z][a-z0-9+.-]*):/i.exec(plain)?.[1];
  if (scheme !== undefined) return no({ code: 'otherScheme', scheme: scheme.toLowerCase() });
  return { ok: true, request: { address: plain } };
}

function readUri(rest: string): Recipient {
  const [address = '', query = ''] = rest.replace(/^\/\//, '').split(/\?(.*)/s);
  if (address === '') return no({ code: 'noAddress' });
  let request: PaymentRequest = { address };
  const seen = new Set<string>();
  for (const part of query.split('&').filter((each) => each !== '')) {
    const [name, value] = decodedPair(part);
    if (name === undefined || value === undefined) return no({ code: 'badEncoding' });
    if (seen.has(name)) return no({ code: 'repeated', name });
    seen.add(name);
    if (name === 'amount') {
      const amount = parseBtc(value);
      if ('problem' in amount) return no(amount.problem);
      request = { ...request, amountSat: amount.sat };
    } else if (name === 'label' || name === 'message') request = { ...request, [name]: value };
    else if (name.startsWith('req-')) return no({ code: 'unknownRequirement', name });
  }
  return { ok: true, request };
}

function decodedPair(part: string): readonly [string, string] | readonly [undefined, undefined] {
  const [name = '', value = ''] = part.split(/=(.*)/s);
  try {
    return [decodeURIComponent(name).toLowerCase(), decodeURIComponent(value)];
  } catch {
    return [undefined, undefined];
  }
}

/** Bitcoin with at most eight decimals, as BIP21 writes an amount, in satoshi. */
function parseBtc(text: string): { readonly sat: bigint } | { readonly problem: RecipientProblem } {
  const [, whole, fraction = ''] = /^(\d{1,8})(?:\.(\d*))?$/.exec(text) ?? [];
  if (whole === undefined) return { problem: { code: 'badAmount' } };
  if (/[1-9]/.test(fraction.slice(8))) return { problem: { code: 'amountTooFine' } };
  const sat = BigInt(whole) * 100_000_000n + BigInt(fraction.slice(0, 8).padEnd(8, '0'));
  return sat > MOST_BTC ? { problem: { code: 'badAmount' } } : { sat };
}

/** The URI of a payment request (BIP21). */
export function formatBip21({ address, amountSat, label, message }: PaymentRequest): string {
  const query = [
    ...(amountSat === undefined ? [] : [`amount=${btcText(amountSat)}`]),
    ...(label === undefined || label === '' ? [] : [`label=${encodeURIComponent(label)}`]),
    ...(message === undefined || message === '' ? [] : [`message=${encodeURIComponent(message)}`]),
  ];
  return `${SCHEME}${address}${query.length === 0 ? '' : `?${query.join('&')}`}`;
}

/** Satoshi in bitcoin, without zeros at the end: `0.0005`. */
export function btcText(sat: bigint): string {
  const fraction = String(sat % 100_000_000n)
    .padStart(8, '0')
    .replace(/0+$/, '');
  return `${sat / 100_000_000n}${fraction === '' ? '' : `.${fraction}`}`;
}

/** The amount that a person asks for; nothing typed is no amount. */
export function wantedAmount(text: string): ReturnType<typeof parseSat> | { readonly sat: undefined } {
  return text.trim() === '' ? { sat: undefined } : parseSat(text);
}

function no(problem: RecipientProblem): Recipient {
  return { ok: false, problem };
}
