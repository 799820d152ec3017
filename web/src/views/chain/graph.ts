import type { ChannelTransaction, TransactionOutput } from './transaction.ts';

/** Pixels. A box has its head and one line for each output. */
export const BOX = { width: 272, head: 58, line: 26, foot: 8 } as const;
const GAP = { x: 64, y: 22 } as const;
const EDGE = 4;

/** What the layout needs of a transaction. */
export type GraphTransaction = Pick<ChannelTransaction, 'txid' | 'inputs'> & {
  readonly outputs: readonly Pick<TransactionOutput, 'vout'>[];
};

export interface GraphBox<T> {
  readonly transaction: T;
  /** How many transactions of the channel it descends from, one after the other. */
  readonly generation: number;
  readonly x: number;
  readonly y: number;
  readonly height: number;
}

/** An output and the transaction that spends it. */
export interface GraphEdge {
  readonly from: string;
  readonly vout: number;
  readonly to: string;
  /** As SVG draws it. */
  readonly path: string;
}

export interface Graph<T> {
  readonly width: number;
  readonly height: number;
  readonly boxes: readonly GraphBox<T>[];
  readonly edges: readonly GraphEdge[];
}

/**
 * The transactions in columns, each one column to the right of the last that it spends; within a column in the order of
 * the outputs that they spend, so that edges cross little. Every spent output of a drawn transaction is an edge.
 */
export function layout<T extends GraphTransaction>(transactions: readonly T[]): Graph<T> {
  const generations = generationsOf(transactions);
  const boxes: GraphBox<T>[] = [];
  const columns = new Map<number, number>();
  const placed = new Map<string, GraphBox<T>>();
  const ordered = [...transactions].sort((a, b) => generationOf(a) - generationOf(b));
  function generationOf({ txid }: T): number {
    return generations.get(txid) ?? 0;
  }
  for (const generation of new Set(ordered.map(generationOf))) {
    const column = ordered.filter((each) => generationOf(each) === generation);
    for (const transaction of column.sort((a, b) => portOf(a, placed) - portOf(b, placed))) {
      const y = columns.get(generation) ?? EDGE;
      const height = BOX.head + BOX.line * transaction.outputs.length + BOX.foot;
      const box = { transaction, generation, x: EDGE + generation * (BOX.width + GAP.x), y, height };
      boxes.push(box);
      placed.set(transaction.txid, box);
      columns.set(generation, y + height + GAP.y);
    }
  }
  return {
    width: Math.max(0, ...boxes.map(({ x }) => x + BOX.width)) + EDGE,
    height: Math.max(0, ...boxes.map(({ y, height }) => y + height)) + EDGE,
    boxes,
    edges: boxes.flatMap((box) => edgesTo(box, placed)),
  };
}

/** The middle of an output’s line. */
export function lineY(box: Pick<GraphBox<GraphTransaction>, 'y' | 'transaction'>, vout: number): number {
  const index = box.transaction.outputs.findIndex((output) => output.vout === vout);
  return box.y + BOX.head + BOX.line * (Math.max(0, index) + 0.5);
}

function generationsOf(transactions: readonly GraphTransaction[]): ReadonlyMap<string, number> {
  const byId = new Map(transactions.map((each) => [each.txid, each]));
  const found = new Map<string, number>();
  const visit = (txid: string): number => {
    const known = found.get(txid);
    if (known !== undefined) return known;
    found.set(txid, 0);
    const parents = (byId.get(txid)?.inputs ?? []).filter((input) => byId.has(input.txid));
    const generation = Math.max(0, ...parents.map((parent) => visit(parent.txid) + 1));
    found.set(txid, generation);
    return generation;
  };
  for (const { txid } of transactions) visit(txid);
  return found;
}

/** Where the first drawn output that it spends is, from the top. */
function portOf<T extends GraphTransaction>({ inputs }: T, placed: ReadonlyMap<string, GraphBox<T>>): number {
  const ports = inputs.flatMap(({ txid, vout }) => {
    const box = placed.get(txid);
    return box === undefined ? [] : [lineY(box, vout)];
  });
  return Math.min(Number.MAX_SAFE_INTEGER, ...ports);
}

function edgesTo<T extends GraphTransaction>(
  to: GraphBox<T>,
  placed: ReadonlyMap<string, GraphBox<T>>,
): readonly GraphEdge[] {
  return to.transaction.inputs.flatMap(({ txid, vout }) => {
    const from = placed.get(txid);
    if (from === undefined) return [];
    const [x0, y0, x1, y1] = [from.x + BOX.width, lineY(from, vout), to.x, to.y + BOX.head / 2];
    const bend = (x1 - x0) / 2;
    const path = `M${x0} ${y0}C${x0 + bend} ${y0} ${x1 - bend} ${y1} ${x1} ${y1}`;
    return [{ from: txid, vout, to: to.transaction.txid, path }];
  });
}
