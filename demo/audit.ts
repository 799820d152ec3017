import { withChecksum } from '../src/base/descriptorChecksum.ts';
import {
  type ChannelHandle,
  type Contract,
  decodeTx,
  fromHex,
  outputDescriptor,
  type PerRole,
} from '../src/index.ts';
import { fundingSpendOf } from '../src/penalty/monitor.ts';
import { fundingSpec } from '../src/tx/commitment.ts';
import {
  type Accounts,
  type Ending,
  type Facts,
  JUSTICE,
  mismatches,
  perRole,
  ROLES,
  type settleAccounts,
} from './accounting.ts';
import { StoryFailed } from './failed.ts';
import { type FoundCoin, foundCoins, isUnspent } from './nodeView.ts';
import type { Outcomes, Scene } from './scene.ts';
import type { Stage } from './stage.ts';
import type { StoryTx } from './talk.ts';
import { FUNDING_FEE_RATE } from './terms.ts';

/** The end of a scenario: what must be, and what the Bitcoin node says there is. */
export interface Audit {
  readonly facts: Facts;
  readonly accounts: Accounts;
  readonly foundSat: PerRole<bigint>;
  readonly coins: PerRole<readonly FoundCoin[]>;
  readonly outputs: readonly KnownOutput[];
  /** What is not as it must be; empty when every satoshi is where it belongs. */
  readonly problems: readonly string[];
}

/** An output of the story, with the descriptor that any wallet program can watch or spend it by. */
export interface KnownOutput {
  readonly txid: string;
  readonly vout: number;
  readonly valueSat: bigint;
  readonly what: string;
  readonly descriptor: string;
}

/** What the wallets and the opening transaction looked like before the first unit. */
export interface OpeningFacts {
  readonly startedSat: PerRole<bigint>;
  readonly parts: Facts['funding']['parts'];
}

export async function holdingsOf(stage: Stage): Promise<PerRole<readonly FoundCoin[]>> {
  const coins = new Map<string, readonly FoundCoin[]>();
  for (const role of ROLES) coins.set(role, await foundCoins(stage.regtest, stage.nodes[role].wallet));
  return perRole((role) => coins.get(role) ?? []);
}

export function sumOf(coins: readonly { readonly valueSat: bigint }[]): bigint {
  return coins.reduce((sum, { valueSat }) => sum + valueSat, 0n);
}

/** How many coins each party gave to the opening transaction, and whether it got change: read from the node's coins. */
export function openingParts(
  stage: Stage,
  before: PerRole<readonly FoundCoin[]>,
  after: PerRole<readonly FoundCoin[]>,
): OpeningFacts['parts'] {
  const funding = txOf(stage, 'funding');
  return perRole((role) => ({
    inputs: before[role].filter((coin) => !after[role].some((each) => isSame(coin, each))).length,
    change: after[role].some(({ txid }) => txid === funding.txid),
  }));
}

/** Compares the rules' outcome with what bitcoind has, coin by coin and fee by fee. */
export async function audit(
  scene: Scene,
  opening: OpeningFacts,
  outcomes: Outcomes,
  settle: typeof settleAccounts,
): Promise<Audit> {
  const { stage } = scene;
  const facts = factsOf(scene, opening, outcomes);
  const accounts = settle(facts);
  const coins = await holdingsOf(stage);
  const foundSat = perRole((role) => sumOf(coins[role]));
  const outputs = outputsOf(stage, coins);
  const anchor = outputs.find(({ what }) => what === 'anchor');
  const leftSat =
    anchor !== undefined && (await isUnspent(stage.regtest, anchor.txid, anchor.vout)) ? anchor.valueSat : 0n;
  const problems = [
    ...mismatches(accounts.expectedSat, foundSat),
    ...wrongFees(stage, accounts, outcomes.ending.type),
    ...leaks(opening, foundSat, leftSat, accounts, stage),
  ];
  return { facts, accounts, foundSat, coins, outputs, problems };
}

function factsOf({ stage, week }: Scene, opening: OpeningFacts, outcomes: Outcomes): Facts {
  const { params, contributions } = contractOf(stage);
  const prices = week.prices.slice(0, outcomes.units.length);
  return {
    startedSat: opening.startedSat,
    contributionsSat: perRole((role) => contributions[role] / 1000n),
    keptBackMsat: params.reserveMsat.producer,
    gridFeePpm: BigInt(params.gridFeePpm),
    dustLimitSat: params.dustLimitSat,
    funding: { feeRate: FUNDING_FEE_RATE, parts: opening.parts },
    units: outcomes.units.map((outcome, i) => ({ paymentMsat: prices[i] ?? 0n, outcome })),
    ending: outcomes.ending,
    claims: claimsOf(stage).map(({ by, onBehalfOf, purpose, namedFeeSat }) => {
      if (by === null || namedFeeSat === null) throw new StoryFailed('a claim that nobody announced');
      return { role: onBehalfOf ?? by, what: fetched(purpose), feeSat: namedFeeSat };
    }),
  };
}

/** What a claim fetches, in plain words. */
export function fetched(purpose: string): string {
  if (purpose.includes('justice')) return JUSTICE;
  if (purpose.includes('by preimage')) return 'stake and payment';
  if (purpose.includes('by expiry')) return 'the penalty';
  return 'its balance';
}

/** The transaction of this purpose, or an error. */
export function txOf(stage: Stage, purpose: string): StoryTx {
  const found = stage.transactions.find((tx) => tx.purpose === purpose);
  if (found === undefined) throw new StoryFailed(`there is no ${purpose} transaction on the chain`);
  return found;
}

function claimsOf(stage: Stage): readonly StoryTx[] {
  return stage.transactions.filter(({ purpose }) => purpose.startsWith('claim: '));
}

/** Each fee by itself: what the rules or its maker said, and what the node says was paid. */
function wrongFees(stage: Stage, { fees }: Accounts, ending: Ending['type']): readonly string[] {
  const due: readonly [StoryTx, bigint][] = [
    [txOf(stage, 'funding'), fees.funding],
    [txOf(stage, ending === 'breach' ? 'revoked' : ending), fees.ending],
    ...claimsOf(stage).map((tx): [StoryTx, bigint] => [tx, tx.namedFeeSat ?? 0n]),
  ];
  return due
    .filter(([tx, feeSat]) => tx.feeSat !== feeSat)
    .map(([tx, feeSat]) => `${tx.purpose} ${tx.txid} must pay a fee of ${feeSat} sat, it paid ${tx.feeSat}`);
}

/** Nothing is made and nothing is lost: what was there is in wallets, in fees, or left for anybody. */
function leaks(
  { startedSat }: OpeningFacts,
  foundSat: PerRole<bigint>,
  leftSat: bigint,
  accounts: Accounts,
  stage: Stage,
): readonly string[] {
  const before = ROLES.reduce((sum, role) => sum + startedSat[role], 0n);
  const fees = stage.transactions
    .filter(({ purpose }) => purpose !== 'faucet')
    .reduce((sum, { feeSat }) => sum + feeSat, 0n);
  const after = ROLES.reduce((sum, role) => sum + foundSat[role], fees + leftSat);
  const problems: string[] = [];
  if (leftSat !== accounts.leftSat)
    problems.push(`${accounts.leftSat} sat must be left as an anchor, ${leftSat} are`);
  if (before !== after) problems.push(`${before} sat went in, ${after} came out`);
  return problems;
}

export function contractOf(stage: Stage): Contract {
  const { contract } = stage.channel('consumer');
  if (contract === undefined) throw new StoryFailed('the channel has no contract');
  return contract;
}

/** Every output that the story made, the spent ones too, with its descriptor. */
function outputsOf(stage: Stage, coins: PerRole<readonly FoundCoin[]>): readonly KnownOutput[] {
  return [fundingOutput(stage), ...commitmentOutputs(stage), ...walletOutputs(stage, coins)];
}

function fundingOutput(stage: Stage): KnownOutput {
  const contract = contractOf(stage);
  const { txid, vout } = contract.funding;
  const tx = decodeTx(fromHex(txOf(stage, 'funding').hex));
  const output = tx.ok ? tx.value.outputs[vout] : undefined;
  if (output === undefined) throw new StoryFailed('the opening transaction has no channel output');
  const descriptor = outputDescriptor(fundingSpec(contract));
  return { txid, vout, valueSat: output.value, what: 'channel', descriptor };
}

/** Those of the commitment in the chain, if it was one, as the first party that can rebuild it knows them. */
function commitmentOutputs(stage: Stage): readonly KnownOutput[] {
  const [seen] = ROLES.flatMap((role) => seenCommitment(stage.channel(role)) ?? []);
  if (seen === undefined) return [];
  return seen.outputs.map((output, vout) => ({
    txid: seen.txid,
    vout,
    valueSat: output.value,
    what: output.kind,
    descriptor: output.kind === 'anchor' ? withChecksum('raw(51024e73)') : outputDescriptor(output.spec),
  }));
}

function seenCommitment({ monitor, knowledge }: ChannelHandle) {
  if (monitor === null || monitor.spend === null || knowledge === undefined) return undefined;
  const spend = fundingSpendOf(monitor, knowledge);
  if (spend === null || !('commitment' in spend) || spend.commitment === null) return undefined;
  return { txid: monitor.spend.txid, outputs: spend.commitment.outputs };
}

function walletOutputs(stage: Stage, coins: PerRole<readonly FoundCoin[]>): readonly KnownOutput[] {
  return ROLES.flatMap((role) =>
    coins[role].map(({ txid, vout, valueSat, descriptor }) => {
      const purpose = stage.transactions.find((tx) => tx.txid === txid)?.purpose ?? 'unknown';
      const what = purpose === 'funding' ? 'change' : purpose;
      return { txid, vout, valueSat, what: `${what}, to the ${role}`, descriptor };
    }),
  );
}

function isSame(a: FoundCoin, b: FoundCoin): boolean {
  return a.txid === b.txid && a.vout === b.vout;
}
