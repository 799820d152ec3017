import { toHex } from '../base/bytes.ts';
import { invariant } from '../base/invariant.ts';
import type { Network } from '../chain/port.ts';
import type { Tx } from '../tx/transaction.ts';
import {
  type Account,
  BRANCHES,
  type Branch,
  branchKeys,
  type CoinPath,
  coinScript,
  SCHEMES,
  type Scheme,
} from './hd.ts';
import type { BranchState, CoinOwner, OwnedOutput, WalletState } from './state.ts';

/** Addresses watched beyond the last used one, as BIP44 has it. */
export const GAP_LIMIT = 20;

/** The state of a wallet that has seen no block. */
export function createWalletState(
  accounts: readonly Account[],
  network: Network,
  gapLimit = GAP_LIMIT,
): WalletState {
  const empty = {
    format: 1,
    network,
    gapLimit,
    accounts,
    branches: accounts.flatMap(({ scheme }) =>
      BRANCHES.map((branch) => ({ scheme, branch, given: 0, scripts: [] })),
    ),
    watched: {},
    tip: null,
    transactions: {},
    reserved: {},
    labels: { addresses: {}, transactions: {}, coins: {} },
  } as const;
  return { ...empty, branches: fitBranches(empty) };
}

/** Whose a script is; `undefined` when it is none of the wallet's. */
export function ownerOf(
  state: Pick<WalletState, 'branches' | 'watched'>,
  script: Uint8Array,
): CoinOwner | undefined {
  const hex = toHex(script);
  const path = pathsOf(state.branches).get(hex);
  if (path !== undefined) return { type: 'wallet', ...path };
  const purpose = state.watched[hex];
  return purpose === undefined ? undefined : { type: 'watched', purpose };
}

/** The outputs of a transaction that belong to the wallet, as far as it looks ahead now. */
export function ownedOutputs(
  state: Pick<WalletState, 'branches' | 'watched'>,
  tx: Tx,
): readonly OwnedOutput[] {
  return tx.outputs.flatMap(({ script }, vout) => {
    const owner = ownerOf(state, script);
    return owner === undefined ? [] : [{ vout, owner }];
  });
}

/** Watches a script that is none of the wallet's keys: its coins are listed, never spent or counted as balance. */
export function watchScript(state: WalletState, script: Uint8Array, purpose: string): WalletState {
  return { ...state, watched: { ...state.watched, [toHex(script)]: purpose } };
}

/** The lookup from script to path is built once per set of branches: those are replaced, never changed. */
const pathsByBranches = new WeakMap<readonly BranchState[], ReadonlyMap<string, CoinPath>>();

function pathsOf(branches: readonly BranchState[]): ReadonlyMap<string, CoinPath> {
  const known = pathsByBranches.get(branches);
  if (known !== undefined) return known;
  const paths = new Map<string, CoinPath>();
  for (const { scheme, branch, scripts } of branches)
    for (const [index, script] of scripts.entries()) paths.set(script, { scheme, branch, index });
  pathsByBranches.set(branches, paths);
  return paths;
}

/** The first index of a branch that was neither given nor paid to. */
export function nextIndex(state: WalletState, scheme: Scheme, branch: Branch): number {
  return branchOf(state, scheme, branch).scripts.length - state.gapLimit;
}

/** Hands out the next unused address of a branch: its path, its script, and the state that remembers. */
export function giveScript(
  state: WalletState,
  scheme: Scheme,
  branch: Branch,
): { readonly state: WalletState; readonly path: CoinPath; readonly script: Uint8Array } {
  const index = nextIndex(state, scheme, branch);
  const branches = state.branches.map((each) =>
    each.scheme === scheme && each.branch === branch ? { ...each, given: index + 1 } : each,
  );
  const path = { scheme, branch, index };
  return {
    state: { ...state, branches: fitBranches({ ...state, branches }) },
    path,
    script: scriptAt(state, path),
  };
}

/** How many addresses of each branch were given out or paid to, in the order of {@link SCHEMES} and {@link BRANCHES}. */
export function branchCounts(state: WalletState): readonly number[] {
  return SCHEMES.flatMap((scheme) => BRANCHES.map((branch) => nextIndex(state, scheme, branch)));
}

/** The state with at least that many addresses of each branch given out, in the order of {@link branchCounts}. */
export function markGiven(state: WalletState, counts: readonly number[]): WalletState {
  const order = SCHEMES.flatMap((scheme) => BRANCHES.map((branch) => keyOf({ scheme, branch })));
  const branches = state.branches.map((each) => {
    const count = counts[order.indexOf(keyOf(each))] ?? 0;
    return count > each.given ? { ...each, given: count } : each;
  });
  return { ...state, branches: fitBranches({ ...state, branches }) };
}

function scriptAt(state: WalletState, { scheme, branch, index }: CoinPath): Uint8Array {
  return coinScript(scheme, branchKeys(accountOf(state, scheme), branch, state.network)(index));
}

function branchOf(state: WalletState, scheme: Scheme, branch: Branch): BranchState {
  const found = state.branches.find((each) => each.scheme === scheme && each.branch === branch);
  invariant(found !== undefined, `no ${scheme} ${branch} branch`);
  return found;
}

function accountOf(state: Pick<WalletState, 'accounts'>, scheme: Scheme): Account {
  const found = state.accounts.find((account) => account.scheme === scheme);
  invariant(found !== undefined, `no ${scheme} account`);
  return found;
}

type Fitting = Pick<WalletState, 'accounts' | 'network' | 'gapLimit' | 'branches'>;

/** The branches with exactly the look-ahead that all transactions and the addresses given call for: longer or shorter than before. */
export function fitBranches(state: Fitting & Pick<WalletState, 'transactions'>): readonly BranchState[] {
  const used = usedEnds(Object.values(state.transactions).flatMap(({ owned }) => owned));
  return resized(state, (branch) => Math.max(branch.given, used.get(keyOf(branch)) ?? 0));
}

/** The branches with the look-ahead that some more outputs call for: never shorter than before. */
export function extendBranches(state: Fitting, owned: readonly OwnedOutput[]): readonly BranchState[] {
  const used = usedEnds(owned);
  return resized(state, (branch) =>
    Math.max(branch.scripts.length - state.gapLimit, used.get(keyOf(branch)) ?? 0),
  );
}

/** By branch, one more than the highest index that is paid to. */
function usedEnds(owned: readonly OwnedOutput[]): ReadonlyMap<string, number> {
  const ends = new Map<string, number>();
  for (const { owner } of owned) {
    if (owner.type !== 'wallet') continue;
    ends.set(keyOf(owner), Math.max(ends.get(keyOf(owner)) ?? 0, owner.index + 1));
  }
  return ends;
}

function keyOf({ scheme, branch }: Pick<CoinPath, 'scheme' | 'branch'>): string {
  return `${scheme}/${branch}`;
}

/** Each branch cut or extended to `endOf(branch) + gapLimit` scripts; the same array when none changes. */
function resized(state: Fitting, endOf: (branch: BranchState) => number): readonly BranchState[] {
  const next = state.branches.map((branch) => resize(branch, endOf(branch) + state.gapLimit, state));
  return next.every((branch, place) => branch === state.branches[place]) ? state.branches : next;
}

function resize(branch: BranchState, length: number, state: Fitting): BranchState {
  const { scripts } = branch;
  if (length === scripts.length) return branch;
  if (length < scripts.length) return { ...branch, scripts: scripts.slice(0, length) };
  const keyAt = branchKeys(accountOf(state, branch.scheme), branch.branch, state.network);
  const added = Array.from({ length: length - scripts.length }, (_, i) =>
    toHex(coinScript(branch.scheme, keyAt(scripts.length + i))),
  );
  return { ...branch, scripts: [...scripts, ...added] };
}
