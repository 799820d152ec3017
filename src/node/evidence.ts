import { toHex } from '../base/bytes.ts';
import { fromJson } from '../base/json.ts';
import type { Trader } from '../base/role.ts';
import type { Chain } from '../chain/port.ts';
import type { ChannelRecord } from '../channel/action.ts';
import { caseEvidence } from '../channel/cases.ts';
import { stateProof } from '../channel/rounds.ts';
import type { Channel, Identity } from '../channel/state.ts';
import { type Context, roundContext } from '../channel/step.ts';
import type { BlockTime, Claim } from '../dispute/evidence.ts';
import { decodeEvidence, type EvidenceFile, encodeEvidence, MAX_EVIDENCE_ITEMS } from '../dispute/file.ts';
import { VERDICT } from '../dispute/verdict.ts';
import { DELIVERY_STATEMENT, type DeliveryStatement } from '../market/deliveryStatement.ts';
import { METER_READING } from '../market/meter.ts';
import { decodeSigned, type Signed } from '../market/statement.ts';
import type { Store } from '../store/port.ts';
import type { StateProof } from '../wire/messages.ts';
import type { ChannelDriver } from './driver.ts';
import { ABOUT_VERDICTS, readRecord } from './records.ts';

type Established = Extract<Channel, { readonly identity: Identity }>;

/** A channel has nothing to show before the three have signed its funding. */
export class NoEvidence extends Error {
  override readonly name = 'NoEvidence';
  readonly retry = false;
}

/** What one party has on a dispute, from its state and its records (docs/market.md, "Evidence"). */
export function evidenceFile(
  channel: Channel,
  stored: readonly string[],
  context: Context,
): EvidenceFile | undefined {
  if (!('identity' in channel)) return undefined;
  const records = stored.flatMap((text): readonly ChannelRecord[] => {
    const parsed = fromJson(text);
    return parsed.ok ? [parsed.value as ChannelRecord] : [];
  });
  const held = decidedFile(records) ?? openFile(channel, context) ?? ownFile(channel, context);
  const known = new Set(held.statements.map(({ signature }) => toHex(signature)));
  const more = statementsIn(records).filter(({ signature }) => !known.has(toHex(signature)));
  const statements = [...held.statements, ...more].slice(-MAX_EVIDENCE_ITEMS);
  return { ...held, statements, verdict: held.verdict ?? verdictIn(records) };
}

/** At the utility, a case that was decided: as it was when it was decided. */
function decidedFile(records: readonly ChannelRecord[]): EvidenceFile | undefined {
  for (const record of records.toReversed()) {
    if (record.type !== 'verdict' || record.evidence === null) continue;
    const file = decodeEvidence(record.evidence);
    if (file.ok) return file.value;
  }
  return undefined;
}

/** At the utility, a case that is open. */
function openFile(channel: Established, context: Context): EvidenceFile | undefined {
  const book = channel.type === 'attesting' ? channel : channel.type === 'settling' ? channel.utility : null;
  if (book === null || book.arbitration === null) return undefined;
  const { identity } = channel;
  const evidence = caseEvidence({ ...book, identity, height: context.height }, book.arbitration, context);
  return { ...evidence, verdict: null };
}

/** What anyone has without a case: proofs, the last reading, and its claim if it made one. */
function ownFile(channel: Established, context: Context): EvidenceFile {
  const { contract, channelId, nodeIds, meters, payout } = channel.identity;
  const capacity = (trader: Trader) => context.certifiedCapacityWhPerHour(meters[trader]);
  const capacityWhPerHour = { consumer: capacity('consumer'), producer: capacity('producer') };
  return {
    channel: { contract, channelId, nodeIds, meters, capacityWhPerHour, payout },
    claim: claimOf(channel, context),
    proofs: proofsOf(channel, context),
    readings: readingsOf(channel),
    statements: [],
    deadlineTimes: [],
    height: context.height,
    verdict: null,
  };
}

function proofsOf(channel: Established, context: Context): readonly StateProof[] {
  if (channel.type === 'attesting') return channel.proofs;
  if (channel.type === 'settling' && channel.utility !== null) return channel.utility.proofs;
  if (!('rounds' in channel) || channel.rounds === null) return [];
  return [stateProof(roundContext(channel, context), channel.rounds).proof];
}

function claimOf(channel: Established, context: Context): Claim | null {
  if (channel.type !== 'settling' || channel.role === 'utility' || channel.claim === null) return null;
  const { feeSat, requestedAt } = channel.claim;
  const [proof] = proofsOf(channel, context);
  if (feeSat === null || proof === undefined) return null;
  return { claimant: channel.role, proof, feeSat, openedAt: requestedAt, maxFeeSat: feeSat };
}

function readingsOf(channel: Established): EvidenceFile['readings'] {
  if (!('market' in channel) || channel.role === 'utility' || channel.market.lastReading === null) return [];
  const decoded = decodeSigned(METER_READING, channel.market.lastReading);
  return decoded.ok ? [{ from: channel.role, signed: decoded.value }] : [];
}

function statementsIn(records: readonly ChannelRecord[]): readonly Signed<DeliveryStatement>[] {
  return records.flatMap((record) => {
    if (record.type !== 'statement') return [];
    const decoded = decodeSigned(DELIVERY_STATEMENT, record.signed);
    return decoded.ok ? [decoded.value] : [];
  });
}

function verdictIn(records: readonly ChannelRecord[]): EvidenceFile['verdict'] {
  const record = records.findLast(({ type }) => type === 'verdict');
  const decoded = record?.type === 'verdict' ? decodeSigned(VERDICT, record.signed) : undefined;
  return decoded?.ok ? decoded.value : null;
}

/** The file with the block times of the deadlines in it, as far as the chain has them. */
export async function withDeadlineTimes(file: EvidenceFile, chain: Chain): Promise<EvidenceFile> {
  const proofs = file.claim === null ? file.proofs : [file.claim.proof, ...file.proofs];
  const heights = new Set(proofs.flatMap(({ ledger }) => ledger.deliveries.map(({ deadline }) => deadline)));
  const deadlineTimes: BlockTime[] = [];
  for (const height of [...heights].sort((a, b) => a - b)) {
    const hash = await chain.blockHash(height);
    const block = hash === undefined ? undefined : await chain.block(hash);
    if (block !== undefined) deadlineTimes.push({ height, time: block.time });
  }
  return { ...file, deadlineTimes };
}

/** Records that are read at once. */
const CHUNK = 1000;

/** The verdicts of a channel, and as many of its newest statements as a file takes; the rest of millions is not kept. */
async function recordsOf(store: Store, key: string): Promise<readonly string[]> {
  let statements: readonly string[] = [];
  let end = (await store.channel(key))?.recordCount ?? 0;
  while (end > 0 && statements.length < MAX_EVIDENCE_ITEMS) {
    const from = Math.max(0, end - CHUNK);
    const chunk = await store.records(key, from, end - from);
    statements = [...chunk.filter((text) => readRecord(text).type === 'statement'), ...statements];
    end = from;
  }
  return [...statements, ...(await store.recordsAbout(key, ABOUT_VERDICTS))];
}

/** See `ChannelHandle.exportEvidence`. */
export async function exportEvidence(driver: ChannelDriver, store: Store, chain: Chain): Promise<Uint8Array> {
  await driver.idle();
  const file = evidenceFile(driver.channel, await recordsOf(store, driver.key), driver.context());
  if (file === undefined) throw new NoEvidence(`channel ${driver.key} has no funding transaction`);
  return encodeEvidence(await withDeadlineTimes(file, chain));
}
