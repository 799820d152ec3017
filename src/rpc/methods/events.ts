import { z } from 'zod';
import { method } from '../method.ts';
import { event, eventType, position } from '../shapes/event.ts';
import { channelReference, limit, sequence } from '../shapes/fields.ts';
import { status } from '../shapes/status.ts';

/** A subscription's name on its connection. */
export const subscriptionId = z.int().min(1);

const EVENT_ERRORS = ['eventsPruned', 'eventsInFuture'] as const;

/** Everything that happened, in one order for the whole store. */
export const EVENT_METHODS = {
  listEvents: method({
    summary: 'Events from a sequence number on, in order.',
    right: 'read',
    params: z.strictObject({
      from: sequence.optional().describe('default: the oldest that is kept'),
      limit: limit.optional(),
      channel: channelReference.optional(),
      types: z.array(eventType).min(1).max(64).optional(),
    }),
    result: z.strictObject({ events: z.array(event), ...position }),
    errors: [...EVENT_ERRORS, 'unknownChannel'],
  }),
  subscribe: method({
    summary:
      'Sends every event from a sequence number on as a notification `event`, each once and in order. A subscription that is too slow, or cannot go on, ends with a notification `subscriptionEnded`: subscribe again from its `next`.',
    right: 'read',
    params: z.strictObject({
      from: sequence
        .optional()
        .describe(
          'the first event wanted: one more than the last one seen. Default: what happens from now on',
        ),
    }),
    result: z.strictObject({ subscription: subscriptionId, next: sequence }),
    errors: [...EVENT_ERRORS, 'notASocket'],
  }),
  watchStatus: method({
    summary:
      'Sends the state of the node as a notification `status`: at once, then whenever it has changed, the newest only and at most ten times a second. `unsubscribe` ends it.',
    right: 'read',
    params: z.strictObject({}),
    result: z.strictObject({ subscription: subscriptionId }),
    errors: ['notASocket'],
  }),
  unsubscribe: method({
    summary: 'Ends a subscription, of `subscribe` or of `watchStatus`.',
    right: 'read',
    params: z.strictObject({ subscription: subscriptionId }),
    result: z.strictObject({}),
    errors: ['unknownSubscription', 'notASocket'],
  }),
} as const;

/** What the server sends without being asked for it at that moment: notifications, by method. */
export const NOTIFICATIONS = {
  event: z.strictObject({ subscription: subscriptionId, event }),
  subscriptionEnded: z.strictObject({
    subscription: subscriptionId,
    reason: z.enum(['tooSlow', 'pruned', 'failed']),
    next: sequence,
  }),
  status: z.strictObject({ subscription: subscriptionId, status }),
} as const;
