import { deliverUnpaid, fetchCoins, isSettling, mineUntil, tell, trade, unitInFlight } from '../acts.ts';
import type { Scenario } from '../scene.ts';

export const unilateral: Scenario = {
  name: 'unilateral',
  title: 'the consumer falls silent, owing for a unit that came',
  plot: 'This time the sun shines and the consumer disappears, right after an order. The producer delivers all the same. The utility vouches for the unit by giving it a secret, and with that secret the producer can take the payment from the chain: no signature of the consumer is needed.',
  units: 3,
  unpaid: 1,
  play: async (scene) => {
    const { stage, units } = scene;
    await trade(scene, 1);
    const { deadline, expiry } = unitInFlight(scene, 'producer');
    tell(scene, `Unit ${units + 1} is ordered, due before block ${deadline}.`);
    await stage.silence('consumer');
    tell(scene, 'The consumer goes silent: no message reaches it, and none comes.');
    await deliverUnpaid(scene);
    tell(scene, 'The unit comes; the utility checks the meter and gives the producer the secret.');
    await mineUntil(scene, () => isSettling(scene, 'producer'), 'the producer closes alone');
    tell(scene, 'The deadline, and no payment: the producer publishes the newest state both have signed.');
    await stage.mine();
    tell(scene, `It has until block ${expiry} to take the payment with the secret, after a waiting time.`);
    await fetchCoins(scene);
    return {
      units: [...new Array(units).fill('paid'), 'claimed'],
      ending: { type: 'commitment' },
      why: 'Everything that was delivered is paid, by someone who is not there. No grid fee for the last unit: that is credited only when both traders settle a unit in the channel.',
    };
  },
};
