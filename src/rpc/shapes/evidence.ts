import { z } from 'zod';
import { cause } from './channel.ts';
import { channelId, count, height, role, satoshi, text, trader, txId, u64, word } from './fields.ts';

/** What the rules say of the evidence. */
const judgement = z.strictObject({
  decision: z.enum(['settle', 'penalise', 'wait', 'refuse']),
  n: u64.nullable().describe('number of the state that it ends'),
  paidSat: z.strictObject({ consumerSat: satoshi, producerSat: satoshi, utilitySat: satoshi }).nullable(),
  outcomes: z.array(z.strictObject({ deliveryId: u64, unit: u64, outcome: word })),
  until: height.nullable().describe('when it says wait'),
  why: cause.nullable().describe('when it says wait or refuse'),
  findings: z.array(z.strictObject({ against: role, why: cause })),
});

/** An evidence file, judged again. */
export const evidenceReport = z
  .strictObject({
    channelId,
    claim: z.strictObject({ claimant: trader, n: u64, feeSat: satoshi, openedAt: height }).nullable(),
    proofs: count,
    readings: count,
    statements: count,
    judged: judgement.nullable().describe('null without a sound state proof'),
    verdict: z.strictObject({ n: u64, txid: txId, height }).nullable().describe('that the utility signed'),
    signed: z.strictObject({
      answer: z.enum(['none', 'right', 'wrong', 'undetermined']),
      reason: text.nullable(),
    }),
    missing: z.array(cause),
  })
  .meta({ id: 'evidenceReport' });
