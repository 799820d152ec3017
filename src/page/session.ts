import { z } from 'zod';

const socketUrl = z
  .string()
  .max(256)
  .regex(/^wss?:\/\/[^\s/]+\/[a-z]*$/);

/** What `GET /session` answers a page that has the session's cookie: where the nodes are, and what opens them. */
export const pageSession = z.strictObject({
  nodes: z.array(
    z.strictObject({
      role: z.enum(['consumer', 'producer', 'utility']),
      url: socketUrl.describe('of its RPC'),
      token: z.string().describe('its admin token: for the memory of the page, and nowhere else'),
    }),
  ),
  laboratory: socketUrl.nullable().describe('null where real nodes are shown'),
});
export type PageSession = z.output<typeof pageSession>;
