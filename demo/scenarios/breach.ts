import { expectThat, fetchCoins, isSettling, tell, trade } from '../acts.ts';
import { keptCommitment } from '../cheat.ts';
import { counted } from '../format.ts';
import type { Scenario } from '../scene.ts';

export const breach: Scenario = {
  name: 'breach',
  title: 'the consumer cheats with an old state',
  plot: 'Every state that both have signed stays a valid transaction, also when a newer one has taken its place. So with each new state the two give up the old one: each hands the other a secret that lets it take everything, should the old one ever be published. The consumer tries it all the same.',
  units: 10,
  unpaid: 0,
  play: async (scene) => {
    const { stage, units } = scene;
    const kept = keptCommitment(stage, 'consumer');
    await trade(scene);
    tell(
      scene,
      `${counted(units, 'unit')} paid. The consumer has kept the first state, in which it had paid nothing, and publishes that one.`,
    );
    await stage.publish('consumer', kept, 'revoked');
    await stage.mine();
    expectThat(isSettling(scene, 'producer'), 'the producer sees it on the chain');
    expectThat(stage.said('producer', 'breach') > 0, 'the producer sees that it is an old one');
    tell(scene, 'The producer’s node knows that state, and has the secret: it answers in the same minute.');
    await fetchCoins(scene);
    return {
      units: new Array(units).fill('paid'),
      ending: { type: 'breach', by: 'consumer', afterUnits: 0, answeredBy: 'trader' },
      why: 'To get the price of a few units back the consumer has lost everything that it had in the channel. The cheat has to wait an hour for its coins (6 blocks), the other side not a single block.',
    };
  },
};
