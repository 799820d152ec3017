import { sat } from '../../../src/base/amount.ts';
import type { Role } from '../../../src/base/role.ts';
import { ROLES } from '../../../src/base/role.ts';
import { spendFunding } from '../../../src/channel/localSigner.ts';
import { fundingSpec } from '../../../src/tx/commitment.ts';
import { fundingValueSat } from '../../../src/tx/contract.ts';
import { absoluteLock } from '../../../src/tx/spending.ts';
import { type Tx, unsignedInput } from '../../../src/tx/transaction.ts';
import { type Attack, attackOf, LIVE } from '../attack.ts';
import type { Attacker } from '../attacker.ts';
import { letterOf } from '../coalition.ts';

const FEE = 2_000n;

/** All coins of the channel to the coalition. */
function takeAll(attacker: Attacker, locktime: number): Tx {
  const { contract, payout } = attacker;
  const value = sat(fundingValueSat(contract) - FEE);
  return {
    version: 2,
    inputs: [unsignedInput(contract.funding)],
    outputs: [{ value, script: payout }],
    locktime,
  };
}

function signedByBoth(attacker: Attacker, [first, second]: readonly [Role, Role]): Tx {
  const { contract } = attacker;
  const locktime = absoluteLock({
    path: 'twoOfThree',
    spec: fundingSpec(contract),
    signers: [first, second],
  });
  const tx = takeAll(attacker, locktime);
  const signatures = [attacker.signFunding(tx, first), attacker.signFunding(tx, second)] as const;
  return spendFunding(contract, tx, [first, second], signatures);
}

const PAIRS: readonly (readonly [Role, Role])[] = [
  ['consumer', 'utility'],
  ['producer', 'utility'],
  ['consumer', 'producer'],
];

const ofPair = (pair: readonly [Role, Role]): readonly Attack[] => {
  const letters = pair.map(letterOf).join('');
  const withUtility = pair.includes('utility');
  return [
    attackOf({
      name: `sign-away-${letters}`,
      what: `${pair.map(letterOf).join(' and ')} sign a spend of the funding output that pays all of it to themselves`,
      needs: pair,
      stages: ['opening', ...LIVE, 'closing', 'away', 'awayLong', 'awayPastT', 'afterT'],
      run: async (attacker) => {
        await attacker.submit('all to the coalition', signedByBoth(attacker, pair));
      },
    }),
    ...(withUtility
      ? [
          attackOf({
            name: `sign-early-${letters}`,
            what: `the same before T, with the locktime of T and with none`,
            needs: pair,
            stages: ['idle', 'ordered', 'closing'],
            modes: ['afterHeight'],
            refused: true,
            run: async (attacker) => {
              await attacker.submit('before T', signedByBoth(attacker, pair));
              const tx = takeAll(attacker, 0);
              const signatures = [
                attacker.signFunding(tx, pair[0]),
                attacker.signFunding(tx, pair[1]),
              ] as const;
              const now = spendFunding(attacker.contract, tx, pair, signatures);
              await attacker.submit('without a locktime', now);
            },
          }),
          attackOf({
            name: `sign-at-T-${letters}`,
            what: `the same at T, silent until then`,
            needs: pair,
            stages: ['idle', 'delivered'],
            modes: ['afterHeight'],
            run: async (attacker) => {
              await attacker.blocksUntil(attacker.world.settlementHeight);
              await attacker.submit('at T', signedByBoth(attacker, pair));
            },
          }),
        ]
      : []),
  ];
};

export const SIGN: readonly Attack[] = [
  ...PAIRS.flatMap(ofPair),
  ...ROLES.map((role) =>
    attackOf({
      name: `sign-alone-${letterOf(role)}`,
      what: `${letterOf(role)} spends the funding output with its own signature in two places`,
      needs: [role],
      stages: ['idle', 'awayPastT'],
      refused: true,
      run: async (attacker) => {
        for (const other of ROLES.filter((each) => each !== role)) {
          const { contract } = attacker;
          const signers = [role, other] as const;
          const locktime = absoluteLock({ path: 'twoOfThree', spec: fundingSpec(contract), signers });
          const tx = takeAll(attacker, locktime);
          const signature = attacker.signFunding(tx, role);
          await attacker.submit(
            `own signature twice, as ${letterOf(other)}’s`,
            spendFunding(contract, tx, signers, [signature, signature]),
          );
        }
      },
    }),
  ),
];
