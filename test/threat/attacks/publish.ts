import { counterpartyOf, TRADERS, type Trader } from '../../../src/base/role.ts';
import { type Attack, attackOf, IN_FLIGHT } from '../attack.ts';
import { letterOf } from '../coalition.ts';
import { DELAY, MARGIN, WINDOW } from '../fixture.ts';
import type { StageName } from '../stages.ts';

/** The commitments that a trader has before its last one, and where publishing them says something new. */
const REVOKED: readonly (readonly [number, readonly StageName[]])[] = [
  [0, ['idle', 'awayLong']],
  [1, ['idle', 'refused', 'closing', 'afterT', 'away', 'awayLong', 'awayPastT']],
  [2, ['idle', 'delivered']],
  [3, ['ordered', 'attested', 'refused']],
];

/** The same for states that were proved to the utility. */
const PROVED: readonly (readonly [number, readonly StageName[]])[] = [
  [1, ['idle', 'attested', 'awayPastT']],
  [2, ['idle']],
  [3, ['ordered', 'closing']],
];

const ofTrader = (trader: Trader): readonly Attack[] => [
  ...REVOKED.map(([n, stages]) =>
    attackOf({
      name: `revoked-${n}-${letterOf(trader)}`,
      what: `${letterOf(trader)} publishes its revoked commitment ${n}`,
      needs: [trader],
      stages,
      joint: n % 2 === 1,
      run: async (attacker) => {
        const states = attacker.ownStates(trader);
        const state = states.find(({ balances }) => balances.n === BigInt(n));
        if (state === undefined || state === states.at(-1)) return;
        await attacker.submit(`revoked commitment ${n}`, attacker.complete(state));
      },
    }),
  ),
  attackOf({
    name: `newest-${letterOf(trader)}`,
    what: `${letterOf(trader)} publishes its newest commitment at once`,
    needs: [trader],
    stages: ['opening', 'idle', 'ordered', 'attested', 'closing', 'away'],
    run: async (attacker) => {
      const state = attacker.ownStates(trader).at(-1);
      if (state !== undefined) await attacker.submit('newest commitment', attacker.complete(state));
    },
  }),
  attackOf({
    name: `newest-late-${letterOf(trader)}`,
    what: `${letterOf(trader)} is silent until a delivery in flight has expired, then publishes its newest commitment`,
    needs: [trader],
    stages: IN_FLIGHT,
    run: async (attacker) => {
      await attacker.blocks(WINDOW + DELAY + MARGIN + 2);
      const state = attacker.ownStates(trader).at(-1);
      if (state !== undefined) await attacker.submit('newest commitment', attacker.complete(state));
    },
  }),
];

/** Publishing what was signed once. */
export const PUBLISH: readonly Attack[] = [
  ...TRADERS.flatMap(ofTrader),
  ...PROVED.flatMap(([n, stages]) =>
    TRADERS.map((broadcaster) =>
      attackOf({
        name: `proved-${n}-${letterOf(broadcaster)}`,
        what: `U adds its signature to the one in ${letterOf(broadcaster)}’s state proof ${n} and publishes that commitment`,
        needs: ['utility'],
        stages,
        run: async (attacker) => {
          const state = attacker
            .provedStates('utility')
            .find((each) => each.broadcaster === broadcaster && each.balances.n === BigInt(n));
          if (state === undefined) return;
          const other = counterpartyOf(broadcaster);
          const { tx } = attacker.build(state);
          const signed = attacker.cosign(tx, 'utility', { role: other, signature: state.signature });
          await attacker.submit(`proved commitment ${n}`, signed);
        },
      }),
    ),
  ),
];
