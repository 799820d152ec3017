import { msat } from '../src/base/amount.ts';
import { invariant } from '../src/base/invariant.ts';
import { localTraderSigner } from '../src/channel/localSigner.ts';
import { deliveryLock } from '../src/crypto/deliveryLock.ts';
import { revocationPublicKey } from '../src/crypto/revocation.ts';
import { tinySecp256k1 as secp } from '../src/crypto/tiny.ts';
import { TowerStore } from '../src/node/towerStore.ts';
import { checkedStore } from '../src/store/checked.ts';
import { memoryStore } from '../src/store/memory.ts';
import { justiceBlob, type TowerBlob } from '../src/tower/blob.ts';
import { buildCommitment } from '../src/tx/commitment.ts';
import type { Balances, Delivery } from '../src/tx/contract.ts';
import { encodeMessage } from '../src/wire/messages.ts';
import { contractOf, HEIGHT, payoutScript, secretOf, traderSecrets } from './scenario.ts';

/** Prints what a watchtower's blobs take: bytes on the wire and in the store, and time. */
const STORED = 20_000;
const STATES = 1_000_000;
const TIMED = 60;
const ROW = 20;

const contract = contractOf(secp, {
  maxInFlight: 20,
  bondPolicy: { type: 'proportional', bondPpm: 500_000 },
});
const victim = localTraderSigner(secp, 'consumer', traderSecrets('consumer'));
const payout = payoutScript('consumer');

/** What a blob shares with all others of its channel: delayed key, delay, payout script with its length; the utility's key. */
const STATIC_BYTES = 33 + 2 + 2 + payout.length;
const STATIC_BYTES_SOLD = STATIC_BYTES + 33;

function stateOf(n: number, inFlight: number): Balances {
  const { consumer, producer, utility } = contract.contributions;
  const deadline = HEIGHT + contract.params.deliveryWindow;
  const deliveries = Array.from({ length: inFlight }, (_, i): Delivery => {
    const unit = BigInt(n * 20 + i);
    const lock = deliveryLock(secretOf(`unit ${unit}`));
    return {
      id: unit,
      seller: 'producer',
      unit,
      energyWh: 1000n,
      paymentMsat: msat(60_000_000n),
      bondMsat: msat(30_000_000n),
      lock,
      deadline,
      expiry: deadline + 20,
    };
  });
  const count = BigInt(inFlight);
  return {
    n: BigInt(n),
    consumerMsat: msat(consumer - 60_000_000n * count > 0n ? consumer - 60_000_000n * count : 0n),
    producerMsat: msat(
      producer - 30_000_000n * count > 1_000_000n ? producer - 30_000_000n * count : 100_000_000n,
    ),
    utilityMsat: utility,
    deliveries,
  };
}

function blobOf(n: number, inFlight: number): TowerBlob {
  const state = stateOf(n, inFlight);
  const secret = secretOf(`commitment ${n}`);
  const signed = victim.signJustice(contract, state, secret, payout);
  const revocation = revocationPublicKey(secp, victim.keys.revocation, secp.publicKey(secret));
  return justiceBlob(buildCommitment(contract, state, 'producer', revocation), payout, signed);
}

/** Median of how many signatures one blob takes, both in processor time and in turns. */
function signaturesPerBlob(inFlight: number): number {
  const micros = (work: () => void): number => {
    const before = process.cpuUsage();
    work();
    const { user, system } = process.cpuUsage(before);
    return user + system;
  };
  const ratios = Array.from({ length: TIMED }, (_, i) => {
    const row = micros(() => {
      for (let k = 0; k < ROW; k++) secp.sign(hash, channelId);
    });
    return (micros(() => blobOf(i + 1, inFlight)) * ROW) / row;
  });
  return ratios.sort((x, y) => x - y)[TIMED / 2] as number;
}

/** Bytes of names and values in the store for `STORED` blobs of one channel. */
async function storedBytes(inFlight: number): Promise<number> {
  const values = new Map<string, number>();
  const store = memoryStore({
    onCommit: (write) => {
      if (write.type === 'value') values.set(write.name, write.name.length + write.value.length);
    },
  });
  const tower = new TowerStore(checkedStore(store), { blobs: BigInt(STATES), bytes: 1n << 40n });
  const { body } = blobOf(1, inFlight);
  for (let i = 0; i < STORED; i++) {
    // of that size, with a hint of its own: what is in it makes no difference to a store
    const hint = secretOf(`hint ${i}`).slice(0, 16);
    const taken = await tower.append('channel/consumer', BigInt(i), { hint, body });
    invariant(taken.ok, 'the quota has room');
  }
  return [...values.values()].reduce((sum, size) => sum + size, 0);
}

const channelId = secretOf('channel');
const hash = secretOf('hash');
console.log(
  'deliveries  signatures  blob  without static parts  message  stored each  1,000,000 states  blob/signature',
);
for (const inFlight of [0, 1, 20]) {
  const blob = blobOf(1, inFlight);
  const bytes = 16 + blob.body.length;
  const message = encodeMessage({ type: 'tower_blob', channelId, index: 1n, ...blob, more: false });
  const each = (await storedBytes(inFlight)) / STORED;
  const signatures = 4 * (1 + inFlight);
  console.log(
    [
      String(inFlight).padStart(10),
      String(signatures).padStart(12),
      String(bytes).padStart(6),
      String(bytes - (inFlight === 0 ? STATIC_BYTES : STATIC_BYTES_SOLD)).padStart(22),
      String(message.length).padStart(9),
      each.toFixed(0).padStart(13),
      `${((each * STATES) / 1e6).toFixed(0)} MB`.padStart(18),
      signaturesPerBlob(inFlight).toFixed(1).padStart(16),
    ].join(''),
  );
}
