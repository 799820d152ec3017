import { satText } from '../text/amounts.ts';
import {
  CONSUMER_SAT,
  canBuy,
  fairWeather,
  mineUntil,
  openChannel,
  PRODUCER_SAT,
  UTILITY_SAT,
} from './acts.ts';
import type { Arbitration, Scene } from './scene.ts';
import type { Step } from './tour.ts';

/** The steps up to a channel in which one can buy. They pass at once where it is there already. */
export function opening(arbitration: Arbitration): readonly Step[] {
  return [
    {
      title: 'Three open a channel',
      say: () => [
        `The consumer puts in ${satText(CONSUMER_SAT)} sat to buy with, the producer ${satText(PRODUCER_SAT)} sat as a stake that it loses if it does not deliver, the utility ${satText(UTILITY_SAT)} sat.`,
        'One transaction locks all of it in one output. Two of the three signatures spend it, so nobody can take it alone.',
      ],
      view: 'channel',
      role: 'consumer',
      section: 'open',
      act: { label: 'Open the channel', run: (scene) => openChannel(scene, arbitration) },
      done: (scene) => scene.is('consumer', 'awaitingFunding', 'open'),
      waiting: 'The three daemons agree on the transaction and sign it.',
    },
    {
      title: 'A block confirms it',
      say: () => [
        'The opening is a transaction like any other: it has to get into a block. On this network of your own, blocks come when you ask for them.',
      ],
      view: 'channel',
      role: 'consumer',
      section: 'open',
      act: {
        label: 'Mine a block',
        run: async (scene) => {
          if (!isOpen(scene)) await mineUntil(scene, isOpen);
        },
      },
      done: isOpen,
      waiting: 'Each daemon looks at the block and says that it is ready.',
    },
    {
      title: 'The sun comes up',
      say: () => [
        'The utility names the price of this half hour, from the demand. The producer offers what its roof gives. Both are signed: neither can say later that it never did.',
      ],
      view: 'trade',
      role: 'consumer',
      section: 'tick-how-one-unit-goes',
      act: { label: 'Let the sun shine', run: fairWeather },
      done: canBuy,
      waiting: 'The price and the offer travel to the consumer.',
    },
  ];
}

function isOpen(scene: Scene): boolean {
  return scene.is('consumer', 'open') && scene.is('producer', 'open') && scene.is('utility', 'attesting');
}
