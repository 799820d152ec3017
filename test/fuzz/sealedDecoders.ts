import fc from 'fast-check';
import { decodeBackup, encodeBackup } from '../../src/backup/backup.ts';
import { concat, fromHex } from '../../src/base/bytes.ts';
import { ROLES } from '../../src/base/role.ts';
import { sha256, taggedHash } from '../../src/crypto/hash.ts';
import { seal, unseal } from '../../src/crypto/sealed.ts';
import { tinySecp256k1 as secp } from '../../src/crypto/tiny.ts';
import { decodeEvidence, encodeEvidence } from '../../src/dispute/file.ts';
import { verifyEvidence } from '../../src/dispute/report.ts';
import { hintOf } from '../../src/tower/blob.ts';
import { readJustice } from '../../src/tower/breach.ts';
import { txid } from '../../src/tx/transaction.ts';
import { evidence } from '../dispute/support.ts';
import { commitmentOf, contractOf, delivery, stateOf } from '../penalty/support.ts';
import { channels } from '../support/arbitraries.ts';
import { blobOf } from '../tower/support.ts';
import { canonical, type Decoder, whether } from './decoder.ts';

const CHAIN = '0f'.repeat(32);
const KEY = new Uint8Array(32).fill(1);
/** Magic, version and chain hash of a backup, before what is sealed. */
const HEAD = 8 + 1 + 32;

function backups(): readonly Uint8Array[] {
  return [1, 2, 3].map((count) => {
    const each = fc.sample(channels, { seed: count, numRuns: count });
    const three = <T>(value: T) => ({ consumer: value, producer: value, utility: value });
    return encodeBackup(
      {
        chainHash: CHAIN,
        birthday: 100,
        nextChannel: count,
        addresses: [1, 2, 3, 4],
        channels: each.map(({ contract }, keyIndex) => ({
          keyIndex,
          role: ROLES[keyIndex % 3] ?? 'consumer',
          since: 5,
          contract: { ...contract, params: { ...contract.params, chainHash: CHAIN } },
          payout: three(Uint8Array.of(0, 20, ...new Uint8Array(20))),
          nodeIds: three(new Uint8Array(33).fill(2)),
          meters: three(new Uint8Array(33).fill(3)),
        })),
      },
      KEY,
    );
  });
}

function evidenceFiles(): readonly Uint8Array[] {
  const { claim, ...rest } = evidence();
  return [
    encodeEvidence({ ...rest, claim, verdict: null }),
    encodeEvidence({ ...rest, claim: null, verdict: null }),
  ];
}

const contract = contractOf({ txid: '11'.repeat(32), vout: 0 });
const revoked = stateOf(3n, [delivery(1, 150, 'consumer'), delivery(2, 160, 'producer')]);
const { tx } = commitmentOf(contract, 'consumer', revoked);
const suspect = { txid: txid(tx), tx };
const blobKey = taggedHash('wattlane/tower/blob/1', fromHex(suspect.txid).reverse());

const head = (backups()[0] ?? new Uint8Array(0)).slice(0, HEAD);

/** Formats that are sealed or carry a checksum: as they are, and opened, so that what is behind it is reached too. */
export const SEALED_DECODERS: readonly Decoder[] = [
  canonical(
    'backup',
    backups,
    (bytes) => decodeBackup(bytes, KEY, CHAIN),
    (value) => encodeBackup(value, KEY),
  ),
  {
    name: 'backup, opened',
    samples: () => backups().map((data) => unseal(KEY, data.slice(HEAD)) ?? new Uint8Array(0)),
    read: (bytes) => whether(decodeBackup(concat(head, seal(KEY, bytes)), KEY, CHAIN).ok),
  },
  canonical('evidence', evidenceFiles, decodeEvidence, encodeEvidence),
  {
    name: 'evidence, opened',
    samples: () => evidenceFiles().map((bytes) => bytes.slice(0, -32)),
    read: (bytes) => whether(verifyEvidence(concat(bytes, sha256(bytes))).ok),
  },
  {
    name: 'tower blob',
    samples: () => [blobOf(contract, 'consumer', revoked).body],
    read: (bytes) => whether(readJustice(secp, suspect, { hint: hintOf(suspect.txid), body: bytes }).ok),
  },
  {
    name: 'tower blob, opened',
    samples: () => [unseal(blobKey, blobOf(contract, 'consumer', revoked).body) ?? new Uint8Array(0)],
    read: (bytes) => {
      const blob = { hint: hintOf(suspect.txid), body: seal(blobKey, bytes) };
      return whether(readJustice(secp, suspect, blob).ok);
    },
  },
];
