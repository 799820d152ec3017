import { expectThat, isSettling, mineUntil, tell, trade, unitInFlight } from '../acts.ts';
import type { Scenario } from '../scene.ts';

/** Named by the consumer; the reserve that it set aside pays for it. */
const PENALTY_FEE_SAT = 500n;

export const arbitrated: Scenario = {
  name: 'arbitrated',
  title: 'a unit does not come, and the utility ends it as an arbiter',
  plot: 'The silent producer again, in a channel of the other kind: here the utility’s signature counts from the start. It judges by the readings it has, leaves the producer time to object, and signs with the consumer one transaction that pays everyone. Cheaper, but the two together could always sign: all must trust the utility.',
  arbitration: 'immediate',
  units: 3,
  unpaid: 1,
  play: async (scene) => {
    const { stage, units } = scene;
    await trade(scene, 1);
    const { deadline } = unitInFlight(scene, 'consumer');
    tell(scene, `Unit ${units + 1} is ordered, due before block ${deadline}. The meter stands still.`);
    await stage.silence('producer');
    tell(scene, 'The producer goes silent: no message reaches it, and none comes.');
    await mineUntil(scene, () => stage.said('consumer', 'unitRefused') > 0, 'the utility refuses the unit');
    await stage.channel('consumer').requestArbitration(PENALTY_FEE_SAT);
    await stage.quiet();
    const { state } = stage.channel('utility');
    expectThat(state.type === 'attesting' && state.arbitration !== null, 'the case is open');
    tell(
      scene,
      `The deadline: nothing was delivered, says the utility. The consumer asks it for the penalty; until block ${state.arbitration.until} the producer may show that it is in the right.`,
    );
    const published = () => stage.transactions.some(({ purpose }) => purpose === 'penalty');
    await mineUntil(scene, published, 'the penalty is on the chain');
    tell(scene, 'Nobody objected: utility and consumer signed, and one transaction paid everyone.');
    expectThat(isSettling(scene, 'utility'), 'the utility sees the channel ended');
    return {
      units: [...new Array(units).fill('paid'), 'penalised'],
      ending: { type: 'penalty', feeSat: PENALTY_FEE_SAT },
      why: 'The producer lost its stake to the utility without being asked; what else it had earned it was paid all the same, in the same transaction.',
    };
  },
};
