import type { Role } from '../../../src/base/role.ts';
import { ROLES } from '../../../src/base/role.ts';
import type { Message } from '../../../src/wire/messages.ts';
import { type Attack, attackOf, EITHER } from '../attack.ts';
import type { Attacker } from '../attacker.ts';
import { letterOf } from '../coalition.ts';

/** More than any honest transaction pays, satoshi per 1,000 virtual bytes. */
const DOUBLE_SPEND_RATE = 50_000n;

function flipped(bytes: Uint8Array): Uint8Array {
  const copy = bytes.slice();
  copy[12] = (copy[12] ?? 0) ^ 1;
  return copy;
}

/** What a party of an opening says instead of the truth; `undefined` where it stays with it. */
type Forgery = (message: Message) => Message | undefined;

const FORGERIES: Readonly<Record<Role, readonly (readonly [string, string, Forgery])[]>> = {
  consumer: [
    [
      'own-utility',
      'puts a funding key of its own in the utility’s place',
      (message) =>
        message.type === 'funding_created'
          ? {
              ...message,
              utility: {
                ...message.utility,
                keys: { ...message.utility.keys, funding: message.utility.keys.payment },
              },
            }
          : undefined,
    ],
    [
      'own-producer',
      'puts a payment key of its own in the producer’s place',
      (message) =>
        message.type === 'funding_prepared'
          ? {
              ...message,
              producer: {
                ...message.producer,
                keys: { ...message.producer.keys, payment: message.producer.keys.delayed },
              },
            }
          : undefined,
    ],
    [
      'duplicate-key',
      'proposes one key for two purposes',
      (message) =>
        message.type === 'open_channel'
          ? {
              ...message,
              consumer: {
                ...message.consumer,
                keys: { ...message.consumer.keys, payment: message.consumer.keys.funding },
              },
            }
          : undefined,
    ],
    [
      'no-inputs',
      'brings no coins',
      (message) =>
        message.type === 'open_channel'
          ? {
              ...message,
              consumer: { ...message.consumer, part: { ...message.consumer.part, inputs: [] } },
            }
          : undefined,
    ],
    [
      'bad-signature',
      'signs another commitment than the producer’s',
      (message) =>
        message.type === 'funding_created'
          ? { ...message, signature: flipped(message.signature) }
          : undefined,
    ],
  ],
  producer: [
    [
      'taken-key',
      'answers with a key that it has twice',
      (message) =>
        message.type === 'accept_channel'
          ? {
              ...message,
              producer: {
                ...message.producer,
                keys: { ...message.producer.keys, delayed: message.producer.keys.funding },
              },
            }
          : undefined,
    ],
    [
      'bad-signature',
      'signs another commitment than the consumer’s',
      (message) =>
        message.type === 'funding_signed' ? { ...message, signature: flipped(message.signature) } : undefined,
    ],
    ['bad-witnesses', 'signs its inputs wrongly', forgedWitnesses],
  ],
  utility: [
    [
      'taken-key',
      'answers with one key twice',
      (message) =>
        message.type === 'accept_utility'
          ? {
              ...message,
              utility: {
                ...message.utility,
                keys: { funding: message.utility.keys.payment, payment: message.utility.keys.payment },
              },
            }
          : undefined,
    ],
    ['bad-witnesses', 'signs its inputs wrongly', forgedWitnesses],
  ],
};

function forgedWitnesses(message: Message): Message | undefined {
  if (message.type !== 'funding_signed' && message.type !== 'funding_cosigned') return undefined;
  return { ...message, witnesses: message.witnesses.map((stack) => stack.map(flipped)) };
}

/** The honest open the channel, or the coalition does, with the altered node. */
async function openWith(attacker: Attacker, role: Role, forgery: Forgery): Promise<void> {
  const { world } = attacker;
  for (const member of attacker.roles)
    await attacker.puppet(member, {
      says: (_, message) => (member === role ? (forgery(message) ?? message) : message),
    });
  // ends with an error at whoever noticed
  await world.openUnconfirmed().catch(() => {});
  await world.quiet();
  for (const member of attacker.roles) await world.turnOff(member);
}

const ofRole = (role: Role): readonly Attack[] => [
  attackOf({
    name: `double-spend-${letterOf(role)}`,
    what: `${letterOf(role)} spends its inputs of the funding transaction elsewhere before it confirms`,
    needs: [role],
    stages: ['opening'],
    modes: EITHER,
    run: async (attacker) => {
      const wallet = await attacker.wallet(role);
      for (const purpose of Object.values(wallet.state().reserved)) await wallet.releasePurpose(purpose);
      const to = await wallet.newAddress();
      const sent = await wallet.send({ to, amount: 'all', feeRate: DOUBLE_SPEND_RATE });
      attacker.attempts.push({
        what: 'all coins elsewhere',
        accepted: sent.ok,
        reason: sent.ok ? '' : sent.error.code,
      });
    },
  }),
  ...FORGERIES[role].map(([name, what, forgery]) =>
    attackOf({
      name: `open-${name}-${letterOf(role)}`,
      what: `${letterOf(role)} ${what}`,
      needs: [role],
      stages: ['proposed'],
      modes: EITHER,
      run: (attacker) => openWith(attacker, role, forgery),
    }),
  ),
];

/** Before the channel exists. */
export const OPENING: readonly Attack[] = ROLES.flatMap(ofRole);
