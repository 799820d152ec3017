import { equalBytes } from '../base/bytes.ts';
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
import type { Tx } from '../tx/transaction.ts';
import { type BreachFile, deliveriesIn, emptyFile, withProof, withState, withWord } from './breachFile.ts';
import { proofsOf, revokedBelow, shownSecretsOf, surelyRevokedBelow } from './knowledge.ts';
import { aboutState, aboutUnit, readRecord } from './records.ts';

/**
 * Reads what a channel's records say of a revoked commitment while one is on the chain, and never else: the records of
 * that state and of the units in it, however many others there are.
 */
export class BreachFiles {
  readonly #store: Store;
  readonly #key: string;

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
    let file = (await this.#records(aboutState(n))).reduce(withState, emptyFile(n));
    for (const proof of proofsOf(channel)) if (proof.ledger.n === n) file = withProof(file, proof);
    const deliveries = deliveriesIn(file);
    for (const { unit } of deliveries)
      for (const record of await this.#records(aboutUnit(unit))) file = withWord(file, deliveries, record);
    return file;
  }

  async #records(about: string): Promise<readonly ChannelRecord[]> {
    return (await this.#store.recordsAbout(this.#key, about)).map(readRecord);
  }
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
