import { closeTogether, expectThat, mineUntil, tell, trade, unitInFlight } from '../acts.ts';
import type { Scenario } from '../scene.ts';

export const forfeit: Scenario = {
  name: 'forfeit',
  title: 'a unit does not come, and the producer admits it',
  plot: 'A cloud comes: the producer has taken an order and its meter shows no energy. When the deadline has passed the two traders sign the loss into the channel, so that it costs no transaction at all. The utility, which had to deliver in the producer’s place, gets the payment and the stake.',
  units: 3,
  unpaid: 1,
  play: async (scene) => {
    const { stage, units } = scene;
    await trade(scene, 1);
    const { deadline } = unitInFlight(scene, 'consumer');
    tell(scene, `Unit ${units + 1} is ordered, due before block ${deadline}. The meter stands still.`);
    await mineUntil(scene, () => stage.said('consumer', 'unitRefused') > 0, 'the utility refuses the unit');
    tell(scene, 'The deadline: the utility signs that by the meter nothing was delivered.');
    await mineUntil(scene, () => stage.said('producer', 'unitForfeited') > 0, 'the unit is forfeited');
    expectThat(stage.said('consumer', 'unitForfeited') === 1, 'both traders signed the forfeit');
    tell(
      scene,
      'Two blocks of grace later the producer signs the loss, as the consumer proposes: off-chain.',
    );
    const ending = await closeTogether(scene);
    return {
      units: [...new Array(units).fill('paid'), 'forfeited'],
      ending,
      why: 'The producer broke its word and lost its stake; the consumer’s payment for that unit went to the utility as well, which kept the consumer’s lights on. All the rest is as if nothing had happened.',
    };
  },
};
