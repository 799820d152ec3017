import { z } from 'zod';
import { cause, delivery, offer, outpoint, tariff } from './channel.ts';
import {
  channelId,
  channelKey,
  hash32,
  height,
  millisatoshi,
  role,
  satoshi,
  seconds,
  sequence,
  text,
  trader,
  txId,
  u64,
  word,
} from './fields.ts';

const NOTHING = z.strictObject({});
const UNIT = z.strictObject({ unit: u64 });
const DELIVERY = z.strictObject({ delivery });
const CAUSE = z.strictObject({ why: cause });

const amounts = z.strictObject({
  consumerSat: satoshi,
  producerSat: satoshi,
  utilitySat: satoshi,
  untakenSat: satoshi,
  elsewhereSat: satoshi,
});
const outcome = z.strictObject({ deliveryId: u64, unit: u64, outcome: word });

/**
 * What can be heard of a channel, by type. `fundingConfirmed` to `resolved` are facts of the chain, `claiming` is what
 * this node sends there.
 */
export const EVENT_DATA = {
  opened: NOTHING,
  aborted: CAUSE,
  closed: NOTHING,
  halted: NOTHING,
  settling: CAUSE,
  refused: z
    .strictObject({ command: z.enum(['transfer', 'cancel']), why: cause })
    .describe('something that this node was asked for, waited with, and may not do now'),
  tariff: z.strictObject({ tariff }),
  offer: z.strictObject({ offer }),
  unitOrdered: DELIVERY.describe('final for us; a seller delivers from here on'),
  unitAttested: UNIT,
  unitRefused: UNIT,
  unitSettled: z.strictObject({ delivery, gridFeeMsat: millisatoshi }),
  unitForfeited: DELIVERY,
  unitReleased: DELIVERY,
  unitCancelled: DELIVERY,
  closeRequested: z.strictObject({ exposureMsat: millisatoshi }),
  arbitrationOpened: z.strictObject({ n: u64, until: height }),
  arbitrationRefused: z.strictObject({ n: u64, reason: text }),
  arbitrationGivenUp: z.strictObject({ height }),
  verdict: z.strictObject({
    n: u64,
    claimant: trader,
    feeSat: satoshi,
    txid: txId,
    height,
    outcomes: z.array(outcome),
    findings: z.array(z.strictObject({ code: word, against: role })),
  }),
  breach: z.strictObject({ n: u64, broadcaster: trader.nullable() }),
  preimageRevealed: UNIT,
  fundingUnconfirmed: NOTHING,
  fundingConfirmed: z.strictObject({ height }),
  fundingReorganised: NOTHING,
  fundingSpent: z.strictObject({ kind: word, txid: txId, height }),
  fundingSpendReorganised: z.strictObject({ txid: txId }),
  preimageSeen: z.strictObject({ lock: hash32 }),
  outputSpent: z.strictObject({ outpoint, by: role.nullable(), how: word, txid: txId, height }),
  outputSpendReorganised: z.strictObject({ outpoint, txid: txId }),
  resolved: z.strictObject({ kind: word, amounts, height }),
  claiming: z.strictObject({ purpose: text, txid: txId, feeSat: satoshi }),
} as const satisfies Record<string, z.ZodObject>;

export type EventType = keyof typeof EVENT_DATA;

/** The values of an event of a type. */
export type EventData<T extends EventType> = z.output<(typeof EVENT_DATA)[T]>;

/** An event as it is sent: a union by `type`. */
export type RpcEvent = {
  [T in EventType]: {
    readonly sequence: number;
    readonly time: number;
    readonly channel: string;
    readonly channelId: string | null;
    readonly type: T;
    readonly data: EventData<T>;
  };
}[EventType];

const members = Object.entries(EVENT_DATA).map(([type, data]) =>
  z.strictObject({
    sequence,
    time: seconds.describe('by the clock of the node, Unix seconds'),
    channel: channelKey,
    channelId: channelId.nullable(),
    type: z.literal(type as EventType),
    data,
  }),
);

/** Checks one event. */
export const event: z.ZodType<RpcEvent> = z
  .discriminatedUnion('type', members as unknown as readonly [(typeof members)[0], ...typeof members])
  .meta({ id: 'event' }) as unknown as z.ZodType<RpcEvent>;

/** Types of events, for parameters that choose some. */
export const eventType = z.enum(Object.keys(EVENT_DATA) as [EventType, ...EventType[]]);

/** Of an answer with events: where the next question begins. */
export const position = {
  next: sequence.describe('ask from here next time'),
  oldest: sequence.describe('the oldest event that is kept'),
  newest: sequence.nullable().describe('the newest event; null when there is none'),
};
