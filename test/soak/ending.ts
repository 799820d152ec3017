import { counterpartyOf, TRADERS, type Trader } from '../../src/base/role.ts';
import type { Chain } from '../../src/chain/port.ts';
import { revocationPublicKey } from '../../src/crypto/revocation.ts';
import { readWitness, type Taking } from '../../src/penalty/witness.ts';
import { buildCommitment, type CommitmentOutput, commitmentNumberOf } from '../../src/tx/commitment.ts';
import type { Balances, Contract } from '../../src/tx/contract.ts';
import { type Tx, txid } from '../../src/tx/transaction.ts';
import { secp } from '../support/curve.ts';
import type { Arena } from './arena.ts';
import { traderSigner } from './keys.ts';

/** An output of the transaction that ended the channel, and what became of it. */
export interface EndOutput {
  readonly vout: number;
  readonly value: bigint;
  readonly script: Uint8Array;
  /** What it is, when a commitment ended the channel. */
  readonly commitment: CommitmentOutput | undefined;
  readonly taken: (Taking & { readonly tx: Tx; readonly height: number }) | undefined;
}

/** How the funding output was spent in the best chain, and who took what of it. */
export interface Ending {
  readonly tx: Tx;
  readonly height: number;
  /** The state and whose commitment to it, when it was one. */
  readonly commitment: { readonly broadcaster: Trader; readonly ledger: Balances } | undefined;
  readonly outputs: readonly EndOutput[];
}

interface Found {
  readonly tx: Tx;
  readonly height: number;
}

/** Reads the end of the channel from the chain itself; `undefined` while the funding output is unspent. */
export async function readEnding(arena: Arena): Promise<Ending | undefined> {
  const contract = arena.history.identity?.contract;
  if (contract === undefined) return undefined;
  const spends = await spendsSince(arena.eye, arena.from.height);
  const spend = spends.get(`${contract.funding.txid}:${contract.funding.vout}`);
  if (spend === undefined) return undefined;
  const { tx, height } = spend;
  const meaning = remembered(arena, contract, tx);
  const id = txid(tx);
  const outputs = tx.outputs.map(({ value, script }, vout): EndOutput => {
    const taking = spends.get(`${id}:${vout}`);
    const witness =
      taking?.tx.inputs.find((input) => input.txid === id && input.vout === vout)?.witness ?? [];
    return {
      vout,
      value,
      script,
      commitment: meaning?.outputs[vout],
      taken: taking === undefined ? undefined : { ...readWitness(contract, witness), ...taking },
    };
  });
  const commitment =
    meaning === undefined ? undefined : { broadcaster: meaning.broadcaster, ledger: meaning.ledger };
  return { tx, height, commitment, outputs };
}

/** Every spend in the best chain above a height, by outpoint. */
async function spendsSince(chain: Chain, from: number): Promise<Map<string, Found>> {
  const spends = new Map<string, Found>();
  const { height: top } = await chain.tip();
  for (let height = from + 1; height <= top; height++) {
    const hash = await chain.blockHash(height);
    const block = hash === undefined ? undefined : await chain.block(hash);
    for (const { tx } of block?.transactions ?? [])
      for (const input of tx.inputs) spends.set(`${input.txid}:${input.vout}`, { tx, height });
  }
  return spends;
}

const known = new WeakMap<Arena, Map<string, ReturnType<typeof knownCommitment>>>();

function remembered(arena: Arena, contract: Contract, tx: Tx): ReturnType<typeof knownCommitment> {
  const cache = known.get(arena) ?? new Map<string, ReturnType<typeof knownCommitment>>();
  known.set(arena, cache);
  const id = txid(tx);
  const found = cache.get(id) ?? knownCommitment(arena, contract, tx);
  if (found !== undefined) cache.set(id, found);
  return found;
}

/** The state that a commitment on the chain is of: built again from all that was ever seen and compared. */
function knownCommitment(arena: Arena, contract: Contract, tx: Tx) {
  const n = commitmentNumberOf(contract, tx);
  if (n === undefined) return undefined;
  const id = txid(tx);
  for (const { ledger } of arena.history.ledgers.values()) {
    if (ledger.n !== n) continue;
    for (const broadcaster of TRADERS) {
      const counterparty = counterpartyOf(broadcaster);
      const point = traderSigner(arena.parties[broadcaster]).point(n);
      const revocation = revocationPublicKey(secp, contract.keys[counterparty].revocation, point);
      const { tx: built, outputs } = buildCommitment(contract, ledger, broadcaster, revocation);
      if (txid(built) === id) return { broadcaster, ledger, outputs };
    }
  }
  return undefined;
}
