import type { ChannelDetail, Info } from '../../nodes/node.ts';
import type { Tariff } from '../../nodes/trade.ts';
import type { ListedUnit } from '../../nodes/units.ts';
import { msatText } from '../../text/amounts.ts';
import { timeText } from '../../text/times.ts';
import { UNIT_STATES } from '../../text/unitStates.ts';

export interface ReceiptFacts {
  readonly unit: ListedUnit;
  readonly channel: ChannelDetail;
  readonly network: Info['network'];
  /** Of the tariff with the unit's lock; null where the node does not keep it any more. */
  readonly tariff: Tariff | null;
  /** When the utility's word on the unit was heard; null where it was not. */
  readonly meteredAt: number | null;
}

/** A receipt of one unit: what the node says of it, as JSON. Amounts in millisatoshi and numbers of 64 bits are decimal strings. */
export function receiptOf({ unit, channel, network, tariff, meteredAt }: ReceiptFacts) {
  const { gridFeeMsat, paymentMsat } = unit;
  return {
    receipt: 'wattlane-unit',
    version: 1,
    network,
    channelId: channel.channelId,
    funding: channel.funding,
    parties: channel.peers,
    unit: unit.unit,
    deliveryId: unit.deliveryId,
    seller: unit.seller,
    status: unit.status,
    energyWh: unit.energyWh,
    paymentMsat,
    gridFeeMsat,
    sellerReceivedMsat: gridFeeMsat === null ? null : String(BigInt(paymentMsat) - BigInt(gridFeeMsat)),
    bondMsat: unit.bondMsat,
    tariff:
      tariff === null
        ? null
        : { slot: tariff.slot, from: tariff.from, until: tariff.until, msatPerWh: tariff.msatPerWh },
    statement: { verdict: verdictOf(unit.status), lock: unit.lock, heardAt: meteredAt },
    deadline: unit.deadline,
    expiry: unit.expiry,
    orderedAt: unit.orderedAt,
    endedAt: unit.endedAt,
    writtenBy: channel.role,
  } as const;
}

/** What the utility must have said for a unit to be where it is. */
function verdictOf(status: ListedUnit['status']): 'delivered' | 'notDelivered' | null {
  if (status === 'attested' || status === 'settled') return 'delivered';
  return status === 'refused' ? 'notDelivered' : null;
}

/** The same as a text for people. */
export function receiptText(facts: ReceiptFacts): string {
  const receipt = receiptOf(facts);
  const { unit, channel } = facts;
  const sat = (msat: string | null) => (msat === null ? '–' : `${msatText(msat)} sat`);
  const time = (seconds: number | null) => (seconds === null ? '–' : `${timeText(seconds)} UTC`);
  const rows: readonly (readonly [string, string])[] = [
    ['Unit', unit.unit],
    ['State', UNIT_STATES[unit.status].text],
    ['Energy', `${unit.energyWh} Wh`],
    ['Payment', sat(unit.paymentMsat)],
    ['Grid fee', sat(unit.gridFeeMsat)],
    ['The seller received', sat(receipt.sellerReceivedMsat)],
    ['Bond of the seller', sat(unit.bondMsat)],
    [
      'Price',
      receipt.tariff === null ? '–' : `${receipt.tariff.msatPerWh} sat/kWh, slot ${receipt.tariff.slot}`,
    ],
    ['Ordered', time(unit.orderedAt)],
    ['Metered', time(facts.meteredAt)],
    ['Ended', time(unit.endedAt)],
    ['Deadline', `block ${unit.deadline}`],
    ['Lock', unit.lock],
    ['Seller', `${unit.seller} ${channel.peers[unit.seller] ?? ''}`],
    ['Buyer', other(unit.seller, channel)],
    ['Utility', channel.peers.utility ?? '–'],
    ['Channel', channel.channelId ?? '–'],
    ['Network', facts.network],
  ];
  const width = Math.max(...rows.map(([name]) => name.length));
  return `Receipt of one unit of energy\n\n${rows.map(([name, value]) => `${name.padEnd(width)}  ${value}`).join('\n')}\n`;
}

function other(seller: ListedUnit['seller'], { peers }: ChannelDetail): string {
  const buyer = seller === 'consumer' ? 'producer' : 'consumer';
  return `${buyer} ${peers[buyer] ?? ''}`;
}

const CSV = [
  ...([
    'unit',
    'deliveryId',
    'status',
    'seller',
    'energyWh',
    'paymentMsat',
    'gridFeeMsat',
    'bondMsat',
  ] as const),
  ...(['orderedAt', 'endedAt', 'deadline', 'expiry', 'lock'] as const),
] as const;

/** Units as CSV (RFC 4180): a line with the names, then one for each unit. */
export function unitsCsv(units: readonly ListedUnit[]): string {
  // numbers, hexadecimal and words of the schema: nothing in them needs quotes
  const lines = units.map((unit) => CSV.map((name) => unit[name] ?? '').join(','));
  return `${[CSV.join(','), ...lines].join('\r\n')}\r\n`;
}
