import { closeTogether, tell, trade } from '../acts.ts';
import type { Scenario } from '../scene.ts';

export const delivered: Scenario = {
  name: 'delivered',
  title: 'every unit comes and is paid',
  plot: 'The sunny half hours of a week: each unit is ordered, metered, vouched for and paid, one after the other, and nothing of it touches the chain. In the end all agree on who has what and close together.',
  units: 'all',
  unpaid: 0,
  play: async (scene) => {
    await trade(scene);
    tell(scene, 'The week is over: consumer and producer sign the closing transaction together.');
    const ending = await closeTogether(scene);
    return {
      units: new Array(scene.units).fill('paid'),
      ending,
      why: 'The consumer paid for the energy that came, the producer earned it, and the utility took its grid fee for carrying it. Each has the rest of what it put in back.',
    };
  },
};
