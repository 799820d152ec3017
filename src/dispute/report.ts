import type { Sat } from '../base/amount.ts';
import { equalBytes, toHex } from '../base/bytes.ts';
import { encode } from '../base/codec.ts';
import { err, ok, type Result } from '../base/result.ts';
import { sha256 } from '../crypto/hash.ts';
import { type Secp256k1, xOnly } from '../crypto/secp256k1.ts';
import { tinySecp256k1 } from '../crypto/tiny.ts';
import { METER_READING } from '../market/meter.ts';
import { signedCodec, verifyStatement } from '../market/statement.ts';
import { channelIdOf } from '../tx/contract.ts';
import { settlementVbytes } from '../tx/settlement.ts';
import { type StateProof, verifyStateProof } from '../tx/stateProof.ts';
import { txid } from '../tx/transaction.ts';
import { stateProofCodec } from '../wire/messages.ts';
import { type ArbitrationVerdict, arbitrate } from './arbitrate.ts';
import type { DisputedChannel, Evidence } from './evidence.ts';
import { decodeEvidence, type EvidenceError, type EvidenceFile } from './file.ts';
import { evidenceHashes, VERDICT, type VerdictStatement } from './verdict.ts';

/** What the file lacks for a full judgement. */
export type Missing =
  | { readonly code: 'claim' }
  | { readonly code: 'verdict' }
  | { readonly code: 'stateProof' }
  /** Something that the utility's verdict names; SHA256, hexadecimal. */
  | { readonly code: 'namedEvidence'; readonly hash: string }
  /** The block time that decides whether a reading came in time. */
  | { readonly code: 'deadlineTime'; readonly unit: bigint; readonly height: number };

/**
 * What is to be said of the utility's signed verdict. `right`: the rules give the same on what it names. `wrong`: they
 * give something else. `undetermined`: something that it names is missing here. `none`: there is none.
 */
export type SignedVerdictCheck =
  | { readonly answer: 'none' | 'right' | 'undetermined' }
  | { readonly answer: 'wrong'; readonly reason: string };

export interface EvidenceReport {
  /** Hexadecimal. */
  readonly channelId: string;
  readonly file: EvidenceFile;
  /** What the rules say of everything in the file, at the height of the verdict or else of the file; `null` without a sound proof. */
  readonly judged: ArbitrationVerdict | null;
  readonly signed: SignedVerdictCheck;
  readonly missing: readonly Missing[];
}

export type ReportError =
  | EvidenceError
  /** The channel that the file describes cannot be: a key that is none, a parameter out of range, another id. */
  | { readonly code: 'badChannel'; readonly field: string };

/**
 * Checks an evidence file offline: every signature, every sequence of readings, and whether the utility's verdict is
 * what the rules give (`arbitrate`). Never throws on any bytes. The keys in the file are its writer's word: whoever
 * judges compares them with the funding output and the node ids that it knows.
 */
export function verifyEvidence(
  bytes: Uint8Array,
  secp: Secp256k1 = tinySecp256k1,
): Result<EvidenceReport, ReportError> {
  const decoded = decodeEvidence(bytes);
  if (!decoded.ok) return decoded;
  const file = decoded.value;
  const field = channelFault(secp, file.channel);
  if (field !== undefined) return err({ code: 'badChannel', field });
  const evidence = complete(secp, file);
  const missing = missingOf(file, evidence);
  return ok({
    channelId: toHex(file.channel.channelId),
    file,
    judged: evidence === undefined ? null : arbitrate(secp, evidence),
    signed: checkSigned(secp, file, missing),
    missing,
  });
}

/** The evidence at the height of the verdict. Where the claim is missing, the highest sound proof stands in for it. */
function complete(secp: Secp256k1, file: EvidenceFile): Evidence | undefined {
  const { channel, verdict, claim } = file;
  const height = verdict?.body.height ?? file.height;
  if (claim !== null) return { ...file, claim, height };
  const { contract } = channel;
  const proof = file.proofs
    .filter((each) => verifyStateProof(secp, contract, each).ok)
    .reduce<StateProof | undefined>(
      (top, each) => (top === undefined || each.ledger.n > top.ledger.n ? each : top),
      undefined,
    );
  if (proof === undefined) return undefined;
  const feeSat = verdict?.body.feeSat ?? (BigInt(settlementVbytes(contract, channel.payout)) as Sat);
  const openedAt = height - contract.params.contestWindow;
  const claimant = proof.broadcaster;
  return { ...file, claim: { claimant, proof, feeSat, openedAt, maxFeeSat: feeSat }, height };
}

function checkSigned(secp: Secp256k1, file: EvidenceFile, missing: readonly Missing[]): SignedVerdictCheck {
  const { verdict, channel } = file;
  if (verdict === null) return { answer: 'none' };
  const verified = verifyStatement(secp, VERDICT, verdict, xOnly(channel.nodeIds.utility));
  if (!verified.ok) return { answer: 'wrong', reason: verified.error.code };
  if (!equalBytes(verdict.body.channelId, channel.channelId))
    return { answer: 'wrong', reason: 'otherChannel' };
  const seen = complete(secp, seenBy(file, verdict.body));
  const reason = seen === undefined ? 'stateProof' : difference(arbitrate(secp, seen), verdict.body);
  if (reason === undefined) return { answer: 'right' };
  const lacking = missing.some(({ code }) => code === 'namedEvidence' || code === 'stateProof');
  return lacking && reason !== 'outcomeOfAttested' ? { answer: 'undetermined' } : { answer: 'wrong', reason };
}

/** What the utility had when it decided: what it names, and whatever it signed itself. */
function seenBy(file: EvidenceFile, { evidence }: VerdictStatement): EvidenceFile {
  const named = (bytes: Uint8Array) => {
    const hash = sha256(bytes);
    return evidence.some((each) => equalBytes(each, hash));
  };
  const reading = signedCodec(METER_READING);
  return {
    ...file,
    proofs: file.proofs.filter((each) => named(encode(stateProofCodec, each))),
    readings: file.readings.filter(({ signed }) => named(encode(reading, signed))),
  };
}

/** In what a signed verdict differs from what the rules give. */
function difference(judged: ArbitrationVerdict, said: VerdictStatement): string | undefined {
  if (judged.type === 'wait') return `tooEarly: ${judged.reason}`;
  if (judged.type === 'refuse') return `toBeRefused: ${judged.reason.code}`;
  if (judged.state.n !== said.n) return 'otherState';
  if (judged.outcomes.length !== said.outcomes.length) return 'otherOutcomes';
  for (const { id, unit, outcome } of judged.outcomes) {
    const other = said.outcomes.find((each) => each.id === id && each.unit === unit);
    if (other?.outcome !== outcome) return outcome === 'delivered' ? 'outcomeOfAttested' : 'otherOutcomes';
  }
  return txid(judged.settlement.tx) === toHex(said.txid) ? undefined : 'otherTransaction';
}

function missingOf(file: EvidenceFile, evidence: Evidence | undefined): readonly Missing[] {
  const { claim, verdict, statements, deadlineTimes } = file;
  const missing: Missing[] = [];
  if (claim === null) missing.push({ code: 'claim' });
  if (verdict === null) missing.push({ code: 'verdict' });
  if (evidence === undefined) return [...missing, { code: 'stateProof' }];
  const held = evidenceHashes(evidence);
  for (const hash of verdict?.body.evidence ?? [])
    if (!held.some((each) => equalBytes(each, hash)))
      missing.push({ code: 'namedEvidence', hash: toHex(hash) });
  const deliveries = [evidence.claim.proof, ...file.proofs].flatMap(({ ledger }) => ledger.deliveries);
  const refused = new Set(
    statements.filter(({ body }) => body.verdict === 'notDelivered').map(({ body }) => body.unit),
  );
  for (const [unit, height] of new Map(deliveries.map((each) => [each.unit, each.deadline])))
    if (refused.has(unit) && !deadlineTimes.some((time) => time.height === height))
      missing.push({ code: 'deadlineTime', unit, height });
  return missing;
}

/** Which part of a channel cannot be. */
function channelFault(
  secp: Secp256k1,
  { contract, channelId, nodeIds, meters, payout }: DisputedChannel,
): string | undefined {
  const { keys, params, funding } = contract;
  const { consumer, producer, utility } = keys;
  const points = [consumer, producer, utility, nodeIds, meters].flatMap((each) => Object.values(each));
  if (!points.every((key: Uint8Array) => secp.isPublicKey(key))) return 'keys';
  if (!Object.values(payout).every((script) => script.length >= 22)) return 'payout';
  const delays = Object.values(params.toSelfDelay);
  if (!delays.every((delay) => delay >= 1)) return 'toSelfDelay';
  if (params.maxInFlight < 1 || params.maxInFlight > 100) return 'maxInFlight';
  if (params.dustLimitSat < 330n) return 'dustLimitSat';
  if (params.gridFeePpm > 1_000_000) return 'gridFeePpm';
  const { settlementHeight, arbitration } = params;
  if (settlementHeight < 1 || settlementHeight >= 500_000_000) return 'settlementHeight';
  if (arbitration.type === 'afterHeight' && arbitration.height !== settlementHeight) return 'arbitration';
  if (!equalBytes(channelIdOf(funding), channelId)) return 'channelId';
  return undefined;
}
