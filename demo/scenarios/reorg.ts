import {
  deliverUnpaid,
  expectThat,
  fetchCoins,
  isSettling,
  mineUntil,
  tell,
  trade,
  unitInFlight,
} from '../acts.ts';
import type { Scenario } from '../scene.ts';

export const reorg: Scenario = {
  name: 'reorg',
  title: 'the chain changes its mind',
  plot: 'The two traders lose touch, and both publish the newest state at the same time, each its own version. Only one of the two can be in the chain. The first blocks hold the consumer’s; then a longer branch arrives that holds the producer’s (a reorganisation), and what was in the first blocks has never happened.',
  units: 3,
  unpaid: 1,
  play: async (scene) => {
    const { stage, units } = scene;
    await trade(scene, 1);
    const { deadline } = unitInFlight(scene, 'producer');
    tell(scene, `Unit ${units + 1} is ordered, due before block ${deadline}.`);
    await stage.silence('consumer');
    await deliverUnpaid(scene);
    tell(scene, 'It comes and is vouched for, but the line between the two traders is down: no payment.');
    await mineUntil(scene, () => isSettling(scene, 'producer'), 'the producer closes alone');
    await stage.channel('consumer').forceClose();
    await stage.quiet();
    const [consumers, producers] = [
      stage.published('consumer', 'commitment'),
      stage.published('producer', 'commitment'),
    ];
    tell(scene, 'The deadline. Both give up waiting and publish; a miner takes the consumer’s version.');
    await stage.mineExactly([consumers]);
    await stage.mine();
    tell(scene, 'Utility and producer have their coins, so it seems.');
    await stage.dropBlocks(2);
    expectThat(
      stage.transactions.every(({ purpose }) => purpose === 'faucet' || purpose === 'funding'),
      'nothing of the end is left',
    );
    tell(
      scene,
      'A longer branch arrives: the last two blocks are void, and what they held is undone in all three nodes.',
    );
    await stage.mineExactly([producers]);
    tell(
      scene,
      'On this branch it is the producer’s version. It pays the same, but now it is the producer that has to wait; everybody fetches its coins anew.',
    );
    await fetchCoins(scene);
    return {
      units: [...new Array(units).fill('paid'), 'claimed'],
      ending: { type: 'commitment' },
      why: 'Two blocks were taken back, and not a satoshi is missing or paid twice: no node believed more than the chain said at that moment.',
    };
  },
};
