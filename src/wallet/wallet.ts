import { type Sat, sat } from '../base/amount.ts';
import { invariant } from '../base/invariant.ts';
import { err, ok, type Result } from '../base/result.ts';
import {
  type Block,
  type BlockRef,
  type BroadcastResult,
  type Chain,
  ChainError,
  type Network,
} from '../chain/port.ts';
import {
  encodeTx,
  type OutPoint,
  outpointKey,
  type Tx,
  type Txid,
  type TxOutput,
  txid,
} from '../tx/transaction.ts';
import { type AddressError, addressOfScript, scriptOfAddress } from './address.ts';
import { type BumpError, planBump } from './bump.ts';
import {
  addPending,
  type Balance,
  balanceOf,
  type Coin,
  coinsOf,
  connectBlock,
  disconnectBlock,
  dropPending,
  type HistoryEntry,
  historyOf,
  type SpendPolicy,
} from './coins.ts';
import { type WalletDescriptor, walletDescriptors } from './descriptor.ts';
import { createKeychain, type Keychain, type Scheme } from './hd.ts';
import { exportLabels, importLabels, type LabelTarget, setLabel } from './labels.ts';
import { createWalletState, giveScript, markGiven, watchScript } from './lookahead.ts';
import { type MnemonicError, seedFromMnemonic } from './mnemonic.ts';
import { psbtOfTx, signOwnInputs, signOwnTx } from './ownPsbt.ts';
import type { PsbtError } from './psbt.ts';
import type { SignedPsbt } from './psbtSign.ts';
import { pendingInOrder } from './rebroadcast.ts';
import {
  type CoinUnavailable,
  releaseCoins,
  releasePurpose,
  reserveCoins,
  reserveComing,
} from './reservation.ts';
import { syncWithChain } from './scan.ts';
import type { SelectionError, SelectionLimits } from './selection.ts';
import {
  ownInput,
  planContribution,
  planSpend,
  type SpendError,
  type SpendPlan,
  type SpendRequest,
} from './spend.ts';
import type { WalletState } from './state.ts';

export type WalletSecret =
  | { readonly mnemonic: string; readonly passphrase?: string }
  | { readonly seed: Uint8Array };

export type WalletOptions = WalletSecret & {
  /** Must be the chain's: said twice so that no wallet wakes up on another network. */
  readonly network: Network;
  readonly chain: Chain;
  /** The state to go on with; without it the wallet starts empty, see {@link Wallet.scan}. */
  readonly state?: WalletState;
  /** Called with every new state before the wallet acts on it; the wallet waits for the promise. One call at a time, in order. */
  readonly onChange?: (state: WalletState) => void | Promise<void>;
  /** Default: unconfirmed change of the wallet's own transactions may be spent. */
  readonly policy?: SpendPolicy;
};

export type CreateWalletError =
  | MnemonicError
  | { readonly code: 'otherNetwork'; readonly network: Network; readonly found: Network }
  /** The state belongs to another seed. */
  | { readonly code: 'otherSeed' };

export interface SendRequest {
  /** An address of the wallet's network. */
  readonly to: string;
  readonly amount: Sat | 'all';
  /** Satoshi per 1,000 virtual bytes; default the chain's estimate for six blocks. */
  readonly feeRate?: bigint;
  /** The recipient gets the amount less the fee. */
  readonly subtractFee?: boolean;
  /** A label for the transaction. */
  readonly label?: string;
}

/** A payment that is not made. */
export interface PaymentPreview {
  /** The transaction, signed: its size is that of the one that would be sent. */
  readonly tx: Tx;
  /** What the recipient would get. */
  readonly amount: Sat;
  readonly fee: Sat;
  /** Satoshi per 1,000 virtual bytes that were asked for, or estimated where none were. */
  readonly feeRate: bigint;
  readonly inputs: readonly (OutPoint & { readonly value: Sat })[];
  readonly change: TxOutput | null;
}

export interface SentTx {
  readonly txid: Txid;
  readonly tx: Tx;
  readonly fee: Sat;
}

export type BroadcastError =
  /** The mempool refused; the wallet is as before. */
  | { readonly code: 'rejected'; readonly txid: Txid; readonly reason: string }
  /** The node did not answer: the transaction may be out. It stays pending and {@link Wallet.rebroadcast} sends it again: do not pay anew. */
  | { readonly code: 'broadcastUnknown'; readonly txid: Txid; readonly reason: string };

export type SendError = AddressError | SpendError | BroadcastError;

export interface PreparedTx {
  readonly psbt: Uint8Array;
  readonly fee: Sat;
  readonly change: TxOutput | null;
}

export interface ContributeRequest {
  /** What the coins shall come to besides their own fee and change. */
  readonly target: Sat;
  /** Weight units of the rest of the transaction, as far as this wallet pays for it. */
  readonly baseWeight: number;
  readonly feeRate: bigint;
  /** What the coins are set aside for. */
  readonly purpose: string;
  /** Change under this is left to the fee; default the dust limit. */
  readonly leastChange?: Sat;
  readonly limits?: SelectionLimits;
  /** Default the wallet's. */
  readonly policy?: SpendPolicy;
}

/** What one party brings to a transaction of several. */
export interface WalletContribution {
  /** With the whole transaction that made each coin, as proof for the others. */
  readonly inputs: readonly (OutPoint & TxOutput & { readonly previousTx: Uint8Array })[];
  readonly change: TxOutput | null;
  readonly fee: Sat;
}

/**
 * An on-chain wallet: BIP84 and BIP86 coins of one seed. A thin shell: every method changes a plain
 * {@link WalletState} by a pure function, hands it to `onChange`, and only then acts. Printing or serializing
 * a wallet shows no secret.
 *
 * Methods that ask the chain reject with `ChainError` when it cannot be asked, except where said.
 */
export interface Wallet {
  readonly network: Network;
  readonly keys: Keychain;
  state(): WalletState;
  balance(): Balance;
  coins(): readonly Coin[];
  history(): readonly HistoryEntry[];
  descriptors(): readonly WalletDescriptor[];
  /** An address that was never given out or paid to; default BIP86. */
  newAddress(options?: { readonly scheme?: Scheme; readonly label?: string }): Promise<string>;
  /** The script of such an address. */
  newScript(options?: { readonly scheme?: Scheme }): Promise<Uint8Array>;
  /** Takes addresses as given out that a backup counts (see `branchCounts`), so that what they were paid is found. */
  markGiven(counts: readonly number[]): Promise<void>;
  /** Fee rate to confirm within `blocks`, satoshi per 1,000 virtual bytes, at least 1,000. */
  feeRate(blocks?: number): Promise<bigint>;
  /** What {@link send} would pay now. Records nothing and sets nothing aside. */
  preview(request: Omit<SendRequest, 'label'>): Promise<Result<PaymentPreview, AddressError | SpendError>>;
  /** Pays, and broadcasts the transaction. */
  send(request: SendRequest): Promise<Result<SentTx, SendError>>;
  /** As {@link send} up to the unsigned PSBT; sets its coins aside for `purpose`. */
  prepare(
    request: SendRequest & { readonly purpose: string },
  ): Promise<Result<PreparedTx, AddressError | SpendError>>;
  /** Chooses coins for a transaction that others pay into as well, and sets them aside. */
  contribute(request: ContributeRequest): Promise<Result<WalletContribution, SelectionError>>;
  /** Replaces a pending payment of the wallet by one with a higher fee. */
  bumpFee(id: Txid, feeRate: bigint): Promise<Result<SentTx, BumpError | BroadcastError>>;
  /** Records a transaction as pending and broadcasts it; its coins are no longer set aside. */
  broadcast(tx: Tx): Promise<Result<Txid, BroadcastError>>;
  /** Broadcasts again what is still pending, parents first; says what the mempool took. */
  rebroadcast(): Promise<readonly { readonly txid: Txid; readonly accepted: boolean }[]>;
  /** Records an unconfirmed transaction that someone else announced. */
  addPending(tx: Tx): Promise<void>;
  /** Forgets a pending transaction and what spends from it, so that its coins are free again. It may still confirm. */
  dropPending(id: Txid): Promise<void>;
  /** Signs the wallet's own inputs of a PSBT. */
  signPsbt(psbt: Uint8Array): Result<SignedPsbt, PsbtError>;
  /** The transaction with the witnesses of the wallet's own inputs; `previousTxs`: those that the other inputs spend. */
  signTx(tx: Tx, previousTxs?: readonly Tx[]): Result<Tx, PsbtError>;
  reserve(outpoints: readonly OutPoint[], purpose: string): Promise<Result<void, CoinUnavailable>>;
  /** Sets aside an output that will be the wallet's, see `reserveComing` of `reservation.ts`. */
  reserveComing(outpoint: OutPoint, purpose: string): Promise<void>;
  release(outpoints: readonly OutPoint[]): Promise<void>;
  /** Frees all coins that were set aside for a purpose. */
  releasePurpose(purpose: string): Promise<void>;
  /** Lists coins at a script that is none of the wallet's keys, from the next block on. */
  watch(script: Uint8Array, purpose: string): Promise<void>;
  label(target: LabelTarget, label: string): Promise<void>;
  /** All labels, BIP329. */
  exportLabels(): string;
  importLabels(
    text: string,
  ): Promise<Result<void, { readonly code: 'malformedLabel'; readonly line: number }>>;
  /** For whoever follows the chain: the next block, see `connectBlock` of `coins.ts`. */
  connectBlock(block: Block): Promise<void>;
  disconnectBlock(block: Block): Promise<void>;
  /** Walks from the wallet's tip to the chain's, back first where blocks were undone. A wallet without a tip starts at `fromHeight` (default 0). */
  scan(fromHeight?: number): Promise<BlockRef>;
}

/** No transaction pays less, whatever the node says: satoshi per 1,000 virtual bytes. */
const LEAST_FEE_RATE = 1000n;
const USUAL_BLOCKS = 6;

/**
 * A wallet of a phrase or a seed.
 *
 * @example
 * const wallet = createWallet({ mnemonic, network: 'regtest', chain });
 * if (!wallet.ok) throw new Error(wallet.error.code);
 * await wallet.value.scan();
 * const address = await wallet.value.newAddress({ label: 'solar' });
 */
export function createWallet(options: WalletOptions): Result<Wallet, CreateWalletError> {
  const { network, chain } = options;
  if (chain.network !== network) return err({ code: 'otherNetwork', network, found: chain.network });
  const seed = 'seed' in options ? ok(options.seed) : seedFromMnemonic(options.mnemonic, options.passphrase);
  if (!seed.ok) return seed;
  const keys = createKeychain(seed.value, network);
  const state = options.state ?? createWalletState(keys.accounts, network);
  if (state.network !== network) return err({ code: 'otherNetwork', network, found: state.network });
  const isOurs = state.accounts.every(({ xpub }) => keys.accounts.some((account) => account.xpub === xpub));
  if (!isOurs) return err({ code: 'otherSeed' });
  return ok(walletOf(keys, state, options));
}

function walletOf(
  keys: Keychain,
  initial: WalletState,
  { chain, onChange = () => undefined, policy = { change: true } }: Omit<WalletOptions, keyof WalletSecret>,
): Wallet {
  let state = initial;
  let saving: Promise<void> = Promise.resolve();
  let submitting: Promise<unknown> = Promise.resolve();

  /** The new state counts at once, so that nothing is built on the old one; it is safe when the promise resolves. */
  function change(next: WalletState): Promise<void> {
    if (next === state) return saving;
    state = next;
    const saved = saving.then(() => onChange(next));
    saving = saved.catch(() => undefined);
    return saved;
  }

  async function feeRate(blocks = USUAL_BLOCKS): Promise<bigint> {
    const estimate = await chain.feeRate(blocks);
    return estimate > LEAST_FEE_RATE ? estimate : LEAST_FEE_RATE;
  }

  /** All that has to be asked before a payment is planned; planning and recording then follow in one go, so that no coin is planned twice. */
  async function resolved(request: SendRequest): Promise<Result<SpendRequest, AddressError>> {
    const to = scriptOfAddress(request.to, keys.network);
    if (!to.ok) return to;
    const { amount, subtractFee = false } = request;
    return ok({ to: to.value, amount, subtractFee, policy, feeRate: request.feeRate ?? (await feeRate()) });
  }

  /** One at a time: a payment from the change of another must not overtake it. */
  function submit(tx: Tx): Promise<BroadcastResult> {
    const answer = submitting.then(() => chain.broadcast(tx));
    submitting = answer.catch(() => undefined);
    return answer;
  }

  /** Records `tx` as pending, then broadcasts it. */
  async function announce(next: WalletState, tx: Tx): Promise<Result<Txid, BroadcastError>> {
    const id = txid(tx);
    const undo = undoOf(state, next, tx);
    try {
      await change(releaseCoins(addPending(next, tx), tx.inputs));
    } catch (error) {
      state = undo(state);
      throw error;
    }
    try {
      const answer = await submit(tx);
      if (answer.accepted) return ok(id);
      await change(undo(state));
      return err({ code: 'rejected', txid: id, reason: answer.reason });
    } catch (error) {
      if (!(error instanceof ChainError)) throw error;
      return err({ code: 'broadcastUnknown', txid: id, reason: error.message });
    }
  }

  async function sendPlanned(
    { tx, fee, state: planned }: SpendPlan,
    label = '',
  ): Promise<Result<SentTx, BroadcastError>> {
    const signed = signOwnTx(planned, tx, keys);
    invariant(signed.ok, 'the wallet cannot sign its own payment');
    const id = txid(tx);
    const labelled = label === '' ? planned : setLabel(planned, { txid: id }, label);
    const sent = await announce(labelled, signed.value);
    return sent.ok ? ok({ txid: id, tx: signed.value, fee }) : sent;
  }

  return {
    network: keys.network,
    keys,
    state: () => state,
    balance: () => balanceOf(state),
    coins: () => coinsOf(state),
    history: () => historyOf(state),
    descriptors: () => walletDescriptors(state.accounts, keys.network),
    feeRate,

    async newAddress({ scheme = 'bip86', label = '' } = {}) {
      const given = giveScript(state, scheme, 'receive');
      const address = addressOfScript(given.script, keys.network);
      invariant(address !== undefined, 'a coin script without address');
      await change(label === '' ? given.state : setLabel(given.state, { address }, label));
      return address;
    },

    async newScript({ scheme = 'bip86' } = {}) {
      const given = giveScript(state, scheme, 'receive');
      await change(given.state);
      return given.script;
    },

    markGiven: (counts) => change(markGiven(state, counts)),

    async preview(request) {
      const wanted = await resolved(request);
      if (!wanted.ok) return wanted;
      const planned = planSpend(state, wanted.value);
      if (!planned.ok) return planned;
      const { tx, fee, change: changeOutput, state: next } = planned.value;
      const signed = signOwnTx(next, tx, keys);
      invariant(signed.ok, 'the wallet cannot sign its own payment');
      const inputs = tx.inputs.map((input) => {
        const coin = ownInput(next, input);
        invariant(coin !== undefined, 'a payment spends coins of the wallet');
        return { txid: coin.txid, vout: coin.vout, value: coin.value };
      });
      const spent = inputs.reduce((sum, { value }) => sum + value, 0n);
      const amount = sat(spent - fee - (changeOutput?.value ?? 0n));
      return ok({
        ...{ tx: signed.value, amount, fee, inputs, change: changeOutput },
        feeRate: wanted.value.feeRate,
      });
    },

    async send(request) {
      const wanted = await resolved(request);
      if (!wanted.ok) return wanted;
      const planned = planSpend(state, wanted.value);
      return planned.ok ? sendPlanned(planned.value, request.label) : planned;
    },

    async prepare(request) {
      const wanted = await resolved(request);
      if (!wanted.ok) return wanted;
      const planned = planSpend(state, wanted.value);
      if (!planned.ok) return planned;
      const { tx, fee, change: changeOutput, state: next } = planned.value;
      const psbt = psbtOfTx(next, tx);
      const reserved = reserveCoins(next, tx.inputs, request.purpose);
      invariant(psbt.ok && reserved.ok, 'the wallet does not know its own coins');
      await change(reserved.value);
      return ok({ psbt: psbt.value, fee, change: changeOutput });
    },

    async contribute({ purpose, ...request }) {
      const planned = planContribution(state, { policy, scheme: 'bip86', ...request });
      if (!planned.ok) return planned;
      const { inputs, change: changeOutput, fee, state: next } = planned.value;
      const reserved = reserveCoins(next, inputs, purpose);
      invariant(reserved.ok, 'a selected coin is not free');
      const proven = inputs.map(({ txid, vout, value, script }) => {
        const previous = next.transactions[txid];
        invariant(previous !== undefined, 'a coin of an unknown transaction');
        return { txid, vout, value, script, previousTx: encodeTx(previous.tx) };
      });
      await change(reserved.value);
      return ok({ inputs: proven, change: changeOutput, fee });
    },

    async bumpFee(id, rate) {
      const planned = planBump(state, id, rate);
      if (!planned.ok) return planned;
      return sendPlanned(planned.value, state.labels.transactions[id]);
    },

    broadcast: (tx) => announce(state, tx),

    async rebroadcast() {
      const outcomes: { txid: Txid; accepted: boolean }[] = [];
      for (const tx of pendingInOrder(state)) {
        const { accepted } = await submit(tx);
        outcomes.push({ txid: txid(tx), accepted });
      }
      return outcomes;
    },

    addPending: (tx) => change(addPending(state, tx)),
    dropPending: (id) => change(dropPending(state, id)),
    signPsbt: (psbt) => signOwnInputs(state, psbt, keys),
    signTx: (tx, previousTxs = []) => signOwnTx(state, tx, keys, previousTxs),

    async reserve(outpoints, purpose) {
      const reserved = reserveCoins(state, outpoints, purpose);
      if (!reserved.ok) return reserved;
      await change(reserved.value);
      return ok(undefined);
    },

    reserveComing: (outpoint, purpose) => change(reserveComing(state, outpoint, purpose)),
    release: (outpoints) => change(releaseCoins(state, outpoints)),
    releasePurpose: (purpose) => change(releasePurpose(state, purpose)),
    watch: (script, purpose) => change(watchScript(state, script, purpose)),
    label: (target, label) => change(setLabel(state, target, label)),
    exportLabels: () => exportLabels(state),

    async importLabels(text) {
      const imported = importLabels(state, text);
      if (!imported.ok) return imported;
      await change(imported.value);
      return ok(undefined);
    },

    connectBlock: (block) => change(connectBlock(state, block)),
    disconnectBlock: (block) => change(disconnectBlock(state, block)),
    scan: (fromHeight = 0) => syncWithChain(chain, { state: () => state, change }, fromHeight),
  };
}

/** How to take a transaction back that did not go out: what it replaced is pending again, what it released set aside again. */
function undoOf(before: WalletState, next: WalletState, tx: Tx): (state: WalletState) => WalletState {
  const after = addPending(next, tx);
  const replaced = pendingInOrder(before).filter((each) => after.transactions[txid(each)] === undefined);
  const held = tx.inputs.map(outpointKey).flatMap((key): [string, string][] => {
    const purpose = before.reserved[key];
    return purpose === undefined ? [] : [[key, purpose]];
  });
  return (state) => {
    const restored = replaced.reduce(addPending, dropPending(state, txid(tx)));
    return { ...restored, reserved: { ...restored.reserved, ...Object.fromEntries(held) } };
  };
}
