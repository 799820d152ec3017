import type { Result } from '../../../../src/base/result.ts';
import type { ChannelDetail } from '../../nodes/node.ts';
import { msatText } from '../../text/amounts.ts';
import type { Problem } from '../../text/problem.ts';

export type Transfer =
  | { readonly msat: bigint; readonly leftMsat: bigint }
  | { readonly problem: string | Problem };

/** What a trader can pay the other: its balance, less what it always keeps. */
export function readTransfer(
  amount: Result<bigint, string>,
  { role, balances, params }: Pick<ChannelDetail, 'role' | 'balances' | 'params'>,
): Transfer {
  if (!amount.ok) return { problem: `The amount ${amount.error}.` };
  if (amount.value === 0n) return { problem: 'Say more than 0.' };
  if (balances === null || params === null || role === 'utility')
    return { problem: 'Only the traders of an open channel pay each other.' };
  const own = BigInt(role === 'consumer' ? balances.consumerMsat : balances.producerMsat);
  const kept = BigInt(role === 'consumer' ? params.consumerReserveMsat : params.producerReserveMsat);
  const most = own > kept ? own - kept : 0n;
  if (amount.value > most)
    return {
      problem: {
        what: `Not enough in this channel: at most ${msatText(most)} sat.`,
        wayOut: `${msatText(kept)} sat always stay on your side, so that you have something to lose.`,
      },
    };
  return { msat: amount.value, leftMsat: own - amount.value };
}
