import { toHex } from '../../base/bytes.ts';
import type { Network } from '../../chain/port.ts';
import { scriptOfAddress } from '../../wallet/address.ts';
import type { Decoded } from './decoded.ts';

const NETWORKS: readonly Network[] = ['mainnet', 'testnet', 'signet', 'regtest'];

/** The networks on which a text is an address, and its script. */
export function decodeAddress(text: string): Decoded | undefined {
  const found = NETWORKS.flatMap((network) => {
    const script = scriptOfAddress(text, network);
    return script.ok ? [{ network, script: toHex(script.value) }] : [];
  });
  const [first] = found;
  if (first === undefined) return undefined;
  const networks = found.map(({ network }) => network);
  return {
    type: 'address',
    title: `an address of ${networks.join(' or ')}`,
    value: { address: text, networks, script: first.script },
  };
}
