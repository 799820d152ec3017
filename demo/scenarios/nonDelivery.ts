import { expectThat, fetchCoins, isSettling, mineUntil, tell, trade, unitInFlight } from '../acts.ts';
import type { Scenario } from '../scene.ts';

export const nonDelivery: Scenario = {
  name: 'non-delivery',
  title: 'a unit does not come, and the producer falls silent',
  plot: 'The same cloud, but now the producer cannot be reached any more: nobody signs anything with the consumer. So the consumer publishes the newest state of the channel (its commitment transaction), which both had signed beforehand. The utility alone can take the payment and the stake out of it, from a height on that was fixed with the order.',
  units: 3,
  unpaid: 1,
  play: async (scene) => {
    const { stage, units } = scene;
    await trade(scene, 1);
    const { deadline, expiry } = unitInFlight(scene, 'consumer');
    tell(scene, `Unit ${units + 1} is ordered, due before block ${deadline}. The meter stands still.`);
    await stage.silence('producer');
    tell(scene, 'The producer goes silent: no message reaches it, and none comes.');
    await mineUntil(scene, () => stage.said('consumer', 'unitRefused') > 0, 'the utility refuses the unit');
    tell(scene, 'The deadline: the utility signs that by the meter nothing was delivered.');
    await mineUntil(scene, () => isSettling(scene, 'consumer'), 'the consumer gives up waiting');
    tell(scene, 'The consumer waits no longer: it publishes the newest state that both have signed.');
    await stage.mine();
    expectThat(isSettling(scene, 'producer'), 'the producer sees it on the chain');
    tell(scene, `Each takes its own. Payment and stake are the utility’s after block ${expiry}.`);
    await fetchCoins(scene);
    return {
      units: [...new Array(units).fill('paid'), 'expired'],
      ending: { type: 'commitment' },
      why: 'Silence helped the producer nothing: payment and stake are the utility’s, and the producer did not have to agree. The dearest way for all, since everybody pays to fetch its coins.',
    };
  },
};
