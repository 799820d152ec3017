import { expectThat, fetchCoins, mineUntil, tell, trade, unitInFlight } from '../acts.ts';
import { keptCommitment } from '../cheat.ts';
import type { Scenario } from '../scene.ts';

export const breachOfForfeit: Scenario = {
  name: 'breach-of-forfeit',
  title: 'the producer cheats to get its stake back',
  plot: 'The producer has lost its stake to the utility, as in `forfeit`. It publishes the first state, in which it still had it. The consumer’s node takes it all; but most of it is not the consumer’s either. So the same transaction pays the utility what the newest state owes it.',
  units: 3,
  unpaid: 1,
  play: async (scene) => {
    const { stage, units } = scene;
    const kept = keptCommitment(stage, 'producer');
    await trade(scene, 1);
    const { deadline } = unitInFlight(scene, 'consumer');
    tell(scene, `Unit ${units + 1} is ordered, due before block ${deadline}. The meter stands still.`);
    await mineUntil(scene, () => stage.said('producer', 'unitForfeited') > 0, 'the unit is forfeited');
    tell(
      scene,
      'The deadline is over, and the producer has signed the loss of its stake, off-chain. Now it publishes the first state, in which it had lost nothing.',
    );
    await stage.publish('producer', kept, 'revoked');
    await stage.mine();
    expectThat(stage.said('consumer', 'breach') > 0, 'the consumer sees that it is an old state');
    tell(scene, 'The consumer’s node knows it for an old one, and answers.');
    await fetchCoins(scene);
    return {
      units: [...new Array(units).fill('paid'), 'forfeited'],
      ending: { type: 'breach', by: 'producer', afterUnits: 0, answeredBy: 'trader' },
      why: 'The utility has the stake as if nothing had happened. The producer has lost even what the newest state had left it; that is the consumer’s, for answering.',
    };
  },
};
