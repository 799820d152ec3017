import type { Role, Trader } from '../../../../src/base/role.ts';
import type { Section } from '../../text/sections.ts';
import { blocks, capital, other, shortId } from '../../text/voice.ts';
import {
  absoluteLock,
  type ChannelTransaction,
  confirmations,
  relativeLock,
  type TransactionKind,
  type TransactionOutput,
} from './transaction.ts';

type Named = Pick<ChannelTransaction, 'kind' | 'broadcaster' | 'n' | 'inputs'>;

/** What a transaction is, in a few words. */
export function titleOf({ kind, broadcaster, n, inputs }: Named): string {
  const whose = broadcaster === null ? '' : `${capital(broadcaster)}’s `;
  switch (kind) {
    case 'funding':
      return 'Funding';
    case 'close':
      return 'Close together';
    case 'commitment':
      return sentence(`${whose}commitment${state(n)}`);
    case 'revokedCommitment':
      return sentence(`${whose}old commitment${state(n)}`);
    case 'arbitrated':
      return 'The utility’s decision';
    case 'anchorChild':
      return sentence(`${whose}fee child`);
    case 'claim':
      return sentence(`${whose}claim${claimed(inputs)}`);
    case 'justice':
      return sentence(`${whose}justice`);
    default:
      return 'Another spend';
  }
}

/** What a claim takes, where it is one thing. */
function claimed(inputs: Named['inputs']): string {
  const things = new Set(inputs.map(({ what }) => what));
  const [thing] = things;
  if (things.size !== 1) return '';
  return thing === 'delivery' ? ': a unit' : ': its balance';
}

/** What it does and why it is there. */
export function purposeOf({ kind, broadcaster, n, inputs }: Named): {
  readonly text: string;
  readonly section: Section;
} {
  const who = broadcaster === null ? 'a party' : `the ${broadcaster}`;
  const takesUnit = inputs.some(({ what }) => what === 'delivery');
  return PURPOSES[kind]({ who, n: n ?? '', victim: victimOf(broadcaster), takesUnit });
}

interface Facts {
  readonly who: string;
  readonly n: string;
  readonly victim: string;
  /** Whether it takes payment and bond of a unit. */
  readonly takesUnit: boolean;
}

const PURPOSES: Readonly<
  Record<TransactionKind, (facts: Facts) => { readonly text: string; readonly section: Section }>
> = {
  funding: () => ({
    text: 'Opens the channel. Each party brings coins of its own, and all of them go into one output that any two of the three can spend together. Nobody can take it alone.',
    section: 'funding',
  }),
  close: () => ({
    text: 'Ends the channel with both traders’ signatures. It pays each party its balance at once, without any delay.',
    section: 'close',
  }),
  commitment: ({ who, n }) => ({
    text: `${capital(who)} left the channel alone, with state ${n}. It spends the funding output with the signature that the other trader gave when that state was agreed on.`,
    section: 'commitment',
  }),
  revokedCommitment: ({ who, n, victim }) => ({
    text: `A cheat: ${who} published state ${n}, which it had given up for a newer one. By that it had handed over the secret of this state, and with it ${victim} can take all that ${who} has in here.`,
    section: 'breach',
  }),
  arbitrated: () => ({
    text: 'The utility decided, and signed this with one trader. Units that the meter showed pay their seller; payment and bond of any other are the utility’s. Every balance goes to its owner, without any delay.',
    section: 'penalty',
  }),
  unknownSpend: () => ({
    text: 'It spent the funding output, and this node cannot rebuild it: it is newer than what this node knows, or none of its own.',
    section: '12-watching-the-chain',
  }),
  anchorChild: ({ who }) => ({
    text: `Pays for the commitment. ${capital(who)} spends its anchor together with a coin of the own wallet, so that miners earn more when they take both.`,
    section: 'anchor-child',
  }),
  claim: ({ who, takesUnit }) => ({
    text: takesUnit
      ? who === 'the utility'
        ? 'The utility takes payment and bond of a unit that was not delivered, after its expiry. Nobody had shown the secret of the unit by then.'
        : `${capital(who)} takes payment and bond of a unit that it sold. It shows the secret of the unit, which the utility had given out when the meter saw the delivery.`
      : `${capital(who)} takes its balance out of the commitment to its own wallet, as soon as the script allows it.`,
    section: 'claims',
  }),
  justice: ({ who }) => ({
    text: `The answer to the cheat: ${who} takes what the cheat had, by the revocation key, before the cheat’s own delay is over. What the utility is owed goes to the utility.`,
    section: 'breach',
  }),
};

/** One output, told. */
export interface OutputWords {
  /** What it is, in a few words. */
  readonly name: string;
  /** Whom it pays; null while that is open. */
  readonly who: Role | null;
  /** From when on, and why. */
  readonly when: string;
}

/** Who gets an output, from when on, and why. */
export function outputWords(transaction: ChannelTransaction, output: TransactionOutput): OutputWords {
  return { name: outputName(transaction, output), who: output.owner, when: whenOf(transaction, output) };
}

/** What an output is, in a few words. */
export function outputName(
  { broadcaster }: Pick<ChannelTransaction, 'broadcaster'>,
  { what, owner }: Pick<TransactionOutput, 'what' | 'owner'>,
): string {
  switch (what) {
    case 'toBroadcaster':
      if (broadcaster === null || owner === broadcaster) return owner ?? 'a balance';
      return owner === null ? broadcaster : `${broadcaster}’s, taken`;
    case 'funding':
      return 'the channel, 2 of 3';
    case 'change':
      return owner === null ? 'change' : `${owner}’s change`;
    case 'delivery':
      return owner === null ? 'a unit in flight' : `unit: ${owner}’s`;
    case 'anchor':
      return 'anchor';
    case 'unrecognised':
      return 'unknown script';
    case 'coin':
      return owner === null ? 'coin' : `${owner}’s coin`;
    default:
      return owner === null ? 'a balance' : `${owner}`;
  }
}

function whenOf(transaction: ChannelTransaction, output: TransactionOutput): string {
  const { kind } = transaction;
  const { owner, what } = output;
  const whose = owner === null ? 'its owner' : `the ${owner}`;
  switch (what) {
    case 'funding':
      return 'Any two of consumer, producer and utility spend it together.';
    case 'change':
      return `What was brought and not needed comes back to ${whose}.`;
    case 'payout':
      return `Paid to ${whose}’s wallet at once.`;
    case 'anchor':
      return 'Anyone may spend it. It is there so that a child can pay a higher fee.';
    case 'toBroadcaster':
      return ownBalance(transaction, output);
    case 'toCounterparty':
    case 'toUtility':
      return `The balance of ${whose}, ${fromBlock(transaction, relativeLock(output) ?? 1)}.`;
    case 'delivery':
      return delivery(transaction, output);
    case 'coin':
      return 'A coin of a wallet.';
    default:
      return kind === 'revokedCommitment' || kind === 'commitment'
        ? 'This node has no record of the state that this output belongs to.'
        : 'This node does not know whose script it is.';
  }
}

function ownBalance(transaction: ChannelTransaction, output: TransactionOutput): string {
  const { broadcaster, kind } = transaction;
  const delay = relativeLock(output);
  const who = broadcaster === null ? 'Its publisher' : `The ${broadcaster}`;
  if (kind === 'revokedCommitment')
    return `What the cheat says is its own. For ${delay === null ? 'its delay' : blocks(delay)} only ${victimOf(broadcaster)} can take it, by the revocation key.`;
  return `${who} published this, so its own balance waits: it is free ${fromBlock(transaction, delay)}. In that time the other trader could answer, if it were an old state.`;
}

function delivery(transaction: ChannelTransaction, output: TransactionOutput): string {
  const expiry = absoluteLock(output);
  const late = expiry === null ? 'after its expiry' : `from block ${expiry + 1} on`;
  const punished =
    transaction.kind === 'revokedCommitment' && /^wsh\(or_i\(pk\(/.test(output.descriptor)
      ? ` ${capital(victimOf(transaction.broadcaster))} can take it by the revocation key.`
      : '';
  return `Payment and bond of a unit. With the secret that the utility shows when the meter saw it, they are the seller’s; without it the utility’s, ${late}.${punished}`;
}

/** From when on a relative lock of so many blocks lets it be taken. */
function fromBlock({ height }: ChannelTransaction, delay: number | null): string {
  if (delay === null) return 'after its delay';
  if (height !== null) return `from block ${height + delay} on`;
  return `${blocks(delay)} after this is in a block`;
}

/** What happened to an output. */
export function fateOf(
  { spentBy, what }: Pick<TransactionOutput, 'spentBy' | 'what'>,
  transactions: readonly ChannelTransaction[],
): { readonly text: string; readonly by: string | null } {
  if (spentBy === null) return { text: what === 'change' ? '' : 'Not spent yet.', by: null };
  const spender = transactions.find(({ txid }) => txid === spentBy);
  if (spender === undefined)
    return { text: `Spent by ${shortId(spentBy)}, which is no transaction of this channel.`, by: null };
  const verb = spender.height === null ? 'Being spent by' : 'Spent by';
  return { text: `${verb} “${titleOf(spender)}”.`, by: spentBy };
}

/** How far a transaction is: `in block 120, 3 confirmations`. */
export function standingText(
  { status, height }: Pick<ChannelTransaction, 'status' | 'height'>,
  tip: number | null,
): string {
  if (height !== null) {
    const count = confirmations({ height }, tip);
    return `in block ${height}, ${count === 1 ? '1 confirmation' : `${count} confirmations`}`;
  }
  return status === 'mempool'
    ? 'waits for a block'
    : 'sent, but not in the Bitcoin node’s mempool: it is sent again with each block';
}

function victimOf(broadcaster: Role | null): string {
  return broadcaster === 'consumer' || broadcaster === 'producer'
    ? `the ${other(broadcaster satisfies Trader)}`
    : 'the one who was cheated';
}

function state(n: string | null): string {
  return n === null ? '' : ` ${n}`;
}

function sentence(text: string): string {
  return capital(text);
}
