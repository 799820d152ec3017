import type { Network } from '../../../../../src/chain/port.ts';
import { scriptOfAddress } from '../../../../../src/wallet/address.ts';

/** What an address is to a wallet of one network, by the same rules as the node's. */
export type AddressVerdict =
  | { readonly ok: true }
  | { readonly ok: false; readonly code: 'wrongNetwork'; readonly networks: readonly Network[] }
  | {
      readonly ok: false;
      readonly code: 'addressChecksum' | 'unknownWitnessVersion' | 'malformedAddress';
    };

/** No address of any kind is shorter. */
const SHORTEST = 14;
const NETWORKS: readonly Network[] = ['mainnet', 'testnet', 'signet', 'regtest'];

/** Whether `address` can be paid on `network`, and if not why. */
export function checkAddress(address: string, network: Network): AddressVerdict {
  if (address.length < SHORTEST) return { ok: false, code: 'malformedAddress' };
  const here = scriptOfAddress(address, network);
  if (here.ok) return { ok: true };
  const { code } = here.error;
  if (code !== 'wrongNetwork') return { ok: false, code };
  return { ok: false, code, networks: NETWORKS.filter((each) => scriptOfAddress(address, each).ok) };
}
