import { toHex } from '../src/index.ts';
import { ROLES } from './accounting.ts';
import { type Audit, contractOf } from './audit.ts';
import type { Outcomes, Scene } from './scene.ts';

/**
 * The facts of one scenario for a program: amounts as decimal strings, bytes as hexadecimal. Holds nothing that
 * differs between two runs with the same options.
 */
export function scenarioReport(
  name: string,
  scene: Scene,
  { accounts, coins, facts, foundSat, outputs, problems }: Audit,
  outcomes: Outcomes,
): unknown {
  const { params, keys, funding, contributions } = contractOf(scene.stage);
  const { coefficients, unitEnergyWh } = scene.week;
  return plain({
    scenario: name,
    correct: problems.length === 0,
    problems,
    channel: { params, contributionsMsat: contributions, keys, funding },
    market: { unitEnergyWh, coefficients },
    units: facts.units,
    ending: outcomes.ending,
    ...(outcomes.evidence === undefined ? {} : { evidence: outcomes.evidence }),
    transactions: scene.stage.transactions.map(({ txid, purpose, by, feeSat, vsize, height, hex }) => ({
      ...{ txid, purpose, by, feeSat, vsize, height, hex },
    })),
    outputs,
    parties: Object.fromEntries(
      ROLES.map((role) => [
        role,
        {
          startedSat: facts.startedSat[role],
          contributionSat: facts.contributionsSat[role],
          accountsMsat: accounts.lines.map(({ label, amounts }) => ({ label, amount: amounts[role] })),
          expectedSat: accounts.expectedSat[role],
          foundSat: foundSat[role],
          coins: coins[role],
        },
      ]),
    ),
  });
}

/** The same as JSON can hold it: a `bigint` as its decimals, bytes as hexadecimal. */
export function plain(value: unknown): unknown {
  if (typeof value === 'bigint') return value.toString();
  if (value instanceof Uint8Array) return toHex(value);
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, plain(item)]));
}
