import { energyText, msatText, satText } from '../text/amounts.ts';
import { buy, mineUntil } from './acts.ts';
import { opening } from './opening.ts';
import type { Scene } from './scene.ts';
import type { Tour } from './tour.ts';

const UNITS = 10;

const CLOSING = ['negotiatingClose', 'settling', 'closed'] as const;

function isSpent(scene: Scene): boolean {
  return scene.heard('consumer', 'fundingSpent').length > 0;
}

function paid(scene: Scene) {
  const settled = scene.heard('consumer', 'unitSettled').map(({ data }) => data.delivery);
  return {
    units: settled.length,
    wh: settled.reduce((sum, { energyWh }) => sum + BigInt(energyWh), 0n),
    msat: settled.reduce((sum, { paymentMsat }) => sum + BigInt(paymentMsat), 0n),
  };
}

export const firstTrade: Tour = {
  name: 'first-trade',
  title: 'First trade',
  about: 'Buy solar energy from a neighbour, and see the money move with each unit.',
  minutes: 2,
  steps: [
    {
      title: 'A wallet with coins',
      say: (scene) => [
        `You are the consumer. Your wallet has ${satText(scene.nodes.consumer.balance.value?.wallet.spendableSat ?? '0')} sat, on a Bitcoin chain that runs on this machine: play money, real rules.`,
        'Your neighbour, the producer, has solar panels. The utility owns the wires and the meters. Switch between the three at the top whenever you like.',
      ],
      view: 'wallet',
      role: 'consumer',
      section: '1-purpose',
    },
    ...opening('afterHeight'),
    {
      title: `Buy ${UNITS} units`,
      card: 'Units',
      say: (scene) => [
        'For each unit your payment and the producer’s stake are put aside together. The meter counts, the utility signs that the energy came, and the payment is the producer’s. No transaction, no block.',
        `So far: ${paid(scene).units} units, ${energyText(paid(scene).wh)}, ${msatText(paid(scene).msat)} sat.`,
      ],
      view: 'trade',
      role: 'consumer',
      section: 'tick-how-one-unit-goes',
      act: { label: `Buy ${UNITS} units`, run: (scene) => buy(scene, UNITS) },
      done: (scene) => paid(scene).units >= UNITS && scene.heard('producer', 'unitSettled').length >= UNITS,
      waiting: 'The units flow as fast as the sun gives them.',
    },
    {
      title: 'The money has moved',
      say: (scene) => [
        `${msatText(paid(scene).msat)} sat went over for ${energyText(paid(scene).wh)}, a grid fee of it to the utility. The bar shows who would get what now.`,
        'Nothing of this is on the chain yet. Each unit made a new state that both signed, and that makes the one before it worthless.',
      ],
      view: 'channel',
      role: 'consumer',
      section: '7-rounds',
    },
    {
      title: 'Close together',
      say: () => [
        'Both traders sign one last transaction that pays everyone what they have. One block, and it is settled.',
      ],
      view: 'channel',
      role: 'consumer',
      section: 'close-1',
      act: {
        label: 'Close the channel',
        run: (scene) => scene.nodes.consumer.call('closeChannel', { channel: scene.key('consumer') }),
      },
      done: (scene) => scene.is('consumer', ...CLOSING) && scene.is('producer', ...CLOSING),
      waiting: 'The traders sign the close.',
    },
    {
      title: 'And a block',
      card: 'Transactions of the channel',
      say: () => ['The close waits for a block, as the opening did.'],
      view: 'chain',
      role: 'consumer',
      section: 'close-1',
      act: { label: 'Mine a block', run: (scene) => mineUntil(scene, isSpent) },
      done: isSpent,
      waiting: 'The block is on its way to the three daemons.',
    },
    {
      title: 'That was your first trade',
      say: (scene) => [
        `Two transactions on the chain, ${paid(scene).units} payments beside it. Your coins are back in the wallet, less what you paid for the energy and the fees.`,
        'Next: see what happens to a producer that takes the order and does not deliver.',
      ],
      view: 'wallet',
      role: 'consumer',
    },
  ],
};
