import { deliverUnpaid, tell, trade } from '../acts.ts';
import { askForVerdict, endByVerdict, VERDICT_FEE_SAT } from '../disputes.ts';
import type { Scenario } from '../scene.ts';

export const disputeDelivered: Scenario = {
  name: 'dispute-delivered',
  title: 'the unit came, the buyer will not pay, the utility decides',
  plot: 'The consumer disappears without paying for a unit that came. The producer could go to the chain alone, as in `unilateral`, which is dear and slow. In a channel of this kind it can ask the utility for a verdict instead. The utility judges by what was signed, and by nothing else.',
  arbitration: 'immediate',
  units: 3,
  unpaid: 1,
  play: async (scene) => {
    const { stage, units } = scene;
    await trade(scene, 1);
    await stage.silence('consumer');
    tell(scene, `Unit ${units + 1} is ordered. The consumer goes silent: no message reaches it.`);
    await deliverUnpaid(scene);
    tell(scene, 'The unit comes; the utility reads the meter and signs that it was delivered.');
    const until = await askForVerdict(scene, 'producer');
    tell(
      scene,
      `The producer asks for a verdict. Until block ${until} the consumer may show a newer state, or a reading of its own.`,
    );
    const evidence = await endByVerdict(scene);
    return {
      units: [...new Array(units).fill('paid'), 'awarded'],
      ending: { type: 'penalty', feeSat: VERDICT_FEE_SAT },
      evidence,
      why: 'The producer has its money and its stake after three blocks and one transaction. The consumer has lost nothing but the price of what it got, and whoever doubts the verdict can check it.',
    };
  },
};
