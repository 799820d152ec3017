import { mineUntil, tell, trade, unitInFlight } from '../acts.ts';
import { askForVerdict, endByVerdict, showForgedReading, VERDICT_FEE_SAT } from '../disputes.ts';
import type { Scenario } from '../scene.ts';

export const disputeNotDelivered: Scenario = {
  name: 'dispute-not-delivered',
  title: 'nothing came, the producer lies, the utility decides',
  plot: 'The producer takes an order and delivers nothing. When it comes to a dispute, it shows a reading in which its meter has counted the unit: one that it has made up.',
  arbitration: 'immediate',
  units: 3,
  unpaid: 1,
  play: async (scene) => {
    const { stage, units } = scene;
    await trade(scene, 1);
    const { deadline } = unitInFlight(scene, 'consumer');
    tell(scene, `Unit ${units + 1} is ordered, due before block ${deadline}. The meter stands still.`);
    await mineUntil(scene, () => stage.said('consumer', 'unitRefused') > 0, 'the utility refuses the unit');
    const until = await askForVerdict(scene, 'consumer');
    tell(
      scene,
      `The deadline: nothing came. The consumer asks for a verdict; until block ${until} the producer may object.`,
    );
    await showForgedReading(scene);
    tell(
      scene,
      'It objects: it changes its last true reading to one that counts the unit. But the meter has signed the true one only, and the signature does not fit any more.',
    );
    const evidence = await endByVerdict(scene);
    return {
      units: [...new Array(units).fill('paid'), 'penalised'],
      ending: { type: 'penalty', feeSat: VERDICT_FEE_SAT },
      evidence,
      why: 'The producer has lost its stake to the utility, and the lie is in the verdict, signed, for everyone to see.',
    };
  },
};
