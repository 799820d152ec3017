import { err, ok, type Result } from '../base/result.ts';

/** Longest address that is taken, characters, also when it is written as a URL. */
const MAX_ADDRESS = 300;

export interface BadAddress {
  readonly code: 'badAddress';
  readonly reason: string;
}

/**
 * The URL of a peer's address: `host:port`, which stands for `ws://host:port`, or a whole `ws://` or `wss://` URL. An IPv6
 * host stands in brackets. No login, no fragment.
 */
export function addressUrl(address: string): Result<string, BadAddress> {
  const refuse = (reason: string) => err({ code: 'badAddress', reason } as const);
  if (address.length > MAX_ADDRESS) return refuse(`longer than ${MAX_ADDRESS} characters`);
  const whole = /^[a-z]+:\/\//i.test(address);
  if (!whole && !/^(\[[0-9a-fA-F:.]+\]|[^\s/:@?#[\]]+):\d{1,5}$/.test(address))
    return refuse('not host:port, ws:// or wss://');
  const text = whole ? address : `ws://${address}`;
  if (!URL.canParse(text)) return refuse('not a URL');
  const url = new URL(text);
  if (url.href.length > MAX_ADDRESS) return refuse(`longer than ${MAX_ADDRESS} characters`);
  if (url.protocol !== 'ws:' && url.protocol !== 'wss:') return refuse('not ws:// or wss://');
  if (url.username !== '' || url.password !== '') return refuse('with a login');
  if (url.hash !== '') return refuse('with a fragment');
  return ok(url.href);
}
