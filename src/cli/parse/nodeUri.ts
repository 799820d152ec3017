import { err, ok, type Result } from '../../base/result.ts';
import { addressUrl } from '../../transport/address.ts';

/** A node and where it listens: `nodeId@host:port`. */
export interface NodeUri {
  /** 33 bytes, hexadecimal. */
  readonly nodeId: string;
  /** `host:port`, an IPv6 address in brackets; or a whole `ws://` or `wss://` URL. */
  readonly address: string;
}

const FORM = 'a node URI is nodeId@host:port';

/** Reads a node URI. Whether the id is a point on the curve is for the daemon. */
export function parseNodeUri(text: string): Result<NodeUri, string> {
  const [id = '', address, ...more] = text.trim().split('@');
  if (address === undefined) return err(`has no @: ${FORM}`);
  if (more.length > 0) return err(`has more than one @: ${FORM}`);
  const nodeId = parseNodeId(id);
  if (!nodeId.ok) return err(`begins with '${shortened(id)}', which ${nodeId.error}`);
  const checked = parseAddress(address);
  return checked.ok ? ok({ nodeId: nodeId.value, address }) : err(checked.error);
}

/** A node id: a compressed point, 66 hexadecimal digits. */
export function parseNodeId(text: string): Result<string, string> {
  if (!/^[0-9a-fA-F]*$/.test(text)) return err('is not hexadecimal');
  if (text.length !== 66) return err(`has ${text.length} digits: a node id has 66`);
  return /^0[23]/.test(text) ? ok(text.toLowerCase()) : err('does not begin with 02 or 03: it is no node id');
}

function parseAddress(address: string): Result<void, string> {
  if (/^wss?:\/\//.test(address)) {
    const url = addressUrl(address);
    return url.ok ? ok(undefined) : err(`has an address that is ${url.error.reason}`);
  }
  const match = /^(\[[0-9a-fA-F:.]+\]|[^:[\]/\s]+):(\d{1,5})$/.exec(address);
  if (match === null) return err(whyNoAddress(address));
  const [, host = '', port = ''] = match;
  if (!host.startsWith('[') && !/^[a-zA-Z0-9]([a-zA-Z0-9.-]*[a-zA-Z0-9])?$/.test(host))
    return err(`has the host '${shortened(host)}', which is no name or address`);
  const number = Number(port);
  return number >= 1 && number <= 65_535 ? ok(undefined) : err(`has the port ${port}: it is 1 to 65535`);
}

function whyNoAddress(address: string): string {
  if (/^[a-z]+:\/\//.test(address)) return `has a scheme: ${FORM}`;
  if (/^[0-9a-fA-F]*:[0-9a-fA-F:]*:/.test(address)) return 'has an IPv6 address without brackets: [::1]:9735';
  if (!address.includes(':')) return `has no port: ${FORM}`;
  return `does not end in host:port: ${FORM}`;
}

function shortened(text: string): string {
  return text.length > 20 ? `${text.slice(0, 20)}…` : text;
}
