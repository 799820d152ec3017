import { msatText } from '../text/amounts.ts';
import { buy, DELIVERY_WINDOW, inFlight, mineTo } from './acts.ts';
import { opening } from './opening.ts';
import type { Scene } from './scene.ts';
import type { Tour } from './tour.ts';

/** Blocks after the deadline in which a trader waits for the other to sign the loss (protocol, Deadlines). */
const GRACE = 2;

function lost(scene: Scene): string {
  const delivery = scene.heard('consumer', 'unitForfeited').at(-1)?.data.delivery;
  return delivery === undefined ? '0' : msatText(BigInt(delivery.paymentMsat) + BigInt(delivery.bondMsat));
}

export const nonDelivery: Tour = {
  name: 'non-delivery',
  title: 'The producer that did not deliver',
  about:
    'It takes the order and keeps the energy. Its stake goes to the utility, which delivers in its place.',
  minutes: 2,
  steps: [
    ...opening('afterHeight'),
    {
      title: 'The producer keeps its energy',
      say: () => [
        'From now on the producer uses all that the roof gives. Its meter to the grid stands still.',
      ],
      view: 'trade',
      role: 'producer',
      act: {
        label: 'Stop delivering',
        run: (scene) => scene.lab.call('setDelivery', { delivering: false }),
      },
      done: () => true,
    },
    {
      title: 'An order',
      card: 'Units',
      say: () => [
        'The consumer orders one unit all the same. Its payment and the producer’s stake are locked together, until a block height: the deadline.',
      ],
      view: 'trade',
      role: 'consumer',
      section: 'tick-how-one-unit-goes',
      act: { label: 'Buy one unit', run: (scene) => buy(scene, 1) },
      done: (scene) => inFlight(scene) !== undefined,
      waiting: 'Both sign the state with the unit in it.',
    },
    {
      title: 'The deadline passes',
      card: 'Time locks',
      say: (scene) => {
        const delivery = inFlight(scene);
        return [
          delivery === undefined
            ? 'The deadline is over, and the meter has not moved.'
            : `The energy is due before block ${delivery.deadline}; now it is ${scene.height}. Nobody’s clock decides this, only the chain’s.`,
        ];
      },
      view: 'channel',
      role: 'consumer',
      section: 'deadlines-who-acts-at-which-height',
      act: {
        label: `Mine up to the deadline`,
        run: (scene) => mineTo(scene, inFlight(scene)?.deadline ?? scene.height + DELIVERY_WINDOW),
      },
      done: (scene) => scene.heard('consumer', 'unitRefused').length > 0,
      waiting: 'The utility looks at the meter, and signs that nothing came.',
    },
    {
      title: 'The stake is lost',
      card: 'Units',
      say: () => [
        'The utility has signed that the unit was not delivered, with the reading that shows it. The producer’s node signs the loss by itself: to fight it on the chain would only cost more.',
      ],
      view: 'trade',
      role: 'producer',
      section: 'non-delivery-three-routes',
      act: { label: 'Mine two blocks', run: (scene) => scene.lab.call('mine', { blocks: GRACE }) },
      done: (scene) => scene.heard('consumer', 'unitForfeited').length > 0,
      waiting: 'Both sign the state without the unit.',
    },
    {
      title: 'Who has it now',
      say: (scene) => [
        `${lost(scene)} sat went to the utility: the payment for the unit and the producer’s stake. Nothing of it went to the consumer, so nobody gains by quarrelling; the utility delivers in the producer’s place.`,
        'And still nothing had to go to the chain.',
      ],
      view: 'channel',
      role: 'utility',
      section: 'non-delivery-three-routes',
    },
  ],
};
