/**
 * The sections of docs/protocol.md that explanations name: by the heading's id, with its number and title as they are
 * shown. An id is the heading in small letters without punctuation, spaces as hyphens; the second of a kind has `-1`.
 */
export const SECTIONS = {
  '1-purpose': '1 Purpose',
  '2-channel-parameters': '2 Channel parameters',
  '3-keys': '3 Keys',
  '4-scripts': '4 Scripts',
  '5-transactions': '5 Transactions',
  funding: '5 Funding',
  commitment: '5 Commitment',
  'anchor-child': '5 Anchor child',
  close: '5 Close',
  penalty: '5 Penalty',
  claims: '5 Claims',
  '6-state-and-updates': '6 State and updates',
  '7-rounds': '7 Rounds',
  reestablish: '7 Reestablish',
  'when-data-is-lost': '7 When data is lost',
  open: '8 Open',
  'tick-how-one-unit-goes': '8 Tick: how one unit goes',
  'close-1': '8 Close',
  'deadlines-who-acts-at-which-height': '8 Deadlines: who acts at which height',
  'non-delivery-three-routes': '9 Non-delivery: three routes',
  arbitration: '9 Arbitration',
  breach: '9 Breach',
  watchtower: '9 Watchtower',
  '10-who-can-take-what': '10 Who can take what',
  '11-on-the-wire': '11 On the wire',
  transport: '11 Transport',
  '12-watching-the-chain': '12 Watching the chain',
  fees: '12 Fees',
  '13-what-is-on-disk-before-what-is-sent': '13 What is on disk before what is sent',
  '14-properties': '14 Properties',
} as const satisfies Readonly<Record<string, string>>;

/** A section of docs/protocol.md. */
export type Section = keyof typeof SECTIONS;

/** Where a section is read in this page. */
export function sectionLink(section: Section): string {
  return `/protocol.html#${section}`;
}
