import { buy, inFlight, mineTo, mineUntil } from './acts.ts';
import { opening } from './opening.ts';
import type { Scene } from './scene.ts';
import type { Tour } from './tour.ts';

/** What the traders' reserve pays for the utility's transaction, satoshi. */
const FEE_SAT = 500n;

function isSpent(scene: Scene): boolean {
  return scene.heard('producer', 'fundingSpent').length > 0;
}

function until(scene: Scene): number {
  return scene.heard('producer', 'arbitrationOpened').at(-1)?.data.until ?? 0;
}

export const utilityDecides: Tour = {
  name: 'utility-decides',
  title: 'The utility decides',
  about: 'The energy came, the buyer is gone and does not pay. The utility judges by what was signed.',
  minutes: 3,
  steps: [
    ...opening('immediate'),
    {
      title: 'The sun goes behind a cloud',
      card: 'Units',
      say: () => ['The consumer orders a unit, and it takes a while to come.'],
      view: 'trade',
      role: 'consumer',
      section: 'tick-how-one-unit-goes',
      act: {
        label: 'Order one unit',
        run: async (scene) => {
          await scene.lab.call('setDelivery', { delivering: false });
          await buy(scene, 1);
        },
      },
      done: (scene) => inFlight(scene) !== undefined && scene.heard('producer', 'unitOrdered').length > 0,
      waiting: 'Both sign the state with the unit in it.',
    },
    {
      title: 'The buyer disappears',
      say: () => [
        'Now the consumer’s machine is off. Nobody is there to sign the payment, whatever the meter says.',
      ],
      view: 'trade',
      role: 'producer',
      act: {
        label: 'Switch the consumer off',
        run: (scene) => scene.lab.call('switchOff', { role: 'consumer' }),
      },
      done: (scene) => scene.nodes.consumer.link.value !== 'up',
      waiting: 'Its daemon stops.',
    },
    {
      title: 'The energy comes all the same',
      card: 'Units',
      say: () => ['The producer delivers. The utility reads the meter, and signs that the unit came.'],
      view: 'trade',
      role: 'producer',
      section: 'tick-how-one-unit-goes',
      act: { label: 'Let it deliver', run: (scene) => scene.lab.call('setDelivery', { delivering: true }) },
      done: (scene) => scene.heard('producer', 'unitAttested').length > 0,
      waiting: 'The meter counts.',
    },
    {
      title: 'The producer asks for a decision',
      card: 'Disputes',
      say: () => [
        'It could go to the chain alone, which is slow. In a channel of this kind it asks the utility instead. The other side has three blocks to show a newer state or a reading of its own.',
      ],
      view: 'utility',
      role: 'producer',
      section: 'arbitration',
      act: {
        label: 'Ask the utility',
        run: (scene) =>
          scene.nodes.producer.call('requestArbitration', {
            channel: scene.key('producer'),
            feeSat: String(FEE_SAT),
          }),
      },
      done: (scene) => until(scene) > 0,
      waiting: 'The utility opens the case.',
    },
    {
      title: 'Time for the other side',
      card: 'Disputes',
      say: (scene) => [
        `Until block ${until(scene)} the consumer may answer. It does not.`,
        'Then the rules decide, not the utility’s opinion: they are one function over the evidence, the same for everyone who has it.',
      ],
      view: 'utility',
      role: 'utility',
      section: 'arbitration',
      act: { label: 'Mine until then', run: (scene) => mineTo(scene, until(scene)) },
      done: (scene) => scene.heard('producer', 'verdict').length > 0,
      waiting: 'The utility decides and signs.',
    },
    {
      title: 'The decision gets into a block',
      card: 'Transactions of the channel',
      say: () => ['The producer adds its own signature: two of three. One transaction ends the channel.'],
      view: 'chain',
      role: 'producer',
      section: 'arbitration',
      act: { label: 'Mine a block', run: (scene) => mineUntil(scene, isSpent) },
      done: isSpent,
      waiting: 'The block is on its way.',
    },
    {
      title: 'The buyer comes back',
      card: 'Disputes',
      say: () => [
        'The producer has its money and its stake. The consumer has lost nothing but the price of what it got, and finds its channel ended.',
        'Whoever doubts the decision can check it: the evidence is a file, on the utility’s view, and it is judged again without any node.',
      ],
      view: 'utility',
      role: 'utility',
      section: 'arbitration',
      act: {
        label: 'Switch the consumer on',
        run: (scene) => scene.lab.call('switchOn', { role: 'consumer' }),
      },
      done: (scene) => scene.nodes.consumer.link.value === 'up' && scene.is('consumer', 'settling', 'closed'),
      waiting: 'Its daemon starts and reads the chain.',
    },
  ],
};
