import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { sat } from '../../src/base/amount.ts';
import { concat } from '../../src/base/bytes.ts';
import { fromJson, toJson } from '../../src/base/json.ts';
import { sha256 } from '../../src/crypto/hash.ts';
import { arbitrate } from '../../src/dispute/arbitrate.ts';
import { describeReport } from '../../src/dispute/describe.ts';
import type { Evidence } from '../../src/dispute/evidence.ts';
import {
  decodeEvidence,
  type EvidenceFile,
  encodeEvidence,
  MAX_EVIDENCE_LENGTH,
} from '../../src/dispute/file.ts';
import { verifyEvidence } from '../../src/dispute/report.ts';
import {
  VERDICT,
  type VerdictStatement,
  verdictSettlement,
  verdictStatement,
} from '../../src/dispute/verdict.ts';
import { type Signed, signStatement } from '../../src/market/statement.ts';
import { proofOf, stateOf } from '../penalty/support.ts';
import { secp } from '../support/curve.ts';
import { startWorld, type World } from '../support/world.ts';
import { evidence, FIRST, immediate, inFlight, nodeSecret, reading, SECOND, word } from './support.ts';

const START = reading(1, 0);
const COVERS_ONE = reading(30, 1000);
const statements = [
  word(FIRST, 'delivered', [START, COVERS_ONE]),
  word(SECOND, 'notDelivered', [START, COVERS_ONE], { fromWh: 1000n }),
];
const readings = [{ from: 'producer' as const, signed: COVERS_ONE }];
const full = evidence({ statements, readings, proofs: [proofOf(immediate, 'producer', stateOf(6n))] });

function decide(
  on: Evidence,
  change: Partial<VerdictStatement> = {},
  key = 'utility',
): Signed<VerdictStatement> {
  const judged = arbitrate(secp, on);
  if (judged.type !== 'settle' && judged.type !== 'penalise') throw new Error(judged.type);
  const body = { ...verdictStatement(on, judged, judged.findings), ...change };
  return signStatement(secp, VERDICT, body, nodeSecret(key));
}
const fileOf = (more: Partial<EvidenceFile> = {}): EvidenceFile => ({
  ...full,
  verdict: decide(full),
  ...more,
});
function reportOn(file: EvidenceFile) {
  const report = verifyEvidence(encodeEvidence(file));
  if (!report.ok) throw new Error(report.error.code);
  return report.value;
}
const signedOn = (file: EvidenceFile) => reportOn(file).signed;

describe('an evidence file', () => {
  it('decodes to what was encoded, the same bytes each time, and survives the disk', () => {
    const bytes = encodeEvidence(fileOf());
    const decoded = decodeEvidence(bytes);
    expect(decoded).toEqual({ ok: true, value: fileOf() });
    expect(decoded.ok && encodeEvidence(decoded.value)).toEqual(bytes);
    const stored = fromJson(toJson(fileOf()));
    expect(stored.ok && encodeEvidence(stored.value as EvidenceFile)).toEqual(bytes);
  });

  it('with one byte changed: refused by name', () => {
    const bytes = encodeEvidence(fileOf());
    fc.assert(
      fc.property(fc.nat(bytes.length - 1), fc.integer({ min: 1, max: 255 }), (at, flip) => {
        const changed = bytes.slice();
        changed[at] = (changed[at] as number) ^ flip;
        expect(decodeEvidence(changed).ok).toBe(false);
      }),
    );
  });

  it('too large, too short, another version: refused by name', () => {
    const code = (bytes: Uint8Array) => {
      const decoded = decodeEvidence(bytes);
      return decoded.ok ? 'ok' : decoded.error.code;
    };
    const version = encodeEvidence(fileOf());
    version[18] = 2;
    expect(code(new Uint8Array(MAX_EVIDENCE_LENGTH + 1))).toBe('tooLarge');
    expect(code(new Uint8Array(40))).toBe('notEvidence');
    expect(code(version)).toBe('unknownVersion');
  });

  it('of any bytes under a right checksum: never throws', () => {
    const body = encodeEvidence(fileOf()).slice(0, -32);
    const changes = fc.array(fc.tuple(fc.nat(body.length - 20), fc.nat(255)), { minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(changes, (edits) => {
        const changed = body.slice();
        for (const [at, byte] of edits) changed[19 + at] = byte;
        const report = verifyEvidence(concat(changed, sha256(changed)));
        if (report.ok) expect(describeReport(report.value).length).toBeGreaterThan(0);
      }),
      { numRuns: 400 },
    );
  });
});

describe('the report on it', () => {
  it('the verdict that the rules give: right', () => {
    const report = reportOn(fileOf());
    expect(report.signed).toEqual({ answer: 'right' });
    expect(report.judged).toMatchObject({
      type: 'penalise',
      outcomes: [{ outcome: 'delivered' }, { outcome: 'notDelivered' }],
    });
    expect(report.missing).toEqual([{ code: 'deadlineTime', unit: 2n, height: SECOND.deadline }]);
  });

  it('a verdict that forfeits what the utility attested: wrong, also when the attestation is not named in it', () => {
    const blind = { ...full, statements: statements.slice(1) };
    const late = { ...blind, height: 300 };
    expect(signedOn(fileOf({ verdict: decide(late) }))).toEqual({
      answer: 'wrong',
      reason: 'outcomeOfAttested',
    });
  });

  it('another number, another transaction, another fee, another channel, a foreign signature: wrong', () => {
    const changes: [Partial<VerdictStatement>, string?][] = [
      [{ n: 6n }],
      [{ txid: new Uint8Array(32) }],
      [{ channelId: new Uint8Array(32) }],
      [{ outcomes: [] }],
      [{}, 'producer'],
    ];
    const answers = changes.map(([change, key]) => signedOn(fileOf({ verdict: decide(full, change, key) })));
    expect(answers.map((each) => 'reason' in each && each.reason)).toEqual([
      'otherState',
      'otherTransaction',
      'otherChannel',
      'otherOutcomes',
      'badSignature',
    ]);
  });

  it('a verdict before its time: wrong', () => {
    const early = decide(full, { height: full.claim.openedAt });
    expect(signedOn(fileOf({ verdict: early }))).toEqual({
      answer: 'wrong',
      reason: 'tooEarly: contestWindow',
    });
  });

  it('a higher state that the verdict names and passes over: wrong; one that it never saw: not its fault', () => {
    const higher = proofOf(immediate, 'producer', stateOf(9n, [SECOND]));
    const named = { ...full, proofs: [...full.proofs, higher] };
    const hashes = verdictStatement(named, decidedOn(named), []).evidence;
    expect(signedOn({ ...named, verdict: decide(full, { evidence: hashes }) })).toMatchObject({
      answer: 'wrong',
    });
    expect(signedOn({ ...named, verdict: decide(full) })).toEqual({ answer: 'right' });
  });

  it('something missing that it names: undetermined, and the hash is told', () => {
    const higher = proofOf(immediate, 'producer', stateOf(9n, [SECOND]));
    const all = { ...full, proofs: [...full.proofs, higher] };
    const report = reportOn(fileOf({ verdict: decide(all) }));
    expect(report.signed).toEqual({ answer: 'undetermined' });
    expect(report.missing.filter(({ code }) => code === 'namedEvidence')).toHaveLength(1);
  });

  it('no verdict, no claim, no proof: said', () => {
    const report = reportOn(fileOf({ verdict: null, claim: null, proofs: [] }));
    expect(report).toMatchObject({ judged: null, signed: { answer: 'none' } });
    expect(report.missing.map(({ code }) => code)).toEqual(['claim', 'verdict', 'stateProof']);
  });

  it('a channel that cannot be: refused by name', () => {
    const { channel } = full;
    const { params } = channel.contract;
    const report = (change: Partial<EvidenceFile['channel']>) =>
      verifyEvidence(encodeEvidence(fileOf({ channel: { ...channel, ...change } })));
    const meters = { ...channel.meters, producer: new Uint8Array(33) };
    expect(report({ meters })).toMatchObject({ error: { code: 'badChannel', field: 'keys' } });
    expect(report({ channelId: new Uint8Array(32) })).toMatchObject({ error: { field: 'channelId' } });
    const contract = { ...channel.contract, params: { ...params, dustLimitSat: sat(1) } };
    expect(report({ contract })).toMatchObject({ error: { field: 'dustLimitSat' } });
  });
});

function decidedOn(on: Evidence) {
  const judged = arbitrate(secp, on);
  if (judged.type !== 'settle' && judged.type !== 'penalise') throw new Error(judged.type);
  return judged;
}

describe('a verdict’s statement', () => {
  it('the transaction is rebuilt from it; anything else of it that was changed is named', () => {
    const verdict = decide(full);
    expect(verdictSettlement(secp, full.channel, inFlight, verdict)).toMatchObject({ ok: true });
    expect(verdictSettlement(secp, full.channel, stateOf(6n), verdict)).toMatchObject({
      error: { code: 'otherState' },
    });
    const outcomes = verdict.body.outcomes.map((each) => ({ ...each, outcome: 'delivered' as const }));
    const changed = signStatement(secp, VERDICT, { ...verdict.body, outcomes }, nodeSecret('utility'));
    expect(verdictSettlement(secp, full.channel, inFlight, changed)).toMatchObject({
      error: { code: 'otherTransaction' },
    });
  });
});

describe('evidence exported from a running channel', () => {
  let world: World;
  afterEach(() => world.stop());

  it('each of the three exports a file; the utility’s and the claimant’s verdict is right, offline', async () => {
    world = await startWorld();
    await world.open({ params: { arbitration: { type: 'immediate' } } });
    await world.trade({ units: 1, meter: () => false });
    await world
      .channel('producer')
      .until((state) => state.type === 'open' && state.rounds.held.ledger.n === 1n);
    await world.synced();
    const verdict = world.channel('consumer').notice('verdict');
    await world.channel('consumer').requestArbitration(600n);
    await world.synced();
    for (let blocks = 0; blocks < 20; blocks++) await world.mine();
    await verdict;
    const reports = await Promise.all(
      (['consumer', 'producer', 'utility'] as const).map(async (role) => {
        const report = verifyEvidence(await world.channel(role).exportEvidence());
        if (!report.ok) throw new Error(report.error.code);
        return report.value;
      }),
    );
    for (const { signed } of reports) expect(['right', 'undetermined']).toContain(signed.answer);
    const utility = reports[2];
    expect(utility?.signed).toEqual({ answer: 'right' });
    expect(utility?.judged).toMatchObject({ type: 'penalise', outcomes: [{ outcome: 'notDelivered' }] });
    expect(utility?.missing).toEqual([]);
  });
});
