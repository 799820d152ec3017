import { sat } from '../../../src/base/amount.ts';
import { utf8 } from '../../../src/base/bytes.ts';
import { counterpartyOf, TRADERS, type Trader } from '../../../src/base/role.ts';
import { deliveredIn, VERDICT } from '../../../src/dispute/verdict.ts';
import { decodeSigned } from '../../../src/market/statement.ts';
import { buildPenalty } from '../../../src/tx/settlement.ts';
import type { Message, MessageOf } from '../../../src/wire/messages.ts';
import { type Attack, attackOf, EITHER } from '../attack.ts';
import type { Attacker } from '../attacker.ts';
import { letterOf } from '../coalition.ts';

const ROUND = ['propose_update', 'accept_update', 'revoke', 'yield_turn', 'reestablish'] as const;

function flipped(bytes: Uint8Array): Uint8Array {
  const copy = bytes.slice();
  copy[10] = (copy[10] ?? 0) ^ 1;
  return copy;
}

/** The consumer, honest or not, orders one more unit. */
async function orderOne(attacker: Attacker): Promise<void> {
  const { world } = attacker;
  if (world.isRunning('consumer')) await world.buy(1, () => !attacker.includes('producer'));
}

/** Runs a trader's node altered through one round, stops it, and publishes what it then has. */
async function throughRound(
  attacker: Attacker<Trader>,
  trader: Trader,
  says: (message: Message) => Message | null,
): Promise<void> {
  await attacker.puppet(trader, { says: (_, message) => says(message) });
  await orderOne(attacker);
  await attacker.world.block();
  await attacker.retrieve(trader);
  const state = attacker.ownStates(trader).at(-1);
  if (state !== undefined) await attacker.submit('what the round left', attacker.complete(state));
}

/** The state before the newest, after a round that stopped half way. */
async function publishOlder(attacker: Attacker<Trader>, trader: Trader): Promise<void> {
  const state = attacker.ownStates(trader).at(-2);
  if (state !== undefined) await attacker.submit('the state before it', attacker.complete(state));
}

type Reestablish = MessageOf<'reestablish'>;

/** What a liar says of where it stands. */
const LIES: readonly (readonly [string, (said: Reestablish) => Reestablish])[] = [
  [
    'ahead',
    (said) => ({
      ...said,
      n: said.n + 1n,
      secretsHeld: said.secretsHeld + 1n,
      lastSecret: flipped(said.lastSecret),
    }),
  ],
  ['behind', (said) => ({ ...said, n: said.n - 1n })],
  ['far-ahead', (said) => ({ ...said, n: said.n + 100n })],
];

const ofTrader = (trader: Trader): readonly Attack[] => {
  const letter = letterOf(trader);
  const peer = counterpartyOf(trader);
  return [
    ...ROUND.map((type) =>
      attackOf({
        name: `stop-${type}-${letter}`,
        what: `${letter} never sends \`${type}\` in the next round, and publishes what it has by then`,
        needs: [trader],
        stages: ['idle'],
        modes: EITHER,
        joint: type === 'accept_update' || type === 'revoke',
        run: (attacker) =>
          throughRound(attacker, trader, (message) => (message.type === type ? null : message)),
      }),
    ),
    attackOf({
      name: `stop-and-go-back-${letter}`,
      what: `${letter} stops at \`revoke\` or \`accept_update\` of the next round, and publishes the state before it`,
      needs: [trader],
      stages: ['idle'],
      modes: EITHER,
      run: async (attacker) => {
        await attacker.puppet(trader, {
          says: (_, message) =>
            message.type === 'revoke' || message.type === 'accept_update' ? null : message,
        });
        await orderOne(attacker);
        await attacker.retrieve(trader);
        await publishOlder(attacker, trader);
      },
    }),
    attackOf({
      name: `bad-signatures-${letter}`,
      what: `${letter} sends wrong signatures, secrets and points in the next round`,
      needs: [trader],
      stages: ['idle', 'attested'],
      modes: EITHER,
      run: (attacker) =>
        throughRound(attacker, trader, (message) => {
          if (message.type === 'propose_update' || message.type === 'accept_update')
            return { ...message, signature: flipped(message.signature) };
          return message.type === 'revoke' ? { ...message, secret: flipped(message.secret) } : message;
        }),
    }),
    ...LIES.map(([lie, tell]) =>
      attackOf({
        name: `lie-${lie}-${letter}`,
        what: `${letter} lies in \`reestablish\` (${lie}) to make its peer publish a revoked state or wait for ever`,
        needs: [trader],
        stages: ['idle'],
        modes: EITHER,
        run: async (attacker) => {
          const tellAll = (_: string, message: Message) =>
            message.type === 'reestablish' ? tell(message) : message;
          await attacker.puppet(trader, { says: tellAll });
          await attacker.world.blocks(2);
          await attacker.retrieve(trader);
        },
      }),
    ),
    attackOf({
      name: `old-store-${letter}`,
      what: `${letter}’s node comes back from its store as it was two states ago, and then publishes from it`,
      needs: [trader],
      stages: ['idle', 'ordered'],
      modes: EITHER,
      run: async (attacker) => {
        const old = attacker.stores(trader)[Math.floor(attacker.stores(trader).length / 2)];
        await attacker.puppet(trader, {}, old);
        await attacker.world.blocks(2);
        await attacker.retrieve(trader);
        await publishOlder(attacker, trader);
      },
    }),
    attackOf({
      name: `error-${letter}`,
      what: `${letter} sends \`error\` so that its peer goes to the chain, and answers with its own older state`,
      needs: [trader],
      stages: ['idle', 'ordered', 'attested'],
      modes: EITHER,
      run: async (attacker) => {
        const { channelId } = attacker.identity;
        if (!attacker.world.isRunning(peer)) return;
        await attacker.speak(trader, peer, [{ type: 'error', channelId, data: utf8('gone') }]);
        await publishOlder(attacker, trader);
      },
    }),
    attackOf({
      name: `replay-close-${letter}`,
      what: `${letter} says every message of the close again, and its old commitment after it`,
      needs: [trader],
      stages: ['closing'],
      modes: EITHER,
      run: async (attacker) => {
        const { channelId } = attacker.identity;
        const said = attacker
          .heard(trader)
          .map(({ message }) => message)
          .filter(
            ({ type }) => type === 'closing_complete' || type === 'closing_signed' || type === 'shutdown',
          );
        if (!attacker.world.isRunning(peer)) return;
        await attacker.speak(trader, peer, said);
        await attacker.speak(trader, peer, [{ type: 'error', channelId, data: utf8('no close') }]);
        await publishOlder(attacker, trader);
      },
    }),
    attackOf({
      name: `stale-arbitration-${letter}`,
      what: `${letter} asks U for the penalty on every older state that had a delivery in flight`,
      needs: [trader],
      stages: ['idle', 'attested'],
      modes: EITHER,
      run: async (attacker) => {
        if (!attacker.world.isRunning('utility')) return;
        await attacker.speak(trader, 'utility', arbitrationRequests(attacker, trader));
        await attacker.world.blocks(8);
        for (const reply of attacker.replies)
          if (reply.type === 'arbitration_verdict') await publishPenalty(attacker, trader, reply);
      },
    }),
    attackOf({
      name: `forged-proof-${letter}`,
      what: `${letter} shows U states that were never agreed: other amounts, a higher number, another's signature`,
      needs: [trader],
      stages: ['idle', 'ordered'],
      modes: EITHER,
      run: async (attacker) => {
        if (!attacker.world.isRunning('utility')) return;
        await attacker.speak(trader, 'utility', forgedProofs(attacker, trader));
      },
    }),
  ];
};

function proofsOf(attacker: Attacker<Trader>, trader: Trader): readonly MessageOf<'state_proof'>['proof'][] {
  return attacker.ownStates(trader).map(({ balances, point, signature }) => {
    const { n, consumerMsat, producerMsat, utilityMsat, deliveries } = balances;
    const ledger = { n, consumerMsat, producerMsat, utilityMsat, deliveries };
    return { broadcaster: trader, ledger, point, signature };
  });
}

function arbitrationRequests(attacker: Attacker<Trader>, trader: Trader): readonly Message[] {
  const { channelId } = attacker.identity;
  return proofsOf(attacker, trader)
    .filter(({ ledger }) => ledger.deliveries.length > 0)
    .map((proof) => ({ type: 'request_arbitration', channelId, proof, feeSat: sat(500n) }));
}

/** The utility signed: the attacker adds its own signature. */
async function publishPenalty(
  attacker: Attacker<Trader>,
  trader: Trader,
  { signed, signature }: MessageOf<'arbitration_verdict'>,
): Promise<void> {
  const decoded = decodeSigned(VERDICT, signed);
  if (!decoded.ok) return;
  const { body } = decoded.value;
  const { n, feeSat } = body;
  const state = attacker.ownStates(trader).find(({ balances }) => balances.n === n);
  if (state === undefined) return;
  const { contract, identity } = attacker;
  const penalty = buildPenalty(contract, state.balances, feeSat, identity.payout, deliveredIn(body));
  if (!penalty.ok) return;
  const tx = attacker.cosign(penalty.value.tx, trader, { role: 'utility', signature });
  await attacker.submit(`penalty on state ${n}`, tx);
}

function forgedProofs(attacker: Attacker<Trader>, trader: Trader): readonly Message[] {
  const { channelId } = attacker.identity;
  const newest = proofsOf(attacker, trader).at(-1);
  if (newest === undefined) return [];
  const { ledger } = newest;
  const forged = [
    { ...newest, signature: flipped(newest.signature) },
    { ...newest, ledger: { ...ledger, n: ledger.n + 50n } },
    { ...newest, ledger: { ...ledger, deliveries: [] } },
    { ...newest, broadcaster: counterpartyOf(trader) },
    {
      ...newest,
      ledger: {
        ...ledger,
        utilityMsat: 0n as never,
        consumerMsat: (ledger.consumerMsat + ledger.utilityMsat) as never,
      },
    },
  ];
  return forged.map((proof) => ({ type: 'state_proof', channelId, proof }));
}

export const LIE: readonly Attack[] = TRADERS.flatMap(ofTrader);
