import { commitmentReserveSat } from '../../../../src/tx/contract.ts';
import type { ChannelDetail } from '../../nodes/node.ts';
import { AMOUNT_PROBLEMS, parseSat, satText } from '../../text/amounts.ts';
import type { Problem } from '../../text/problem.ts';

type Params = Pick<NonNullable<ChannelDetail['params']>, 'maxInFlight'>;
type Delivery = Pick<ChannelDetail['deliveries'][number], 'paymentMsat' | 'bondMsat'>;

/** A settlement that pays all three, in virtual bytes. */
const SETTLEMENT_VBYTES = 230n;

/** The most that a settlement by the utility may cost: the commitment reserve and what is in flight, satoshi. */
export function mostArbitrationFee({ maxInFlight }: Params, deliveries: readonly Delivery[]): bigint {
  const inFlight = deliveries.reduce(
    (sum, { paymentMsat, bondMsat }) => sum + BigInt(paymentMsat) + BigInt(bondMsat),
    0n,
  );
  return commitmentReserveSat(maxInFlight) + inFlight / 1000n;
}

/** What it costs at a fee rate (satoshi per 1,000 vB), as far as it may. */
export function usualArbitrationFee(feeRate: bigint, most: bigint): bigint {
  const fee = (SETTLEMENT_VBYTES * feeRate + 999n) / 1000n;
  return fee < most ? fee : most;
}

/** Reads the fee that a person typed. */
export function readArbitrationFee(
  text: string,
  most: bigint,
): { readonly sat: bigint } | { readonly problem: string | Problem } {
  const read = parseSat(text);
  if ('problem' in read) return { problem: AMOUNT_PROBLEMS[read.problem] };
  if (read.sat <= most) return read;
  return {
    problem: {
      what: `No balance ever pays for a decision: ${satText(most)} sat are there for it.`,
      wayOut: `Name at most ${satText(most)} sat.`,
    },
  };
}
