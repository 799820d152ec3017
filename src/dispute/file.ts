import { concat, equalBytes, utf8 } from '../base/bytes.ts';
import {
  type Codec,
  decode,
  encode,
  hash,
  list,
  type Malformed,
  optional,
  point,
  satCodec,
  seconds,
  struct,
  u16,
  u32,
  u64,
} from '../base/codec.ts';
import { invariant } from '../base/invariant.ts';
import { err, ok, type Result } from '../base/result.ts';
import { sha256 } from '../crypto/hash.ts';
import { DELIVERY_STATEMENT } from '../market/deliveryStatement.ts';
import { METER_READING } from '../market/meter.ts';
import { type Signed, signedCodec } from '../market/statement.ts';
import type { Contract } from '../tx/contract.ts';
import {
  hexHash,
  outputScriptCodec,
  params,
  perRoleMsat,
  stateProofCodec,
  traderCodec,
  traderKeys,
  utilityKeys,
} from '../wire/messages.ts';
import type { Claim, DisputedChannel, Evidence } from './evidence.ts';
import { VERDICT, type VerdictStatement } from './verdict.ts';

/** Evidence as one party holds it: what it has not is missing here, and named when the file is verified. */
export interface EvidenceFile extends Omit<Evidence, 'claim'> {
  /** `null` when nobody asked for a decision. */
  readonly claim: Claim | null;
  readonly verdict: Signed<VerdictStatement> | null;
}

export type EvidenceError =
  | { readonly code: 'tooLarge'; readonly length: number; readonly limit: number }
  | { readonly code: 'notEvidence' }
  | { readonly code: 'unknownVersion'; readonly version: number }
  | { readonly code: 'badChecksum' }
  | Malformed;

/** Largest evidence file, bytes. */
export const MAX_EVIDENCE_LENGTH = 4 * 1024 * 1024;
/** Most items of one kind: proofs, readings, statements. */
export const MAX_EVIDENCE_ITEMS = 4096;

const MAGIC = utf8('WATTLANE EVIDENCE');
const VERSION = 1;
const CHECKSUM_LENGTH = 32;

const contract: Codec<Contract> = struct({
  params,
  keys: struct({ consumer: traderKeys, producer: traderKeys, utility: utilityKeys }),
  contributions: perRoleMsat,
  funding: struct({ txid: hexHash, vout: u32 }),
});

const channel: Codec<DisputedChannel> = struct({
  contract,
  channelId: hash,
  nodeIds: struct({ consumer: point, producer: point, utility: point }),
  meters: struct({ consumer: point, producer: point }),
  capacityWhPerHour: struct({ consumer: u64, producer: u64 }),
  payout: struct({
    consumer: outputScriptCodec,
    producer: outputScriptCodec,
    utility: outputScriptCodec,
  }),
});

const evidenceFile: Codec<EvidenceFile> = struct({
  channel,
  claim: optional(
    struct({
      claimant: traderCodec,
      proof: stateProofCodec,
      feeSat: satCodec,
      openedAt: u32,
      maxFeeSat: satCodec,
    }),
  ),
  proofs: list(stateProofCodec, MAX_EVIDENCE_ITEMS),
  readings: list(struct({ from: traderCodec, signed: signedCodec(METER_READING) }), MAX_EVIDENCE_ITEMS),
  statements: list(signedCodec(DELIVERY_STATEMENT), MAX_EVIDENCE_ITEMS),
  deadlineTimes: list(struct({ height: u32, time: seconds }), MAX_EVIDENCE_ITEMS),
  height: u32,
  verdict: optional(signedCodec(VERDICT)),
});

/**
 * The file: magic, version (u16), body, SHA256 of all that. The same evidence gives the same bytes.
 * Throws `InvariantError` above {@link MAX_EVIDENCE_LENGTH}.
 */
export function encodeEvidence(evidence: EvidenceFile): Uint8Array {
  const body = concat(MAGIC, encode(u16, VERSION), encode(evidenceFile, evidence));
  invariant(body.length + CHECKSUM_LENGTH <= MAX_EVIDENCE_LENGTH, `evidence of ${body.length} bytes`);
  return concat(body, sha256(body));
}

/** The inverse of {@link encodeEvidence}; never throws. Says nothing of the truth of what is in it. */
export function decodeEvidence(bytes: Uint8Array): Result<EvidenceFile, EvidenceError> {
  const { length } = bytes;
  if (length > MAX_EVIDENCE_LENGTH) return err({ code: 'tooLarge', length, limit: MAX_EVIDENCE_LENGTH });
  const head = MAGIC.length + 2;
  if (length < head + CHECKSUM_LENGTH || !equalBytes(bytes.subarray(0, MAGIC.length), MAGIC))
    return err({ code: 'notEvidence' });
  const version = decode(u16, bytes.subarray(MAGIC.length, head));
  if (!version.ok) return version;
  if (version.value !== VERSION) return err({ code: 'unknownVersion', version: version.value });
  const body = bytes.subarray(0, length - CHECKSUM_LENGTH);
  if (!equalBytes(sha256(body), bytes.subarray(body.length))) return err({ code: 'badChecksum' });
  const decoded = decode(evidenceFile, body.subarray(head));
  return decoded.ok ? ok(decoded.value) : decoded;
}
