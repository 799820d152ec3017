import { findBitcoind, startRegtest } from '../../regtest/index.ts';
import type { PerRole } from '../../src/index.ts';
import { type Facts, mismatches, perRole, type settleAccounts } from '../accounting.ts';
import { StoryFailed } from '../failed.ts';
import { blockTransactions, type FoundCoin } from '../nodeView.ts';
import type { Screen } from '../screen.ts';
import { part, tellAccounts } from '../story.ts';
import { COINS_SAT, CONTRIBUTIONS_SAT, FUNDING_FEE_RATE } from '../terms.ts';
import { type Stage, setStage } from './stage.ts';
import { CLOSE_FEE_RATE, close, open, PAYMENT_MSAT, type Tale, termsOf, trade, withhold } from './story.ts';

const WHY =
  'Three processes that know of each other only what came over their sockets; one was killed in the middle. Each has what it paid in and what it earned, less its fees; the producer has lost the stake behind the unit that did not come.';

/**
 * The demo with three daemons, driven over their RPC alone. Resolves with whether every satoshi is where it belongs.
 * Throws `StoryFailed`, and what `startRegtest` throws.
 */
export async function runProcesses(
  { seed, units }: { readonly seed: string; readonly units: number },
  screen: Screen,
  settle: typeof settleAccounts,
): Promise<boolean> {
  screen.line('WATTLANE: three daemons', 'bold');
  screen.line();
  screen.say(
    'Consumer, producer and utility, each a process of its own with a directory, a seed file, a port for peers and one for calls. This program only calls: what it knows of a channel is what the daemons say.',
  );
  const program = await findBitcoind();
  const regtest = await startRegtest({ program, seed: `demo ${seed}` });
  try {
    const stage = await setStage(regtest, { seed, coinsSat: COINS_SAT });
    try {
      return await play({ stage, screen, units }, settle);
    } finally {
      await stage.stop();
    }
  } finally {
    await regtest.stop();
  }
}

async function play(tale: Tale, settle: typeof settleAccounts): Promise<boolean> {
  const { stage, screen } = tale;
  for (const { role, pid, place } of Object.values(stage.parties))
    screen.line(`  ${role.padEnd(9)} pid ${pid}, peers at ${place.address}, calls at ${place.rpc}`);
  const before = await stage.coins();
  await open(tale);
  const parts = openingParts(before, await stage.coins());
  await trade(tale);
  await withhold(tale);
  await close(tale);
  part(screen, 'Accounts');
  const found = await audit(tale, parts, settle);
  tellAccounts(screen, found, WHY, { anchorTold: true });
  return found.problems.length === 0;
}

type Parts = Facts['funding']['parts'];

/** How many coins each party gave to the opening, and whether it got change: read from the Bitcoin node's coins. */
function openingParts(before: PerRole<readonly FoundCoin[]>, after: PerRole<readonly FoundCoin[]>): Parts {
  const isIn = (coins: readonly FoundCoin[], { txid, vout }: FoundCoin) =>
    coins.some((each) => each.txid === txid && each.vout === vout);
  return perRole((role) => ({
    inputs: before[role].filter((coin) => !isIn(after[role], coin)).length,
    change: after[role].some((coin) => !isIn(before[role], coin)),
  }));
}

/** The rules' outcome, beside what the Bitcoin node has for each party's descriptors. */
async function audit(tale: Tale, parts: Parts, settle: typeof settleAccounts) {
  const { stage, units } = tale;
  const { params, funding } = await termsOf(tale);
  const [spent] = stage.parties.utility.heard('fundingSpent');
  if (params === null || funding === null || spent === undefined)
    throw new StoryFailed('the channel does not say how it was');
  const facts: Facts = {
    startedSat: COINS_SAT,
    contributionsSat: CONTRIBUTIONS_SAT,
    keptBackMsat: BigInt(params.producerReserveMsat),
    gridFeePpm: BigInt(params.gridFeePpm),
    dustLimitSat: BigInt(params.dustLimitSat),
    funding: { feeRate: FUNDING_FEE_RATE, parts },
    units: [...new Array(units).fill('paid'), 'forfeited'].map((outcome) => ({
      paymentMsat: PAYMENT_MSAT,
      outcome,
    })),
    ending: { type: 'close', feeSat: 0n },
    claims: [],
  };
  const paid = await feeOf(stage, spent.data.txid, spent.data.height);
  // what is below one satoshi is fee as well, beside the one that the consumer named
  const named = paid.feeSat - settle(facts).fees.ending;
  const accounts = settle({ ...facts, ending: { type: 'close', feeSat: named } });
  const coins = await stage.coins();
  const foundSat = perRole((role) => coins[role].reduce((sum, { valueSat }) => sum + valueSat, 0n));
  const opening = await feeOf(stage, funding.txid, coins.consumer[0]?.height ?? 0);
  const problems = [
    ...mismatches(accounts.expectedSat, foundSat),
    ...wrongFee('opening', accounts.fees.funding, opening.feeSat),
    ...(isNamed(named, paid.vsize) ? [] : [`the close pays ${named} sat for ${paid.vsize} vB`]),
  ];
  return { accounts, foundSat, problems };
}

function wrongFee(what: string, due: bigint, paid: bigint): readonly string[] {
  return due === paid ? [] : [`the ${what} must pay ${due} sat, it paid ${paid}`];
}

/** The consumer names its rate for a full-sized close: signatures and outputs may come out a little smaller. */
function isNamed(feeSat: bigint, vsize: number): boolean {
  const least = (BigInt(vsize) * CLOSE_FEE_RATE) / 1000n;
  return feeSat >= least && feeSat <= least + 50n;
}

async function feeOf({ regtest }: Stage, txid: string, height: number) {
  for (let at = height; at > 0; at--) {
    const seen = (await blockTransactions(regtest, at)).find((tx) => tx.txid === txid);
    if (seen?.feeSat !== undefined && seen.feeSat !== null) return { feeSat: seen.feeSat, vsize: seen.vsize };
  }
  throw new StoryFailed(`transaction ${txid} is in no block`);
}
