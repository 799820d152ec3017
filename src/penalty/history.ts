import type { Sat } from '../base/amount.ts';
import { equalBytes } from '../base/bytes.ts';
import { type PerRole, ROLES, type Role, TRADERS } from '../base/role.ts';
import { fundingSpec } from '../tx/commitment.ts';
import { type OutputSpec, outputScript } from '../tx/outputs.ts';
import { type OutPoint, outpointKey, type Tx, type Txid, type TxOutput } from '../tx/transaction.ts';
import { broadcasterOf, type FundingSpend, identify } from './identify.ts';
import { isAttested, isForfeited, type Knowledge, knownPreimage } from './knowledge.ts';
import { outputsOf } from './outputs.ts';
import { readWitness, readWitnessScript, type Taking } from './witness.ts';

/** What a transaction is to its channel. */
export type ChannelTxKind =
  | 'funding'
  | 'close'
  | 'commitment'
  | 'revokedCommitment'
  | 'arbitrated'
  | 'unknownSpend'
  | 'anchorChild'
  | 'claim'
  | 'justice';

/** What an output is to its channel; `coin`: none of its outputs. */
export type OutputMeaning =
  | 'coin'
  | 'funding'
  | 'change'
  | 'toBroadcaster'
  | 'toCounterparty'
  | 'toUtility'
  | 'delivery'
  | 'anchor'
  | 'payout'
  | 'unrecognised';

/** A transaction of a channel as it was found. */
export interface SeenTx {
  readonly txid: Txid;
  readonly tx: Tx;
  /** `sent`: this node sent it, and neither a block nor the mempool has it. */
  readonly standing: 'confirmed' | 'mempool' | 'sent';
  readonly height: number | null;
  /** As the Bitcoin node says it; `null` where it does not. */
  readonly feeSat: Sat | null;
}

export interface ChannelTx extends SeenTx {
  readonly kind: ChannelTxKind;
  /** Whose commitment it is, or who claims with it. */
  readonly broadcaster: Role | null;
  /** Number of the state, of a commitment. */
  readonly n: bigint | null;
  readonly inputs: readonly (OutPoint & { readonly what: OutputMeaning })[];
  readonly outputs: readonly ChannelTxOutput[];
}

export interface ChannelTxOutput extends TxOutput {
  readonly vout: number;
  readonly what: OutputMeaning;
  /** Who took it, or else whom its script pays; `null` while that is open or cannot be told. */
  readonly owner: Role | null;
  /** What its script is made of, where that is known. */
  readonly spec: OutputSpec | null;
  readonly spentBy: Txid | null;
}

/** What was found of a channel's transactions, and what this node knows of them. */
export interface ChannelTraces {
  readonly knowledge: Knowledge;
  /** Where each party's coins go, by the opening. */
  readonly payout: PerRole<Uint8Array>;
  /** Whether a script is of the own wallet. */
  readonly isOwn: (script: Uint8Array) => boolean;
  /** How the channel is known to have ended, for a spend that says nothing of itself any more. */
  readonly ending: 'close' | 'arbitrated' | 'revoked' | null;
  readonly funding: SeenTx | undefined;
  /** What spends the funding output. */
  readonly spend: SeenTx | undefined;
  /** What takes the outputs of a commitment. */
  readonly takers: readonly SeenTx[];
  /** Spends that are known by their id alone, by outpoint. */
  readonly spenders: ReadonlyMap<string, Txid>;
}

/** Every transaction of a channel, a transaction after those that it spends: what each is, and what its outputs mean. */
export function channelTxs(traces: ChannelTraces): readonly ChannelTx[] {
  const { funding, spend, takers } = traces;
  const first = funding === undefined ? [] : [fundingTx(traces, funding)];
  if (spend === undefined) return first;
  const ending = endingTx(traces, spend);
  const taking = takers.map((taker) => takingTx(traces, ending, taker));
  return [...first, ending, ...taking.sort(byAge)];
}

function byAge(a: ChannelTx, b: ChannelTx): number {
  const age = ({ height }: ChannelTx) => height ?? Number.POSITIVE_INFINITY;
  if (age(a) !== age(b)) return age(a) - age(b);
  const children = Number(b.kind === 'anchorChild') - Number(a.kind === 'anchorChild');
  return children || (a.txid < b.txid ? -1 : 1);
}

function fundingTx(traces: ChannelTraces, funding: SeenTx): ChannelTx {
  const { contract } = traces.knowledge;
  return {
    ...funding,
    ...{ kind: 'funding', broadcaster: null, n: null },
    inputs: funding.tx.inputs.map(({ txid, vout }) => ({ txid, vout, what: 'coin' })),
    outputs: funding.tx.outputs.map((output, vout) => {
      const isFunding = vout === contract.funding.vout;
      return {
        ...placed(traces, funding, output, vout),
        what: isFunding ? 'funding' : 'change',
        owner: isFunding ? null : ownerOfScript(traces, output.script),
        spec: isFunding ? fundingSpec(contract) : null,
      };
    }),
  };
}

function endingTx(traces: ChannelTraces, spend: SeenTx): ChannelTx {
  const { knowledge } = traces;
  const identified = identify(knowledge, spend.tx);
  const { kind, broadcaster, n } = kindOf(traces, identified, spend.tx);
  const isSettlement = kind === 'close' || kind === 'arbitrated';
  const outputs = isSettlement ? payouts(traces, spend) : commitmentOutputs(traces, spend, identified);
  const { txid, vout } = knowledge.contract.funding;
  return {
    ...spend,
    ...{ kind, broadcaster, n, outputs },
    inputs: spend.tx.inputs.map((input) => ({
      txid: input.txid,
      vout: input.vout,
      what: input.txid === txid && input.vout === vout ? 'funding' : 'coin',
    })),
  };
}

function kindOf(
  { knowledge, ending, takers, spend }: ChannelTraces,
  identified: FundingSpend,
  tx: Tx,
): Pick<ChannelTx, 'kind' | 'broadcaster' | 'n'> {
  switch (identified.kind) {
    case 'close':
    case 'arbitrated':
      return { kind: identified.kind, broadcaster: null, n: null };
    case 'revoked':
      return { kind: 'revokedCommitment', broadcaster: identified.broadcaster, n: identified.n };
    case 'unknown': {
      const { n } = identified;
      if (n === null) return { kind: settlementKind(knowledge, ending), broadcaster: null, n };
      const punished = takers.some(({ tx: taker }) =>
        takingsOf(knowledge, spend, taker).some(({ how }) => how === 'revocation'),
      );
      return {
        kind: ending === 'revoked' || punished ? 'revokedCommitment' : 'commitment',
        broadcaster: broadcasterOf(knowledge, tx),
        n,
      };
    }
    default:
      return {
        kind: 'commitment',
        broadcaster: identified.commitment.broadcaster,
        n: identified.commitment.n,
      };
  }
}

/** Which settlement it is when it is not among those that we signed; `immediate` does not tell by the signatures. */
function settlementKind({ contract }: Knowledge, ending: ChannelTraces['ending']): ChannelTxKind {
  if (contract.params.arbitration.type === 'afterHeight') return 'close';
  return ending === 'close' || ending === 'arbitrated' ? ending : 'unknownSpend';
}

/** What a close or the utility's transaction pays: where a script is not known, the party that is left. */
function payouts(traces: ChannelTraces, spend: SeenTx): readonly ChannelTxOutput[] {
  const outputs = spend.tx.outputs.map((output, vout) => ({
    ...placed(traces, spend, output, vout),
    what: 'payout' as const,
    owner: ownerOfScript(traces, output.script),
    spec: null,
  }));
  const missing = ROLES.filter((role) => !outputs.some(({ owner }) => owner === role));
  const [last] = missing;
  const unknown = outputs.filter(({ owner }) => owner === null);
  if (last === undefined || missing.length > 1 || unknown.length > 1) return outputs;
  return outputs.map((output) => (output.owner === null ? { ...output, owner: last } : output));
}

function commitmentOutputs(
  traces: ChannelTraces,
  spend: SeenTx,
  identified: FundingSpend,
): readonly ChannelTxOutput[] {
  const { knowledge, takers } = traces;
  return outputsOf(knowledge, identified, spend.tx).map((output) => {
    const place = placed(traces, spend, output, output.vout);
    if (output.kind === 'anchor') return { ...place, what: 'anchor', owner: null, spec: null };
    const input = takers
      .flatMap(({ tx }) => tx.inputs)
      .find(({ txid, vout }) => txid === spend.txid && vout === output.vout);
    const shown = readWitnessScript(input?.witness.at(-1) ?? new Uint8Array(0));
    const isShown = shown !== undefined && equalBytes(outputScript(shown), output.script);
    const spec = 'spec' in output ? output.spec : isShown ? shown : null;
    if (spec === null) return { ...place, what: 'unrecognised', owner: null, spec };
    const taker = input === undefined ? null : readWitness(knowledge.contract, input.witness).by;
    return {
      ...place,
      what: meaningOf(knowledge, spec),
      owner: taker ?? payeeOf(knowledge, spec),
      spec,
    };
  });
}

function meaningOf({ contract }: Knowledge, spec: OutputSpec): OutputMeaning {
  switch (spec.type) {
    case 'sellerDelivery':
    case 'buyerDelivery':
      return 'delivery';
    case 'toCounterparty':
      return equalBytes(spec.payment, contract.keys.utility.payment) ? 'toUtility' : 'toCounterparty';
    default:
      return spec.type;
  }
}

/** Whom a script pays, as far as it is decided. */
function payeeOf(knowledge: Knowledge, spec: OutputSpec): Role | null {
  const { keys } = knowledge.contract;
  switch (spec.type) {
    case 'funding':
      return null;
    case 'toBroadcaster':
      return TRADERS.find((trader) => equalBytes(keys[trader].delayed, spec.delayed)) ?? null;
    case 'toCounterparty':
    case 'toUtility':
      return ROLES.find((role) => equalBytes(keys[role].payment, spec.payment)) ?? null;
    default: {
      if (isForfeited(knowledge, spec.lock)) return 'utility';
      const isSold = knownPreimage(knowledge, spec.lock) !== undefined || isAttested(knowledge, spec.lock);
      if (!isSold) return null;
      const isSeller = (trader: 'consumer' | 'producer') =>
        spec.type === 'sellerDelivery'
          ? equalBytes(keys[trader].delayed, spec.sellerDelayed)
          : equalBytes(keys[trader].payment, spec.sellerPayment);
      return TRADERS.find(isSeller) ?? null;
    }
  }
}

function takingTx(traces: ChannelTraces, ending: ChannelTx, taker: SeenTx): ChannelTx {
  const { knowledge } = traces;
  const takings = takingsOf(knowledge, ending, taker.tx);
  const by = takings.find((taking) => taking.by !== null)?.by ?? null;
  const kind = takings.some(({ how }) => how === 'revocation')
    ? 'justice'
    : takings.every(({ how }) => how === 'anchor')
      ? 'anchorChild'
      : 'claim';
  const owner = (script: Uint8Array) => ownerOfScript(traces, script) ?? (kind === 'claim' ? by : null);
  return {
    ...taker,
    ...{ kind, broadcaster: by, n: null },
    inputs: taker.tx.inputs.map(({ txid, vout }) => ({
      txid,
      vout,
      what: txid === ending.txid ? (ending.outputs[vout]?.what ?? 'unrecognised') : 'coin',
    })),
    outputs: taker.tx.outputs.map((output, vout) => ({
      ...placed(traces, taker, output, vout),
      what: kind === 'anchorChild' ? 'change' : 'payout',
      owner: owner(output.script),
      spec: null,
    })),
  };
}

/** What a transaction takes of a commitment. */
function takingsOf(
  { contract }: Knowledge,
  spend: Pick<SeenTx, 'txid'> | undefined,
  { inputs }: Tx,
): readonly Taking[] {
  return inputs
    .filter(({ txid }) => txid === spend?.txid)
    .map(({ witness }) => readWitness(contract, witness));
}

function ownerOfScript({ payout, isOwn, knowledge }: ChannelTraces, script: Uint8Array): Role | null {
  return ROLES.find((role) => equalBytes(payout[role], script)) ?? (isOwn(script) ? knowledge.role : null);
}

function placed(
  { funding, spend, takers, spenders }: ChannelTraces,
  { txid }: SeenTx,
  output: TxOutput,
  vout: number,
) {
  const key = outpointKey({ txid, vout });
  const found = [funding, spend, ...takers].find((each) =>
    each?.tx.inputs.some((input) => outpointKey(input) === key),
  );
  return {
    value: output.value,
    script: output.script,
    vout,
    spentBy: found?.txid ?? spenders.get(key) ?? null,
  };
}
