import { expectThat, fetchCoins, tell, trade } from '../acts.ts';
import { keptCommitment } from '../cheat.ts';
import { counted } from '../format.ts';
import type { Scenario } from '../scene.ts';

export const breachWhileOffline: Scenario = {
  name: 'breach-while-offline',
  title: 'the consumer cheats while the producer’s node is off',
  plot: 'The same cheat, at a moment when the producer’s node is switched off and sees no block. For this the utility keeps a watchtower: with each state that is given up, the producer leaves a sealed note with it. The note opens only with the very transaction that must never be published, and holds a signature that sends the coins to the producer, and to nobody else.',
  units: 10,
  unpaid: 0,
  play: async (scene) => {
    const { stage, units } = scene;
    const kept = keptCommitment(stage, 'consumer');
    await trade(scene);
    const states = scene.stage.channel('producer').ledger?.n ?? 0n;
    await stage.switchOff('producer');
    tell(
      scene,
      `${counted(units, 'unit')} paid, ${states} sealed notes at the utility. The producer’s node is switched off, and the consumer publishes the first state.`,
    );
    await stage.publish('consumer', kept, 'revoked');
    await stage.mine();
    tell(
      scene,
      'The utility’s watchtower finds the note that fits this transaction, and gives the producer one block to answer itself.',
    );
    await stage.mine(2);
    expectThat(
      stage.transactions.some(({ onBehalfOf }) => onBehalfOf === 'producer'),
      'the watchtower answers',
    );
    await stage.mine(AWAY_BLOCKS);
    await stage.switchOn('producer');
    tell(scene, 'Four hours later the producer’s node comes back: its coins are there already.');
    await fetchCoins(scene);
    return {
      units: new Array(units).fill('paid'),
      ending: { type: 'breach', by: 'consumer', afterUnits: 0, answeredBy: 'watchtower' },
      why: 'The consumer has lost everything to somebody who was not there. The utility could not have kept the coins for itself: the signature in the note pays the producer and nobody else.',
    };
  },
};

const AWAY_BLOCKS = 24;
