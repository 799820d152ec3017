import { z } from 'zod';
import { type MethodSpec, method } from '../src/rpc/method.ts';
import {
  channelKey,
  count,
  feeRate,
  hash32,
  height,
  millisatoshi,
  nodeId,
  role,
  satoshi,
  seconds,
  text,
  trader,
  txId,
  u64,
} from '../src/rpc/shapes/fields.ts';
import type { LabErrorName } from './errors.ts';
import { commitmentNumber } from './fields.ts';

/*
 * The laboratory of the demo: what a person may do to the world around three daemons that no daemon would do itself.
 * Regtest only. Served as JSON-RPC on the WebSocket `/laboratory` of the page's server, to whoever has its session.
 */

/** What the producer's meter does with the energy that flows. */
export const METER_BEHAVIOURS = ['honest', 'silent', 'overReports', 'runsBackwards'] as const;
export type MeterBehaviour = (typeof METER_BEHAVIOURS)[number];

/** Most times faster than the clock that the sun may move. */
export const MOST_SPEED = 100_000;

const coefficients = z
  .strictObject({ a1: u64, b1: u64, c1: u64 })
  .describe('of the price of a slot: a1*D^2 + b1*D + c1 (docs/market.md, "Price")')
  .meta({ id: 'coefficients' });

const party = z
  .strictObject({
    running: z.boolean(),
    nodeId: nodeId.describe('of its seed, also while it is switched off'),
    address: z.string().max(64).describe('host:port where peers connect'),
    dataDir: z.string().max(4096),
  })
  .meta({ id: 'party' });

export const worldState = z
  .strictObject({
    running: z.boolean().describe('whether the sun moves'),
    speed: z.int().min(1).max(MOST_SPEED).describe('simulated seconds of each second'),
    time: seconds.describe('of the simulated day, Unix seconds'),
    powerW: count.describe('what the sun gives the producer now'),
    demandWh: count.describe('D: what both households use in this half hour'),
    msatPerWh: u64.describe('what the coefficients make of the demand now; a tariff keeps its price'),
    exportWh: u64.describe("the export register of the producer's meter"),
    coefficients,
    unitEnergyWh: z.int().min(1).max(1_000_000),
    delivering: z
      .boolean()
      .describe('false: the producer uses what the sun gives, and nothing reaches the meter'),
    meter: z.enum(METER_BEHAVIOURS),
    autoTariff: z.boolean().describe('the utility publishes a tariff before the last one runs out'),
    autoOffer: z.boolean().describe('the producer offers what the tariff lets it sell'),
    trouble: text.nullable().describe('why tariff, offer or reading could not be made; null when they were'),
  })
  .meta({ id: 'world' });
export type WorldState = z.output<typeof worldState>;

export const stage = z
  .strictObject({
    network: z.literal('regtest'),
    height,
    minimumFeeRateSatPerKvB: feeRate.describe('below it the Bitcoin node relays nothing'),
    passphrase: z.string().describe('of the seeds that the demo made: play money, so it is no secret'),
    parties: z.strictObject({ consumer: party, producer: party, utility: party }),
    world: worldState,
  })
  .meta({ id: 'stage' });
/** Everything that the laboratory shows. */
export type Stage = z.output<typeof stage>;

const keptCommitment = z
  .strictObject({
    channel: channelKey.describe("the party's own key of the channel"),
    n: commitmentNumber,
    consumerMsat: millisatoshi,
    producerMsat: millisatoshi,
    utilityMsat: millisatoshi,
    inFlightMsat: millisatoshi,
    newest: z.boolean().describe('the state that holds: to publish it is no breach'),
  })
  .meta({ id: 'keptCommitment' });
export type KeptCommitment = z.output<typeof keptCommitment>;

const NONE = z.strictObject({});
const OF_ROLE = { role };
const START_ERRORS = ['busy', 'partyFailed'] as const;

/** Every method of the laboratory, by name. */
export const LAB_METHODS = {
  getStage: method({
    summary: 'Everything that the laboratory shows.',
    right: 'admin',
    params: NONE,
    result: z.strictObject({ stage }),
  }),
  watch: method({
    summary: 'Sends the whole stage as a notification `stage`, now and whenever it changes, at most 10/s.',
    right: 'admin',
    params: NONE,
    result: NONE,
  }),
  mine: method({
    summary: 'Mines blocks with what waits in the mempool.',
    right: 'admin',
    params: z.strictObject({ blocks: z.int().min(1).max(1000) }),
    result: z.strictObject({ height, blockHash: hash32 }),
    errors: ['chainUnavailable'],
  }),
  reorganise: method({
    summary: 'Takes the last blocks back and mines one more in their place, with the same transactions.',
    right: 'admin',
    params: z.strictObject({ depth: z.int().min(1).max(100) }),
    result: z.strictObject({ height, blockHash: hash32 }),
    errors: ['chainUnavailable', 'tooDeep'],
  }),
  switchOff: method({
    summary: 'Stops the daemon of a party: in order, or with SIGKILL, as a power cut would.',
    right: 'admin',
    params: z.strictObject({ ...OF_ROLE, hard: z.boolean().optional().describe('default false') }),
    result: NONE,
    errors: ['busy', 'partyOff'],
  }),
  switchOn: method({
    summary: 'Starts the daemon of a party again, on its data and its ports.',
    right: 'admin',
    params: z.strictObject(OF_ROLE),
    result: NONE,
    errors: [...START_ERRORS, 'partyOn'],
  }),
  loseDatabase: method({
    summary:
      "Kills a party's daemon, deletes its database, and starts it from its seed and its newest channel backup.",
    right: 'admin',
    params: z.strictObject(OF_ROLE),
    result: NONE,
    errors: START_ERRORS,
  }),
  restore: method({
    summary:
      'Gives a party the seed of these words, looks for its coins from the first block, and restores its channels where its newest backup is of the same seed.',
    right: 'admin',
    params: z.strictObject({
      ...OF_ROLE,
      words: z.string().min(1).max(1000).describe('12 or 24 words (BIP39)'),
      passphrase: z.string().min(1).max(1000).describe('of the new seed file'),
    }),
    result: z.strictObject({ nodeId, backup: z.boolean().describe('whether a channel backup was used') }),
    errors: [...START_ERRORS, 'badPhrase'],
  }),
  setMeter: method({
    summary: "What the producer's meter does with the energy that flows.",
    right: 'admin',
    params: z.strictObject({ behaviour: z.enum(METER_BEHAVIOURS) }),
    result: NONE,
  }),
  setDelivery: method({
    summary: 'Whether the energy of the sun reaches the meter.',
    right: 'admin',
    params: z.strictObject({ delivering: z.boolean() }),
    result: NONE,
  }),
  listKeptCommitments: method({
    summary: 'States whose commitment a cheat could publish: the first 5 and the newest 200, oldest first.',
    right: 'admin',
    params: z.strictObject({ role: trader }),
    result: z.strictObject({ commitments: z.array(keptCommitment) }),
    errors: ['busy', 'partyOff'],
  }),
  broadcastOldCommitment: method({
    summary: 'Publishes the commitment of a state, as a cheat would.',
    right: 'admin',
    params: z.strictObject({
      role: trader,
      n: commitmentNumber,
      channel: channelKey.optional().describe('default: the newest channel that has such a state'),
    }),
    result: z.strictObject({ txid: txId }),
    errors: ['busy', 'partyOff', 'noKeptCommitment', 'commitmentRefused'],
  }),
  setMinimumFee: method({
    summary: 'Restarts the Bitcoin node so that it relays nothing below this fee rate.',
    right: 'admin',
    params: z.strictObject({ feeRateSatPerKvB: feeRate }),
    result: NONE,
    errors: ['chainUnavailable'],
  }),
  fund: method({
    summary: 'Pays a party from the faucet, and mines a block with it.',
    right: 'admin',
    params: z.strictObject({ ...OF_ROLE, amountSat: satoshi }),
    result: z.strictObject({ txid: txId }),
    errors: ['busy', 'partyOff', 'cannotFund', 'chainUnavailable'],
  }),
  setWorld: method({
    summary: 'Changes the sun, the price or what happens of its own accord; what is left out stays.',
    right: 'admin',
    params: z.strictObject({
      running: z.boolean().optional(),
      speed: z.int().min(1).max(MOST_SPEED).optional(),
      autoTariff: z.boolean().optional(),
      autoOffer: z.boolean().optional(),
      coefficients: coefficients.optional(),
      unitEnergyWh: z.int().min(1).max(1_000_000).optional(),
      hour: z
        .int()
        .min(0)
        .max(23)
        .optional()
        .describe('the simulated day goes on at the next such full hour (UTC); nothing flows in between'),
    }),
    result: NONE,
  }),
} as const satisfies Readonly<Record<string, MethodSpec<z.ZodObject, z.ZodType, LabErrorName>>>;

export type LabMethodName = keyof typeof LAB_METHODS;
export type LabParams<M extends LabMethodName> = z.output<(typeof LAB_METHODS)[M]['params']>;
export type LabResult<M extends LabMethodName> = z.output<(typeof LAB_METHODS)[M]['result']>;

/** What is sent to whoever asked to watch, by method. */
export const LAB_NOTIFICATIONS = { stage: z.strictObject({ stage }) } as const;
