import { msatText } from '../text/amounts.ts';
import { buy, mineUntil } from './acts.ts';
import { opening } from './opening.ts';
import type { Scene } from './scene.ts';
import type { Tour } from './tour.ts';

const UNITS = 5;

export const cheat: Tour = {
  name: 'cheat',
  title: 'The cheat',
  about: 'The consumer publishes an old state in which it had more, and loses everything that it had.',
  minutes: 2,
  steps: [
    ...opening('afterHeight'),
    {
      title: 'Some units are paid',
      card: 'Units',
      say: () => [
        'Each payment is a new state. The one before it stays a valid Bitcoin transaction, but each trader gives the other a secret that punishes whoever publishes it.',
      ],
      view: 'trade',
      role: 'consumer',
      section: '7-rounds',
      act: { label: `Buy ${UNITS} units`, run: (scene) => buy(scene, UNITS) },
      done: (scene) =>
        scene.heard('consumer', 'unitSettled').length >= UNITS &&
        scene.heard('producer', 'unitSettled').length >= UNITS,
      waiting: 'The units flow.',
    },
    {
      title: 'The consumer cheats',
      card: 'Transactions of the channel',
      say: () => [
        'The consumer has kept the first state, from before it paid anything. Its own node would never publish it; the laboratory does.',
        'A block takes it: Bitcoin does not know which state is the newest.',
      ],
      view: 'chain',
      role: 'consumer',
      section: 'breach',
      act: { label: 'Publish the old state', run: publishOldest },
      done: (scene) => scene.heard('producer', 'breach').length > 0,
      waiting: 'The producer’s node looks at the block.',
    },
    {
      title: 'Caught',
      card: 'Transactions of the channel',
      say: (scene) => [
        `The producer’s node has recognised state ${scene.heard('producer', 'breach').at(-1)?.data.n ?? '0'} as an old one. The cheat must wait six blocks for its coins; the producer has the secret and waits not even one.`,
      ],
      view: 'chain',
      role: 'producer',
      section: 'breach',
      act: { label: 'Mine a block', run: (scene) => mineUntil(scene, isPunished) },
      done: isPunished,
      waiting: 'The answer gets into a block.',
    },
    {
      title: 'Everything is gone',
      card: 'Transactions of the channel',
      say: (scene) => [
        `To get ${msatText(paidMsat(scene))} sat back, the consumer has lost all that it had in the channel. The graph shows the old state and the transaction that took its output.`,
        'Had the producer been away, the utility’s watchtower would have answered in its place.',
      ],
      view: 'chain',
      role: 'producer',
      section: 'watchtower',
    },
  ],
};

function isPunished(scene: Scene): boolean {
  return scene.heard('producer', 'outputSpent').some(({ data }) => data.by === 'producer');
}

function paidMsat(scene: Scene): bigint {
  return scene
    .heard('consumer', 'unitSettled')
    .reduce((sum, { data }) => sum + BigInt(data.delivery.paymentMsat), 0n);
}

async function publishOldest(scene: Scene): Promise<void> {
  const channel = scene.key('consumer');
  const { commitments } = await scene.lab.call('listKeptCommitments', { role: 'consumer' });
  const oldest = commitments.find((each) => each.channel === channel && !each.newest);
  if (oldest === undefined) throw new Error('no old state was kept');
  await scene.lab.call('broadcastOldCommitment', { role: 'consumer', channel, n: oldest.n });
  await scene.lab.call('mine', { blocks: 1 });
}
