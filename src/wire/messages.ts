import { concat, fromHex, isHex, toHex, uintBE } from '../base/bytes.ts';
import {
  blob,
  bytes,
  type Codec,
  choice,
  type Decoded,
  decode,
  encode,
  flag,
  hash,
  list,
  type Malformed,
  mapped,
  msatCodec,
  optional,
  point,
  satCodec,
  signature,
  struct,
  u16,
  u32,
  u64,
  union,
} from '../base/codec.ts';
import { invariant } from '../base/invariant.ts';
import { err, type Result } from '../base/result.ts';
import type { Trader } from '../base/role.ts';
import type {
  Arbitration,
  BondPolicy,
  ChannelParams,
  Delivery,
  TraderKeys,
  UtilityKeys,
} from '../tx/contract.ts';
import type { FundingPart } from '../tx/funding.ts';
import type { TxOutput } from '../tx/transaction.ts';
import {
  complaintFields,
  initFields,
  MAX_MESSAGE_LENGTH,
  NUMBERS,
  pingFields,
  pongFields,
} from './lightning.ts';
import { tlvStream } from './tlv.ts';

export { MAX_MESSAGE_LENGTH } from './lightning.ts';

/** Longest transaction that proves an input of the funding transaction, in bytes. */
export const MAX_PREVIOUS_TX = 20_000;
/** Updates that one proposal may carry. */
export const MAX_UPDATES = 200;
/** What a watchtower keeps of one revoked commitment, in bytes. */
export const MAX_TOWER_BODY = 60_000;

export const traderCodec: Codec<Trader> = choice('consumer', 'producer');

export const hexHash: Codec<string> = mapped(hash, toHex, (text) =>
  isHex(text) ? fromHex(text) : new Uint8Array(0),
);

const arbitration: Codec<Arbitration> = union('type', {
  immediate: [0, struct({})],
  afterHeight: [1, struct({ height: u32 })],
});

const bondPolicy: Codec<BondPolicy> = union('type', {
  stake: [0, struct({})],
  proportional: [1, struct({ bondPpm: u32 })],
});

const perTraderDelay = struct({ consumer: u16, producer: u16 });
const perTraderMsat = struct({ consumer: msatCodec, producer: msatCodec });
export const perRoleMsat = struct({ consumer: msatCodec, producer: msatCodec, utility: msatCodec });

export const params: Codec<ChannelParams> = struct({
  chainHash: hexHash,
  arbitration,
  settlementHeight: u32,
  toSelfDelay: perTraderDelay,
  dustLimitSat: satCodec,
  reserveMsat: perTraderMsat,
  maxInFlight: u16,
  bondPolicy,
  gridFeePpm: u32,
  deliveryWindow: u16,
  resolutionMargin: u16,
  utilityMaxExposureMsat: msatCodec,
  minimumDepth: u16,
  contestWindow: u16,
});

export const traderKeys: Codec<TraderKeys> = struct({
  funding: point,
  revocation: point,
  payment: point,
  delayed: point,
});
export const utilityKeys: Codec<UtilityKeys> = struct({ funding: point, payment: point });

export const outputScriptCodec = blob(34);
const txOutput: Codec<TxOutput> = struct({ value: satCodec, script: outputScriptCodec });
const fundingPart: Codec<FundingPart> = struct({
  inputs: list(struct({ previousTx: blob(MAX_PREVIOUS_TX, 4), vout: u32 }), 20),
  change: optional(txOutput),
});

/** What a trader brings to an opening. The two points are those of its commitments 0 and 1. */
const traderOpening = struct({
  keys: traderKeys,
  firstPoint: point,
  secondPoint: point,
  part: fundingPart,
  payoutScript: outputScriptCodec,
  nodeId: point,
  meter: point,
});

const utilityOpening = struct({
  keys: utilityKeys,
  part: fundingPart,
  payoutScript: outputScriptCodec,
  nodeId: point,
});

/** The terms of an opening that each party's voucher covers, besides what it brings itself. */
const openingTerms = struct({
  temporaryId: hash,
  params,
  contributions: perRoleMsat,
  feeRateSatPerKvB: u64,
  producerNodeId: point,
  utilityNodeId: point,
});

/** The bytes that an acceptor's voucher signs: the terms, then what it brings. */
export function encodeVouched(
  terms: Decoded<typeof openingTerms>,
  opening: TraderOpening | UtilityOpening,
): Uint8Array {
  const own = 'meter' in opening ? encode(traderOpening, opening) : encode(utilityOpening, opening);
  return concat(encode(openingTerms, terms), own);
}

const delivery: Codec<Delivery> = struct({
  id: u64,
  seller: traderCodec,
  unit: u64,
  energyWh: u64,
  paymentMsat: msatCodec,
  bondMsat: msatCodec,
  lock: hash,
  deadline: u32,
  expiry: u32,
});

/** The whole of a channel state, as it is shown to the utility and in disputes. */
const ledger = struct({
  n: u64,
  consumerMsat: msatCodec,
  producerMsat: msatCodec,
  utilityMsat: msatCodec,
  deliveries: list(delivery, 100),
});

/** A channel state with the proof that it was agreed: the other side's signature on the broadcaster's commitment to it. */
export const stateProofCodec = struct({
  broadcaster: traderCodec,
  ledger,
  point,
  signature,
});

const update = union('type', {
  add: [
    0,
    struct({
      id: u64,
      seller: traderCodec,
      offerId: u64,
      unit: u64,
      energyWh: u64,
      paymentMsat: msatCodec,
      bondMsat: msatCodec,
      lock: hash,
      deadline: u32,
      expiry: u32,
    }),
  ],
  settle: [1, struct({ id: u64, preimage: optional(hash) })],
  forfeit: [2, struct({ id: u64 })],
  cancel: [3, struct({ id: u64 })],
  transfer: [4, struct({ from: traderCodec, amountMsat: msatCodec })],
});

const channelId = hash;
/** Beside the signature on a commitment: one that proves its state to the utility, under `immediate` only. */
const stateSignature = optional(signature);
const witnesses = list(list(blob(520), 4), 20);
/** A body that its own signature covers (docs/market.md). */
export const signedBodyCodec = struct({ body: blob(40_000), signature });

/**
 * Every message of the protocol: number and fields, in their order on the wire. Numbers under 39001 are
 * BOLT 1's (`lightning.ts`); of those, a connection keeps all but `warning` and `error` to itself. All may end with a TLV stream.
 */
const TABLE = {
  warning: [NUMBERS.warning, complaintFields],
  init: [NUMBERS.init, initFields],
  error: [NUMBERS.error, complaintFields],
  ping: [NUMBERS.ping, pingFields],
  pong: [NUMBERS.pong, pongFields],

  open_channel: [
    39001,
    struct({
      temporaryId: hash,
      params,
      contributions: perRoleMsat,
      feeRateSatPerKvB: u64,
      consumer: traderOpening,
      producerNodeId: point,
      utilityNodeId: point,
    }),
  ],
  accept_channel: [39003, struct({ temporaryId: hash, producer: traderOpening, voucher: signature })],
  accept_utility: [39005, struct({ temporaryId: hash, utility: utilityOpening, voucher: signature })],
  funding_created: [
    39007,
    struct({
      temporaryId: hash,
      utility: utilityOpening,
      voucher: signature,
      fundingTxid: hexHash,
      signature,
      stateSignature,
    }),
  ],
  funding_signed: [39009, struct({ temporaryId: hash, signature, stateSignature, witnesses })],
  funding_prepared: [
    39011,
    struct({ temporaryId: hash, producer: traderOpening, voucher: signature, fundingTxid: hexHash }),
  ],
  funding_cosigned: [39013, struct({ temporaryId: hash, witnesses })],
  channel_ready: [39015, struct({ channelId })],

  propose_update: [
    39021,
    struct({ channelId, n: u64, updates: list(update, MAX_UPDATES), signature, stateSignature }),
  ],
  accept_update: [
    39023,
    struct({ channelId, n: u64, signature, stateSignature, secret: hash, nextPoint: point }),
  ],
  revoke: [39025, struct({ channelId, n: u64, secret: hash, nextPoint: point })],
  request_turn: [39027, struct({ channelId, turn: u64 })],
  yield_turn: [39029, struct({ channelId, turn: u64 })],
  reestablish: [
    39031,
    struct({ channelId, n: u64, secretsHeld: u64, lastSecret: hash, nextPoint: point, turn: u64 }),
  ],
  shutdown: [39033, struct({ channelId, payoutScript: outputScriptCodec })],
  closing_complete: [39035, struct({ channelId, feeSat: satCodec, signature })],
  closing_signed: [39037, struct({ channelId, feeSat: satCodec, signature })],

  tariff: [39041, struct({ channelId, signed: signedBodyCodec })],
  offer: [39043, struct({ channelId, signed: signedBodyCodec })],
  state_proof: [39045, struct({ channelId, proof: stateProofCodec })],
  attest_delivery: [39047, struct({ channelId, unit: u64, signed: signedBodyCodec })],
  refuse_delivery: [39049, struct({ channelId, unit: u64, signed: signedBodyCodec })],
  meter_reading: [39051, struct({ channelId, signed: signedBodyCodec })],
  close_request: [39053, struct({ channelId, exposureMsat: msatCodec })],
  release_delivery: [39055, struct({ channelId, id: u64 })],
  reveal_preimage: [39057, struct({ channelId, unit: u64, preimage: hash })],
  show_secret: [39059, struct({ channelId, n: u64, secret: hash })],

  request_arbitration: [39061, struct({ channelId, proof: stateProofCodec, feeSat: satCodec })],
  arbitration_opened: [39063, struct({ channelId, n: u64, until: u32 })],
  arbitration_verdict: [39065, struct({ channelId, signed: signedBodyCodec, signature })],
  arbitration_refused: [39067, struct({ channelId, n: u64, reason: blob(256) })],

  tower_blob: [
    39071,
    struct({ channelId, index: u64, hint: bytes(16), body: blob(MAX_TOWER_BODY), more: flag }),
  ],
  tower_status: [39073, struct({ channelId, next: u64 })],
} as const;

type Table = typeof TABLE;
export type MessageType = keyof Table;

/** Any message, told apart by `type`. */
export type Message = { [K in MessageType]: { readonly type: K } & Decoded<Table[K][1]> }[MessageType];
/** The message of one type. */
export type MessageOf<K extends MessageType> = Extract<Message, { type: K }>;

export type Update = Decoded<typeof update>;
export type UpdateOf<K extends Update['type']> = Extract<Update, { type: K }>;
export type StateProof = Decoded<typeof stateProofCodec>;
export type TraderOpening = Decoded<typeof traderOpening>;
export type UtilityOpening = Decoded<typeof utilityOpening>;
export type SignedBody = Decoded<typeof signedBodyCodec>;

const BY_NUMBER = new Map<number, Codec<Message>>(
  Object.entries(TABLE).map(([type, [number, fields]]) => [number, withTail(type as MessageType, fields)]),
);

/** Type number, fields and an empty TLV stream. Throws `InvariantError` on a message over {@link MAX_MESSAGE_LENGTH}. */
export function encodeMessage(message: Message): Uint8Array {
  const [number, codec] = TABLE[message.type] as unknown as readonly [number, Codec<Message>];
  const parts = [uintBE(number, 2)];
  codec.write(message, parts);
  const bytes = concat(...parts);
  invariant(
    bytes.length <= MAX_MESSAGE_LENGTH,
    `${message.type} of ${bytes.length} bytes, at most ${MAX_MESSAGE_LENGTH}`,
  );
  return bytes;
}

export type MessageError =
  | Malformed
  | { readonly code: 'unknownMessage'; readonly number: number }
  | { readonly code: 'messageTooLong'; readonly length: number };

/**
 * The message in `data`, or why it is none. Never throws. A number that is unknown is `unknownMessage`; by
 * BOLT 1 an odd one is to be ignored, an even one ends the connection.
 */
export function decodeMessage(data: Uint8Array): Result<Message, MessageError> {
  if (data.length > MAX_MESSAGE_LENGTH) return err({ code: 'messageTooLong', length: data.length });
  if (data.length < 2) return err({ code: 'malformed', reason: 'no message number' });
  const number = ((data[0] as number) << 8) | (data[1] as number);
  const codec = BY_NUMBER.get(number);
  if (codec === undefined) return err({ code: 'unknownMessage', number });
  return decode(codec, data.subarray(2));
}

function withTail(type: MessageType, fields: Codec<object>): Codec<Message> {
  return {
    write: () => {},
    read: (reader) => {
      const value = { type, ...fields.read(reader) } as Message;
      tlvStream.read(reader);
      return value;
    },
  };
}
