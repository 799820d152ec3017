import { type Attack, attackOf } from '../attack.ts';

/** What the utility does alone, or with an accomplice, by its word on the meters. */
export const WORD: readonly Attack[] = [
  attackOf({
    name: 'silent-U',
    what: 'U says nothing more, takes deliveries at their expiry, and signs nothing',
    needs: ['utility'],
    stages: ['idle', 'ordered', 'delivered', 'attested', 'refused', 'closing', 'awayPastT'],
    joint: true,
    run: async () => {},
  }),
  attackOf({
    name: 'refuse-U',
    what: 'U refuses, signed, a unit that the meters covered, and takes it at expiry',
    needs: ['utility'],
    stages: ['ordered', 'delivered'],
    run: async (attacker) => {
      // its node never sees the reading, so at the deadline it refuses by itself
      await attacker.puppet('utility', { listens: (_, { type }) => type !== 'meter_reading' });
      await attacker.world.blocks(8);
      await attacker.retrieve('utility');
    },
  }),
  attackOf({
    name: 'take-attested-U',
    what: 'U claims at expiry what it attested, whoever publishes',
    needs: ['utility'],
    stages: ['attested'],
    run: async (attacker) => {
      attacker.world.network.offline(attacker.identity.nodeIds.utility);
    },
  }),
  attackOf({
    name: 'false-attest-BU',
    what: 'U gives B the secret of a unit that never came, and B takes the payment with it',
    needs: ['producer', 'utility'],
    stages: ['ordered', 'refused'],
    run: async (attacker) => {
      const state = attacker.ownStates('producer').at(-1);
      if (state !== undefined) await attacker.submit('newest commitment', attacker.complete(state));
    },
  }),
  attackOf({
    name: 'silent-trader-A',
    what: 'A falls silent',
    needs: ['consumer'],
    stages: ['opening', 'idle', 'ordered', 'attested', 'refused', 'closing'],
    run: async () => {},
  }),
  attackOf({
    name: 'silent-trader-B',
    what: 'B falls silent',
    needs: ['producer'],
    stages: ['opening', 'idle', 'ordered', 'attested', 'refused', 'closing'],
    run: async () => {},
  }),
];
