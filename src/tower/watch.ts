import type { Block, BlockRef, BlockTx } from '../chain/port.ts';
import type { Secp256k1 } from '../crypto/secp256k1.ts';
import type { Tx, Txid } from '../tx/transaction.ts';
import { hintKey, hintOf, type TowerBlob } from './blob.ts';
import {
  type Answer,
  type AnswerTerms,
  answerBreach,
  type Breach,
  isJustice,
  type JusticeError,
  mergeOutputs,
  readJustice,
  type Taken,
} from './breach.ts';

/** What a watchtower knows of the chain. Plain data. */
export interface TowerState {
  /** The last block that was looked at. */
  readonly tip: BlockRef;
  /** Breaches that are not over yet. */
  readonly breaches: readonly Breach[];
}

export type TowerNotice =
  /** A revoked commitment was mined, and these of its outputs can be taken. */
  | {
      readonly type: 'breach';
      readonly txid: Txid;
      readonly height: number;
      readonly vouts: readonly number[];
    }
  /** A reorganisation took the breach back. */
  | { readonly type: 'breachUndone'; readonly txid: Txid }
  /** An output of a breach was spent in a block: to the cheated trader (`justice`) or not. */
  | ({ readonly type: 'taken'; readonly txid: Txid } & Taken)
  /** Nothing can change any more; the breach is forgotten. */
  | { readonly type: 'resolved'; readonly txid: Txid }
  /** A blob with that transaction's hint is of no use. */
  | { readonly type: 'ignored'; readonly txid: Txid; readonly error: JusticeError };

export interface TowerStep {
  readonly state: TowerState;
  readonly notices: readonly TowerNotice[];
}

/** Blocks on top of everything before a breach is forgotten. */
export const FOLLOWED_DEPTH = 100;

export function startTower(tip: BlockRef): TowerState {
  return { tip, breaches: [] };
}

/** The transactions of a block that are shaped like a commitment (protocol section 5): only these are looked up. */
export function suspects({ transactions }: Block): readonly BlockTx[] {
  return transactions.filter(({ tx }) => isCommitmentShaped(tx));
}

function isCommitmentShaped({ version, inputs, locktime }: Tx): boolean {
  const [input] = inputs;
  if (version !== 3 || input === undefined || inputs.length !== 1) return false;
  return input.sequence >>> 24 === 0x80 && locktime >>> 24 === 0x20;
}

/**
 * Takes in the block above the tip.
 *
 * @param blobs what is stored under the hints of the block's {@link suspects}, by `hintKey`
 * @param depth blocks on top of everything before a breach is forgotten
 */
export function connectTower(
  secp: Secp256k1,
  state: TowerState,
  block: Block,
  blobs: ReadonlyMap<string, readonly TowerBlob[]>,
  depth = FOLLOWED_DEPTH,
): TowerStep {
  const notices: TowerNotice[] = [];
  let { breaches } = state;
  for (const each of block.transactions) {
    breaches = breaches.map((breach) => spendIn(breach, each, block.height, notices));
    const found = breachOf(secp, each, block.height, blobs, notices);
    if (found !== undefined) breaches = [...breaches, found];
  }
  const open = breaches.filter((breach) => !isOver(breach, block.height, depth));
  for (const { txid } of breaches.filter((breach) => !open.includes(breach)))
    notices.push({ type: 'resolved', txid });
  return { state: { tip: { height: block.height, hash: block.hash }, breaches: open }, notices };
}

function breachOf(
  secp: Secp256k1,
  suspect: BlockTx,
  height: number,
  blobs: ReadonlyMap<string, readonly TowerBlob[]>,
  notices: TowerNotice[],
): Breach | undefined {
  if (!isCommitmentShaped(suspect.tx)) return undefined;
  const { txid } = suspect;
  const outputs = mergeOutputs(
    (blobs.get(hintKey(hintOf(txid))) ?? []).flatMap((blob) => {
      const read = readJustice(secp, suspect, blob);
      if (!read.ok) notices.push({ type: 'ignored', txid, error: read.error });
      return read.ok ? read.value : [];
    }),
  );
  if (outputs.length === 0) return undefined;
  notices.push({ type: 'breach', txid, height, vouts: outputs.map(({ outpoint }) => outpoint.vout) });
  return { txid, height, outputs, taken: [] };
}

function spendIn(breach: Breach, { txid, tx }: BlockTx, height: number, notices: TowerNotice[]): Breach {
  const taken = tx.inputs.flatMap((input, index): Taken[] => {
    if (input.txid !== breach.txid) return [];
    const output = breach.outputs.find(({ outpoint }) => outpoint.vout === input.vout);
    if (output === undefined) return [];
    return [{ vout: input.vout, by: txid, height, justice: isJustice(output, tx, index) }];
  });
  if (taken.length === 0) return breach;
  for (const each of taken) notices.push({ type: 'taken', txid: breach.txid, ...each });
  return { ...breach, taken: [...breach.taken, ...taken] };
}

function isOver({ outputs, taken }: Breach, tip: number, depth: number): boolean {
  if (taken.length < outputs.length) return false;
  return taken.every(({ height }) => tip - height + 1 >= depth);
}

/** Takes back the block at the tip. A breach that was forgotten by then does not come back. */
export function disconnectTower({ breaches }: TowerState, { height, previousHash }: Block): TowerStep {
  const kept = breaches.filter((breach) => breach.height < height);
  const undone = breaches.filter((breach) => breach.height >= height);
  return {
    state: {
      tip: { height: height - 1, hash: previousHash },
      breaches: kept.map((breach) => ({
        ...breach,
        taken: breach.taken.filter((each) => each.height < height),
      })),
    },
    notices: undone.map(({ txid }) => ({ type: 'breachUndone', txid })),
  };
}

/** Everything to send now; again after each block, until it is in one. See {@link answerBreach}. */
export function answersDue(
  { tip, breaches }: TowerState,
  feeRate: bigint,
  terms?: AnswerTerms,
): readonly Answer[] {
  return breaches.flatMap((breach) => answerBreach(breach, tip.height, feeRate, terms));
}
