import { equalBytes } from '../base/bytes.ts';
import { InvariantError } from '../base/invariant.ts';
import { fromJson } from '../base/json.ts';
import { counterpartyOf, TRADERS, type Trader } from '../base/role.ts';
import type { Block } from '../chain/port.ts';
import type { ChannelRecord } from '../channel/action.ts';
import type { Breach, Channel, Settling } from '../channel/state.ts';
import { revocationPublicKey } from '../crypto/revocation.ts';
import type { Secp256k1 } from '../crypto/secp256k1.ts';
import { lookupSecret, shachainIndex } from '../crypto/shachain.ts';
import { type Knowledge, knownPreimage } from '../penalty/knowledge.ts';
import { fundingSpendOf, type Monitor } from '../penalty/monitor.ts';
import type { Store } from '../store/port.ts';
import { type Commitment, commitmentNumberOf } from '../tx/commitment.ts';
import type { Delivery } from '../tx/contract.ts';
import type { StateProof } from '../tx/stateProof.ts';
import type { Tx } from '../tx/transaction.ts';
import { type BreachFile, deliveriesIn, emptyFile, withProof, withState, withWord } from './breachFile.ts';
import { proofsOf, revokedBelow, shownSecretsOf, surelyRevokedBelow } from './knowledge.ts';

/** Records that are read at once. */
const CHUNK = 1000;

/**
 * Reads the records of a channel while a revoked commitment is on the chain, and never else. What was read is kept
 * until another number is on the chain; later calls read what was appended since.
 */
export class BreachFiles {
  readonly #store: Store;
  readonly #key: string;
  #file: BreachFile | undefined;
  #read = 0;

  constructor(store: Store, key: string) {
    this.#store = store;
    this.#key = key;
  }

  /** The file of what the chain shows: in `block`, or else what the monitor has seen. `undefined` when nothing is revoked. */
  async about(
    channel: Channel,
    monitor: Monitor | null,
    block: Block | null,
  ): Promise<BreachFile | undefined> {
    const n = revokedNumber(channel, monitor, block);
    if (n === undefined) return undefined;
    if (this.#file?.n !== n) {
      this.#file = emptyFile(n);
      this.#read = 0;
    }
    const live = proofsOf(channel).filter(({ ledger }) => ledger.n === n);
    this.#file = await this.#readOn(this.#file, live);
    return this.#file;
  }

  /** First the states, then what was said of their deliveries: from the beginning when there are more deliveries than before. */
  async #readOn(before: BreachFile, live: readonly StateProof[]): Promise<BreachFile> {
    let file = before;
    const count = await this.#each(this.#read, (record) => {
      file = withState(file, record);
    });
    for (const proof of live) file = withProof(file, proof);
    const deliveries = deliveriesIn(file);
    const known = deliveries.length === deliveriesIn(before).length;
    if (!known) file = { ...file, preimages: [], said: [], ended: [] };
    await this.#each(known ? this.#read : 0, (record) => {
      file = withWord(file, deliveries, record);
    });
    this.#read = count;
    return file;
  }

  /** Calls `take` with each record from `from` on; returns how many there are in all. */
  async #each(from: number, take: (record: ChannelRecord) => void): Promise<number> {
    for (let at = from; ; ) {
      const records = await this.#store.records(this.#key, at, CHUNK);
      for (const text of records) take(parse(text));
      at += records.length;
      if (records.length < CHUNK) return at;
    }
  }
}

function parse(text: string): ChannelRecord {
  const parsed = fromJson(text);
  if (!parsed.ok) throw new InvariantError(`stored record is not JSON: ${parsed.error.reason}`);
  return parsed.value as ChannelRecord;
}

/** The number of the commitment that spends the funding output, if it may be a revoked one. */
function revokedNumber(channel: Channel, monitor: Monitor | null, block: Block | null): bigint | undefined {
  if (!('identity' in channel) || monitor === null) return undefined;
  const { contract } = channel.identity;
  const { txid, vout } = contract.funding;
  const isSpend = (tx: Tx) => tx.inputs.some((input) => input.txid === txid && input.vout === vout);
  const tx = block?.transactions.find((each) => isSpend(each.tx))?.tx ?? monitor.spend?.tx;
  const n = tx === undefined ? undefined : commitmentNumberOf(contract, tx);
  if (n === undefined) return undefined;
  const below = revokedBelow(channel);
  const shown = shownSecretsOf(channel);
  return TRADERS.some((trader) => n < below[trader] || shown[trader]?.n === n) ? n : undefined;
}

/** What the machine is told of a revoked commitment on the chain; `undefined` when there is none. */
export function breachOf(
  channel: Channel,
  monitor: Monitor | null,
  knowledge: Knowledge | undefined,
  file: BreachFile | undefined,
  secp: Secp256k1,
): Breach | undefined {
  if (channel.type !== 'settling' || monitor === null || knowledge === undefined || file === undefined)
    return undefined;
  const spend = fundingSpendOf(monitor, knowledge);
  if (spend?.kind !== 'revoked') return undefined;
  const { n, broadcaster } = spend;
  const units =
    broadcaster === null
      ? []
      : neededPreimages(channel, knowledge, file, {
          victim: counterpartyOf(broadcaster),
          isShown: spend.commitment !== null && isShownRevoked(secp, channel, spend.commitment),
        });
  return { n, broadcaster, units: units.map(({ unit, lock }) => ({ unit, lock })) };
}

/**
 * Units that the victim sold and cannot claim: those whose preimage a trader lacks, and to the utility those that ended
 * well without its word, if the commitment is revoked for sure. It reveals nothing that it refused.
 */
function neededPreimages(
  channel: Channel,
  knowledge: Knowledge,
  file: BreachFile,
  { victim, isShown }: { readonly victim: Trader; readonly isShown: boolean },
): readonly Delivery[] {
  const sold = deliveriesIn(file).filter(({ seller }) => seller === victim);
  if (channel.role !== 'utility')
    return channel.role === victim
      ? sold.filter(({ lock }) => knownPreimage(knowledge, lock) === undefined)
      : [];
  if (!isShown && file.n >= surelyRevokedBelow(channel)[counterpartyOf(victim)]) return [];
  return sold.filter(({ unit }) => {
    const how = file.ended.find((each) => each.unit === unit)?.how;
    return (how === 'cancelled' || how === 'settled') && !file.said.some((each) => each.unit === unit);
  });
}

/** Whether the secret that its victim showed is that of this commitment: its broadcaster has given it up. */
function isShownRevoked(
  secp: Secp256k1,
  channel: Settling,
  { n, broadcaster, outputs }: Commitment,
): boolean {
  const victim = counterpartyOf(broadcaster);
  const shown = channel.shownSecrets?.[victim];
  if (shown?.n !== n) return false;
  const basepoint = channel.identity.contract.keys[victim].revocation;
  const key = revocationPublicKey(secp, basepoint, secp.publicKey(shown.secret));
  return outputs.some(
    (output) => 'spec' in output && 'revocation' in output.spec && equalBytes(output.spec.revocation, key),
  );
}

/** The peer's secret of its revoked commitment `n`. */
export function revealedSecret(channel: Channel, n: bigint): Uint8Array | undefined {
  const rounds = 'rounds' in channel ? channel.rounds : null;
  return rounds === null ? undefined : lookupSecret(rounds.remoteSecrets, shachainIndex(n));
}
