/** A block that the node follows. */
export interface SeenBlock {
  readonly height: number;
  readonly hash: string | null;
  /** When this page saw it come, milliseconds; null where it was there before or came with others. */
  readonly seenAt: number | null;
}

/** So many blocks are shown. */
export const STRIP = 8;

/**
 * The strip of blocks, newest last, when the node says that its tip is `height` with `hash` at the time `now`. Blocks that
 * it names no more are gone: another stands at their height. `blocks` is empty at the first time.
 */
export function withTip(
  blocks: readonly SeenBlock[],
  { height, hash }: { readonly height: number; readonly hash: string | null },
  now: number,
): readonly SeenBlock[] {
  const last = blocks.at(-1);
  if (last !== undefined && last.height === height && last.hash === hash) return blocks;
  const known = new Map(blocks.filter((each) => each.height < height).map((each) => [each.height, each]));
  const first = Math.max(0, height - STRIP + 1);
  const below = Array.from({ length: height - first }, (_, index): SeenBlock => {
    const at = first + index;
    return known.get(at) ?? { height: at, hash: null, seenAt: null };
  });
  return [...below, { height, hash, seenAt: last === undefined ? null : now }];
}

/** How many of these transactions are in each block; one that is named twice counts once. */
export function countByHeight(
  transactions: readonly { readonly txid: string; readonly height: number | null }[],
): ReadonlyMap<number, number> {
  const heights = new Map(transactions.map(({ txid, height }) => [txid, height]));
  const counts = new Map<number, number>();
  for (const height of heights.values())
    if (height !== null) counts.set(height, (counts.get(height) ?? 0) + 1);
  return counts;
}

/** How long ago: `just now`, `12 s`, `3 min`, `2 h`. */
export function agoText(milliseconds: number): string {
  const seconds = Math.floor(milliseconds / 1000);
  if (seconds < 1) return 'just now';
  if (seconds < 60) return `${seconds} s ago`;
  return seconds < 3600 ? `${Math.floor(seconds / 60)} min ago` : `${Math.floor(seconds / 3600)} h ago`;
}
