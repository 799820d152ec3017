import { closeTogether, tell, trade } from '../acts.ts';
import { txOf } from '../audit.ts';
import { counted, thousands } from '../format.ts';
import type { Scenario } from '../scene.ts';

export const delivered: Scenario = {
  name: 'delivered',
  title: 'every unit comes and is paid',
  plot: 'The sunny half hours of a week: each unit is ordered, metered, vouched for and paid, one after the other, and nothing of it touches the chain. In the end all agree on who has what and close together.',
  units: 'all',
  unpaid: 0,
  play: async (scene) => {
    await trade(scene);
    const states = scene.stage.channel('consumer').ledger?.n ?? 0n;
    tell(
      scene,
      `${counted(scene.units, 'unit')} paid: ${states} new states of the channel, each signed by both, and no transaction. Now they sign the closing transaction together.`,
    );
    const ending = await closeTogether(scene);
    const feesSat = txOf(scene.stage, 'funding').feeSat + txOf(scene.stage, 'close').feeSat;
    return {
      units: new Array(scene.units).fill('paid'),
      ending,
      why: `The consumer paid for the energy that came, the producer earned it, the utility took its grid fee for carrying it, and each has the rest of what it put in back. The two transactions cost ${thousands(feesSat)} sat between the three, for ${counted(scene.units, 'unit')} as for a million.`,
    };
  },
};
