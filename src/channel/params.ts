import { MAX_MONEY, type Msat } from '../base/amount.ts';
import { type PerRole, ROLES } from '../base/role.ts';
import type { ChannelParams } from '../tx/contract.ts';
import { HEIGHT_TOLERANCE } from './ledger.ts';

/** A parameter that nobody should agree to, with its value and what is allowed. */
export interface ParamError {
  readonly code: 'badParameter';
  readonly name: string;
  readonly value: string;
  readonly allowed: string;
}

/** Largest relative lock of BIP68, in blocks. */
const MAX_DELAY = 65_535;
/** Lock times from here on are Unix times, not heights. */
const LOCKTIME_THRESHOLD = 500_000_000;

/**
 * The first parameter that is out of range, if any (protocol section 2). Each side checks them before it
 * answers an opening; `height` is its own tip and `chainHash` its own chain.
 */
export function checkParams(
  params: ChannelParams,
  contributions: PerRole<Msat>,
  chainHash: string,
  height: number,
): ParamError | undefined {
  const { consumer, producer } = params.toSelfDelay;
  const total = ROLES.reduce((sum, role) => sum + contributions[role], 0n);
  const longest = Math.max(consumer, producer);
  const leastLife =
    params.deliveryWindow + longest + 2 * params.resolutionMargin + HEIGHT_TOLERANCE + params.minimumDepth;
  const { arbitration, bondPolicy, settlementHeight } = params;
  const checks: readonly [string, unknown, boolean, string][] = [
    ['chainHash', params.chainHash, params.chainHash === chainHash, chainHash],
    [
      'settlementHeight',
      settlementHeight,
      settlementHeight > height + leastLife && settlementHeight < LOCKTIME_THRESHOLD,
      `more than ${leastLife} blocks ahead of ${height}`,
    ],
    [
      'arbitration',
      arbitration.type === 'afterHeight' ? arbitration.height : arbitration.type,
      arbitration.type === 'immediate' || arbitration.height === settlementHeight,
      'immediate, or after the settlement height',
    ],
    ['toSelfDelay.consumer', consumer, consumer >= 1 && consumer <= MAX_DELAY, `1 to ${MAX_DELAY}`],
    ['toSelfDelay.producer', producer, producer >= 1 && producer <= MAX_DELAY, `1 to ${MAX_DELAY}`],
    [
      'dustLimitSat',
      params.dustLimitSat,
      params.dustLimitSat >= 330n && params.dustLimitSat <= 10_000n,
      '330 to 10000',
    ],
    ['maxInFlight', params.maxInFlight, params.maxInFlight >= 1 && params.maxInFlight <= 100, '1 to 100'],
    [
      'bondPolicy',
      bondPolicy.type === 'stake' ? `stake with ${params.maxInFlight} in flight` : bondPolicy.bondPpm,
      bondPolicy.type === 'stake' ? params.maxInFlight === 1 : bondPolicy.bondPpm <= 1_000_000_000,
      'stake with one delivery in flight, or at most 1000 times the payment',
    ],
    ['gridFeePpm', params.gridFeePpm, params.gridFeePpm <= 1_000_000, '0 to 1000000'],
    [
      'deliveryWindow',
      params.deliveryWindow,
      params.deliveryWindow > HEIGHT_TOLERANCE,
      `more than ${HEIGHT_TOLERANCE}`,
    ],
    ['resolutionMargin', params.resolutionMargin, params.resolutionMargin >= 2, 'at least 2'],
    ['minimumDepth', params.minimumDepth, params.minimumDepth >= 1 && params.minimumDepth <= 144, '1 to 144'],
    ['contestWindow', params.contestWindow, params.contestWindow >= 1, 'at least 1'],
    [
      'contributions',
      total,
      total > 0n && total / 1000n < MAX_MONEY && ROLES.every((role) => contributions[role] % 1000n === 0n),
      'whole satoshi, not all zero',
    ],
    [
      'reserveMsat',
      `${params.reserveMsat.consumer}, ${params.reserveMsat.producer}`,
      params.reserveMsat.consumer <= total && params.reserveMsat.producer <= total,
      'at most the capacity',
    ],
    [
      'utilityMaxExposureMsat',
      params.utilityMaxExposureMsat,
      params.utilityMaxExposureMsat > contributions.utility,
      "more than the utility's contribution",
    ],
  ];
  const failed = checks.find(([, , passes]) => !passes);
  if (failed === undefined) return undefined;
  const [name, value, , allowed] = failed;
  return { code: 'badParameter', name, value: String(value), allowed };
}
