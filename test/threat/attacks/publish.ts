import type { Trader } from '../../../src/base/role.ts';
import { TRADERS } from '../../../src/base/role.ts';
import { type Attack, attackOf, IN_FLIGHT, LIVE } from '../attack.ts';
import { letterOf } from '../coalition.ts';
import { DELAY, MARGIN, WINDOW } from '../fixture.ts';

/** The commitments that a trader has before its last one, in the longest story. */
const REVOKED = [0, 1, 2, 3];

const ofTrader = (trader: Trader): readonly Attack[] => [
  ...REVOKED.map((n) =>
    attackOf({
      name: `revoked-${n}-${letterOf(trader)}`,
      what: `${letterOf(trader)} publishes its revoked commitment ${n}`,
      needs: [trader],
      stages: [...LIVE, 'closing', 'away', 'awayLong', 'awayPastT', 'afterT'],
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
    stages: ['opening', ...LIVE, 'closing', 'away', 'awayPastT'],
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
  ...REVOKED.flatMap((n) =>
    TRADERS.map((broadcaster) =>
      attackOf({
        name: `proved-${n}-${letterOf(broadcaster)}`,
        what: `U adds its signature to the one in ${letterOf(broadcaster)}’s state proof ${n} and publishes that commitment`,
        needs: ['utility'],
        stages: [...LIVE, 'awayLong', 'awayPastT'],
        run: async (attacker) => {
          const state = attacker
            .provedStates('utility')
            .find((each) => each.broadcaster === broadcaster && each.balances.n === BigInt(n));
          if (state === undefined) return;
          const other = broadcaster === 'consumer' ? 'producer' : 'consumer';
          const { tx } = attacker.build(state);
          const signed = attacker.cosign(tx, 'utility', { role: other, signature: state.signature });
          await attacker.submit(`proved commitment ${n}`, signed);
        },
      }),
    ),
  ),
];
