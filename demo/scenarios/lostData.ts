import { expectThat, fetchCoins, isSettling, tell, trade } from '../acts.ts';
import { counted, thousands } from '../format.ts';
import type { Scenario } from '../scene.ts';

export const lostData: Scenario = {
  name: 'lost-data',
  title: 'the producer’s disk dies',
  plot: 'What a channel’s newest state is stands on two disks, and the producer’s dies. It has twelve words on paper, and a small sealed file from the day on which the channel was opened. From these its node knows its keys and whom it has a channel with, but not the newest state. To publish one that is not the newest would cost it everything; so it publishes none, and asks the consumer to.',
  units: 10,
  unpaid: 0,
  play: async (scene) => {
    const { stage, units } = scene;
    const backup = stage.backup('producer');
    await trade(scene);
    await stage.switchOff('producer');
    tell(scene, `${counted(units, 'unit')} paid. Then the producer’s disk dies, with every state on it.`);
    await stage.restore('producer', backup);
    tell(
      scene,
      `A new disk: twelve words, and the file of ${thousands(BigInt(backup.length))} bytes. It was made before the first unit and was never changed.`,
    );
    await stage.wait(() => isSettling(scene, 'consumer'), 'the consumer closes');
    expectThat(stage.said('producer', 'broadcast') === 0, 'the producer publishes no state');
    tell(
      scene,
      'The producer’s node says that it has lost its data; the consumer’s publishes the newest state.',
    );
    await stage.mine();
    tell(
      scene,
      'What a state pays the other side opens with a key that never changes: the twelve words are enough.',
    );
    await fetchCoins(scene);
    return {
      units: new Array(units).fill('paid'),
      ending: { type: 'commitment' },
      why: 'The producer has all that it had earned, less the fees. It had to trust the consumer with one thing: to publish the newest state, and not an older one that pays the producer less. So this is the last resort, and a second disk the first.',
    };
  },
};
