import { withChecksum } from '../base/descriptorChecksum.ts';
import type { Network } from '../chain/port.ts';
import { type Account, accountPath, BRANCHES, type Branch, branchNumber, type Scheme } from './hd.ts';

export interface WalletDescriptor {
  readonly scheme: Scheme;
  readonly branch: Branch;
  /** Public, with key origin and checksum: `wpkh([fingerprint/84'/0'/0']xpub…/0/*)#…` or `tr(…)`. */
  readonly descriptor: string;
}

/** The descriptors of all accounts and both branches (BIP380, BIP382, BIP386): what another wallet imports to watch the same coins. */
export function walletDescriptors(accounts: readonly Account[], network: Network): WalletDescriptor[] {
  return accounts.flatMap((account) =>
    BRANCHES.map((branch) => ({
      scheme: account.scheme,
      branch,
      descriptor: descriptorOf(account, branch, network),
    })),
  );
}

function descriptorOf({ scheme, fingerprint, xpub }: Account, branch: Branch, network: Network): string {
  const key = `[${fingerprint}/${accountPath(scheme, network)}]${xpub}/${branchNumber(branch)}/*`;
  return withChecksum(scheme === 'bip84' ? `wpkh(${key})` : `tr(${key})`);
}
