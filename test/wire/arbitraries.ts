import fc from 'fast-check';
import { MAX_MONEY, msat, sat } from '../../src/base/amount.ts';
import { toHex } from '../../src/base/bytes.ts';
import type {
  Message,
  MessageOf,
  MessageType,
  TraderOpening,
  Update,
  UtilityOpening,
} from '../../src/wire/messages.ts';
import { bytes32, channelParams, payoutScripts, traders } from '../support/arbitraries.ts';

const exactly = (length: number) => fc.uint8Array({ minLength: length, maxLength: length });
const bytes = (maxLength: number) =>
  fc.oneof(
    { weight: 40, arbitrary: fc.uint8Array({ maxLength: Math.min(maxLength, 80) }) },
    fc.constant(new Uint8Array(maxLength).fill(7)),
  );
const u16 = fc.oneof(fc.constantFrom(0, 1, 0xff, 0x100, 0xffff), fc.nat(0xffff));
const u32 = fc.oneof(fc.constantFrom(0, 0xffffffff), fc.nat(0xffffffff));
const u64 = fc.oneof(
  fc.constantFrom(0n, 2n ** 32n, 2n ** 53n - 1n, 2n ** 53n, 2n ** 63n, 2n ** 64n - 1n),
  fc.bigInt(0n, 2n ** 64n - 1n),
);
const satoshi = fc.oneof(fc.constant(0n), fc.constant<bigint>(MAX_MONEY), fc.bigInt(0n, MAX_MONEY)).map(sat);
const millisatoshi = fc.bigInt(0n, MAX_MONEY * 1000n).map(msat);
const point = exactly(33);
const signature = exactly(64);
const channelId = bytes32;
const hexHash = bytes32.map(toHex);
const contributions = fc.record({ consumer: millisatoshi, producer: millisatoshi, utility: millisatoshi });

const part = fc.record({
  inputs: fc.array(fc.record({ previousTx: fc.uint8Array({ maxLength: 300 }), vout: u32 }), {
    maxLength: 20,
  }),
  change: fc.option(fc.record({ value: satoshi, script: payoutScripts })),
});

const trader: fc.Arbitrary<TraderOpening> = fc.record({
  keys: fc.record({ funding: point, revocation: point, payment: point, delayed: point }),
  firstPoint: point,
  secondPoint: point,
  part,
  payoutScript: payoutScripts,
  nodeId: point,
  meter: point,
});

const utility: fc.Arbitrary<UtilityOpening> = fc.record({
  keys: fc.record({ funding: point, payment: point }),
  part,
  payoutScript: payoutScripts,
  nodeId: point,
});

const delivery = fc.record({
  id: u64,
  seller: traders,
  unit: u64,
  energyWh: u64,
  paymentMsat: millisatoshi,
  bondMsat: millisatoshi,
  lock: bytes32,
  deadline: u32,
  expiry: u32,
});

const proof = fc.record({
  broadcaster: traders,
  ledger: fc.record({
    n: u64,
    consumerMsat: millisatoshi,
    producerMsat: millisatoshi,
    utilityMsat: millisatoshi,
    deliveries: fc.oneof(
      fc.array(delivery, { maxLength: 4 }),
      delivery.map((each) => new Array(100).fill(each)),
    ),
  }),
  point,
  signature,
});

export const updates: fc.Arbitrary<Update> = fc.oneof(
  fc.tuple(delivery, u64).map(([each, offerId]): Update => ({ type: 'add', offerId, ...each })),
  fc.record({ type: fc.constant('settle'), id: u64, preimage: fc.option(bytes32) }),
  fc.record({ type: fc.constant('forfeit'), id: u64 }),
  fc.record({ type: fc.constant('cancel'), id: u64 }),
  fc.record({ type: fc.constant('transfer'), from: traders, amountMsat: millisatoshi }),
);

const witnesses = fc.array(fc.array(bytes(520), { maxLength: 4 }), { maxLength: 20 });
const signed = fc.record({ body: bytes(40_000), signature });

/** Any message of each type, every field anywhere in its range. */
export const messagesOf: { readonly [K in MessageType]: fc.Arbitrary<MessageOf<K>> } = {
  warning: fc.record({ type: fc.constant('warning'), channelId, data: bytes(65_499) }),
  init: fc.record({ type: fc.constant('init'), globalFeatures: bytes(1024), features: bytes(1024) }),
  error: fc.record({ type: fc.constant('error'), channelId, data: bytes(65_499) }),
  ping: fc.record({ type: fc.constant('ping'), pongLength: u16, ignored: bytes(65_529) }),
  pong: fc.record({ type: fc.constant('pong'), ignored: bytes(65_531) }),
  open_channel: fc.record({
    type: fc.constant('open_channel'),
    temporaryId: bytes32,
    params: channelParams,
    contributions,
    feeRateSatPerKvB: u64,
    consumer: trader,
    producerNodeId: point,
    utilityNodeId: point,
  }),
  accept_channel: fc.record({
    type: fc.constant('accept_channel'),
    temporaryId: bytes32,
    producer: trader,
    voucher: signature,
  }),
  accept_utility: fc.record({
    type: fc.constant('accept_utility'),
    temporaryId: bytes32,
    utility,
    voucher: signature,
  }),
  funding_created: fc.record({
    type: fc.constant('funding_created'),
    temporaryId: bytes32,
    utility,
    voucher: signature,
    fundingTxid: hexHash,
    signature,
    stateSignature: fc.option(signature),
  }),
  funding_signed: fc.record({
    type: fc.constant('funding_signed'),
    temporaryId: bytes32,
    signature,
    stateSignature: fc.option(signature),
    witnesses,
  }),
  funding_prepared: fc.record({
    type: fc.constant('funding_prepared'),
    temporaryId: bytes32,
    producer: trader,
    voucher: signature,
    fundingTxid: hexHash,
  }),
  funding_cosigned: fc.record({ type: fc.constant('funding_cosigned'), temporaryId: bytes32, witnesses }),
  channel_ready: fc.record({ type: fc.constant('channel_ready'), channelId }),
  propose_update: fc.record({
    type: fc.constant('propose_update'),
    channelId,
    n: u64,
    updates: fc.oneof(
      fc.array(updates, { maxLength: 5 }),
      updates.map((each) => new Array(200).fill(each)),
    ),
    signature,
    stateSignature: fc.option(signature),
  }),
  accept_update: fc.record({
    type: fc.constant('accept_update'),
    channelId,
    n: u64,
    signature,
    stateSignature: fc.option(signature),
    secret: bytes32,
    nextPoint: point,
  }),
  revoke: fc.record({ type: fc.constant('revoke'), channelId, n: u64, secret: bytes32, nextPoint: point }),
  request_turn: fc.record({ type: fc.constant('request_turn'), channelId, turn: u64 }),
  yield_turn: fc.record({ type: fc.constant('yield_turn'), channelId, turn: u64 }),
  reestablish: fc.record({
    type: fc.constant('reestablish'),
    channelId,
    n: u64,
    secretsHeld: u64,
    lastSecret: bytes32,
    nextPoint: point,
    turn: u64,
  }),
  shutdown: fc.record({ type: fc.constant('shutdown'), channelId, payoutScript: payoutScripts }),
  closing_complete: fc.record({
    type: fc.constant('closing_complete'),
    channelId,
    feeSat: satoshi,
    signature,
  }),
  closing_signed: fc.record({ type: fc.constant('closing_signed'), channelId, feeSat: satoshi, signature }),
  tariff: fc.record({ type: fc.constant('tariff'), channelId, signed }),
  offer: fc.record({ type: fc.constant('offer'), channelId, signed }),
  state_proof: fc.record({ type: fc.constant('state_proof'), channelId, proof }),
  attest_delivery: fc.record({ type: fc.constant('attest_delivery'), channelId, unit: u64, signed }),
  refuse_delivery: fc.record({ type: fc.constant('refuse_delivery'), channelId, unit: u64, signed }),
  meter_reading: fc.record({ type: fc.constant('meter_reading'), channelId, signed }),
  close_request: fc.record({ type: fc.constant('close_request'), channelId, exposureMsat: millisatoshi }),
  show_secret: fc.record({ type: fc.constant('show_secret'), channelId, n: u64, secret: bytes32 }),
  reveal_preimage: fc.record({
    type: fc.constant('reveal_preimage'),
    channelId,
    unit: u64,
    preimage: bytes32,
  }),
  release_delivery: fc.record({ type: fc.constant('release_delivery'), channelId, id: u64 }),
  request_arbitration: fc.record({
    type: fc.constant('request_arbitration'),
    channelId,
    proof,
    feeSat: satoshi,
  }),
  arbitration_opened: fc.record({ type: fc.constant('arbitration_opened'), channelId, n: u64, until: u32 }),
  arbitration_verdict: fc.record({
    type: fc.constant('arbitration_verdict'),
    channelId,
    signed,
    signature,
  }),
  tower_blob: fc.record({
    type: fc.constant('tower_blob'),
    channelId,
    index: u64,
    hint: exactly(16),
    body: bytes(60_000),
    more: fc.boolean(),
  }),
  tower_status: fc.record({ type: fc.constant('tower_status'), channelId, next: u64 }),
  arbitration_refused: fc.record({
    type: fc.constant('arbitration_refused'),
    channelId,
    n: u64,
    reason: bytes(256),
  }),
};

export const messages: fc.Arbitrary<Message> = fc.oneof(...Object.values(messagesOf));
