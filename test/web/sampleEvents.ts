import type { Explained } from '../../web/src/text/events.ts';

const TXID = 'ab'.repeat(32);
const delivery = {
  deliveryId: '4',
  unit: '7',
  seller: 'producer',
  energyWh: '40',
  paymentMsat: '812345',
  bondMsat: '1000000',
  lock: 'cd'.repeat(32),
  deadline: 150,
  expiry: 180,
} as const;
const amounts = {
  consumerSat: '1',
  producerSat: '2',
  utilitySat: '3',
  untakenSat: '4',
  elsewhereSat: '5',
};
const outpoint = { txid: TXID, vout: 1 };
const verdict = {
  n: '5',
  claimant: 'consumer',
  feeSat: '300',
  txid: TXID,
  height: 160,
  outcomes: [
    { deliveryId: '4', unit: '7', outcome: 'notDelivered' },
    { deliveryId: '5', unit: '8', outcome: 'delivered' },
  ],
  findings: [{ code: 'staleState', against: 'consumer' }],
} as const;
const onlyChain = { amounts: { ...amounts, untakenSat: '0', elsewhereSat: '0' }, height: 9 };

/** At least one event of every type, and the kinds of it that are said differently. */
export const SAMPLE_EVENTS: readonly Explained[] = [
  { type: 'opened', data: {} },
  { type: 'aborted', data: { why: { code: 'connectionLost', values: { peer: 'utility' } } } },
  { type: 'aborted', data: { why: { code: 'ofTomorrow', values: {} } } },
  { type: 'closed', data: {} },
  { type: 'halted', data: {} },
  { type: 'settling', data: { why: { code: 'requested', values: {} } } },
  {
    type: 'settling',
    data: { why: { code: 'protocolError', values: { error: 'wrongNumber message=revoke n=3 expected=4' } } },
  },
  { type: 'refused', data: { command: 'transfer', why: { code: 'balanceTooLow', values: {} } } },
  { type: 'refused', data: { command: 'cancel', why: { code: 'notReleased', values: { id: '4' } } } },
  {
    type: 'tariff',
    data: {
      tariff: {
        slot: 3,
        from: 1_700_000_000,
        until: 1_700_001_800,
        msatPerWh: '20',
        unitEnergyWh: 40,
        firstUnit: '7',
        units: 100,
      },
    },
  },
  {
    type: 'offer',
    data: {
      offer: {
        offerId: '1',
        seller: 'producer',
        units: 10,
        unitEnergyWh: 40,
        minMsatPerWh: '0',
        until: 1_700_001_800,
      },
    },
  },
  { type: 'unitOrdered', data: { delivery } },
  { type: 'unitAttested', data: { unit: '7' } },
  { type: 'unitRefused', data: { unit: '7' } },
  { type: 'unitSettled', data: { delivery, gridFeeMsat: '12345' } },
  { type: 'unitForfeited', data: { delivery } },
  { type: 'unitReleased', data: { delivery } },
  { type: 'unitCancelled', data: { delivery } },
  { type: 'closeRequested', data: { exposureMsat: '5000' } },
  { type: 'arbitrationOpened', data: { n: '5', until: 160 } },
  { type: 'arbitrationRefused', data: { n: '5', reason: 'forgedProof' } },
  { type: 'arbitrationGivenUp', data: { height: 170 } },
  { type: 'verdict', data: { ...verdict, outcomes: [...verdict.outcomes], findings: [...verdict.findings] } },
  { type: 'verdict', data: { ...verdict, outcomes: [], findings: [] } },
  { type: 'breach', data: { n: '2', broadcaster: 'consumer' } },
  { type: 'breach', data: { n: '2', broadcaster: null } },
  { type: 'preimageRevealed', data: { unit: '7' } },
  { type: 'fundingUnconfirmed', data: {} },
  { type: 'fundingConfirmed', data: { height: 120 } },
  { type: 'fundingReorganised', data: {} },
  ...[
    'close',
    'arbitrated',
    'ownCommitment',
    'peerLatest',
    'peerNext',
    'proved',
    'revoked',
    'ofTomorrow',
  ].map((kind) => ({ type: 'fundingSpent', data: { kind, txid: TXID, height: 130 } }) as const),
  { type: 'fundingSpendReorganised', data: { txid: TXID } },
  { type: 'preimageSeen', data: { lock: delivery.lock } },
  ...['revocation', 'delayed', 'payment', 'preimage', 'expiry', 'anchor', 'unknown'].map(
    (how) =>
      ({ type: 'outputSpent', data: { outpoint, by: 'producer', how, txid: TXID, height: 131 } }) as const,
  ),
  { type: 'outputSpent', data: { outpoint, by: null, how: 'unknown', txid: TXID, height: 131 } },
  { type: 'outputSpendReorganised', data: { outpoint, txid: TXID } },
  { type: 'resolved', data: { kind: 'close', amounts, height: 240 } },
  { type: 'resolved', data: { kind: 'revoked', ...onlyChain } },
  { type: 'claiming', data: { purpose: 'to_counterparty', txid: TXID, feeSat: '150' } },
  {
    type: 'claiming',
    data: { purpose: 'justice: to_broadcaster, delivery of unit 7', txid: TXID, feeSat: '150' },
  },
];
