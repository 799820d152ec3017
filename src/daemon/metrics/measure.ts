import type { PerRole } from '../../base/role.ts';
import type { BlockRef, Chain } from '../../chain/port.ts';
import type { Node } from '../../node/node.ts';

/** The node as it is now, as numbers for a chart: exact up to 2^53. */
export interface Measured {
  /** How many channels are in each state. */
  readonly channels: Readonly<Record<string, number>>;
  readonly halted: number;
  readonly walletSat: Readonly<Record<string, number>>;
  /** By party, over the newest states of a trader's live channels. */
  readonly balanceMsat: PerRole<number>;
  readonly deliveries: number;
  readonly inFlightMsat: number;
  readonly height: number;
  /** `null` when bitcoind does not answer. */
  readonly blocksBehind: number | null;
}

export async function measure(node: Node, chain: Chain): Promise<Measured> {
  const handles = node.channels();
  const ledgers = handles.flatMap(({ ledger }) => (ledger === undefined ? [] : [ledger]));
  const deliveries = ledgers.flatMap((ledger) => ledger.deliveries);
  const { confirmed, pendingIn, reserved, spendable } = node.wallet.balance();
  return {
    channels: countedBy(handles.map(({ state }) => state.type)),
    halted: handles.filter(({ halted }) => halted !== undefined).length,
    walletSat: {
      confirmed: Number(confirmed),
      unconfirmed: Number(pendingIn),
      reserved: Number(reserved),
      spendable: Number(spendable),
    },
    balanceMsat: {
      consumer: sum(ledgers.map(({ consumerMsat }) => consumerMsat)),
      producer: sum(ledgers.map(({ producerMsat }) => producerMsat)),
      utility: sum(ledgers.map(({ utilityMsat }) => utilityMsat)),
    },
    deliveries: deliveries.length,
    inFlightMsat: sum(deliveries.map(({ paymentMsat, bondMsat }) => paymentMsat + bondMsat)),
    height: heightOf(node),
    blocksBehind: await blocksBehind(node, chain),
  };
}

/** Height of the last block that the node's wallet has taken in. */
export function heightOf(node: Node): number {
  return node.wallet.state().tip?.height ?? 0;
}

/** A chain that is down is asked again and again for longer than whoever wants a page waits. */
const PATIENCE_MS = 2_000;

/** How many blocks of the chain the node has yet to take in; `null` when the chain does not answer soon. */
export async function blocksBehind(node: Node, chain: Chain): Promise<number | null> {
  const seen = await tipSoon(chain);
  return seen === null ? null : Math.max(0, seen.height - heightOf(node));
}

/** The chain's tip; `null` when it does not answer soon. */
export async function tipSoon(chain: Chain): Promise<BlockRef | null> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const patience = new Promise<null>((resolve) => {
    timer = setTimeout(() => resolve(null), PATIENCE_MS);
  });
  const tip = chain.tip().catch(() => null);
  const seen = await Promise.race([tip, patience]);
  clearTimeout(timer);
  return seen;
}

function countedBy(names: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const name of names) counts[name] = (counts[name] ?? 0) + 1;
  return counts;
}

function sum(amounts: readonly bigint[]): number {
  return Number(amounts.reduce((all, each) => all + each, 0n));
}
