import { toHex } from '../../src/base/bytes.ts';
import { counterpartyOf, type Role, type Trader } from '../../src/base/role.ts';
import type { BroadcastResult } from '../../src/chain/port.ts';
import { fundingSighash, spendFunding } from '../../src/channel/localSigner.ts';
import type { TraderSigner, UtilitySigner } from '../../src/channel/signer.ts';
import type { Channel, Identity } from '../../src/channel/state.ts';
import type { ChannelSigner } from '../../src/channel/step.ts';
import { deliveryLock } from '../../src/crypto/deliveryLock.ts';
import { revocationPublicKey, revocationSecret } from '../../src/crypto/revocation.ts';
import { signerFor } from '../../src/node/signers.ts';
import { readState } from '../../src/node/stateText.ts';
import { checkedStore } from '../../src/store/checked.ts';
import type { MemoryStore } from '../../src/store/memory.ts';
import type { Connection } from '../../src/transport/port.ts';
import { buildCommitment, type Commitment } from '../../src/tx/commitment.ts';
import type { Contract } from '../../src/tx/contract.ts';
import { type Tx, txid } from '../../src/tx/transaction.ts';
import { createKeychain, type Keychain, type KeyFamily } from '../../src/wallet/hd.ts';
import { seedFromMnemonic } from '../../src/wallet/mnemonic.ts';
import { walletStateFromJson } from '../../src/wallet/state.ts';
import { createWallet, type Wallet } from '../../src/wallet/wallet.ts';
import { decodeMessage, encodeMessage, type Message } from '../../src/wire/messages.ts';
import { secp } from '../support/curve.ts';
import { CoalitionKeys, NotOurs } from './keyring.ts';
import { type KnownState, keyOf, type SignedState, statesIn } from './states.ts';
import { sweep } from './sweep.ts';
import type { Heard } from './tap.ts';
import type { Behaviour, Possessions, ThreatWorld } from './world.ts';

/** What an attack tried and what the node said to it. */
export interface Attempt {
  readonly what: string;
  readonly accepted: boolean;
  readonly reason: string;
}

interface Member {
  readonly has: Possessions;
  readonly keychain: Keychain;
  readonly states: readonly Channel[];
}

/** What an out-of-band payment to the miners adds to a transaction's fee, satoshi. */
const BRIBE = 1_000_000;

/**
 * A coalition: exactly what its members have, and nothing of the others. `M` are its members; no method gives a key of
 * anybody else, and the keyring throws {@link NotOurs} when a signature by one is asked for.
 */
export class Attacker<M extends Role = Role> {
  readonly keys: CoalitionKeys;
  readonly attempts: Attempt[] = [];
  /** What came on connections opened by {@link speak}. */
  readonly replies: Message[] = [];
  readonly world: ThreatWorld;
  readonly #members: ReadonlyMap<Role, Member>;
  /** Preimages of deliveries, by their lock. */
  readonly #preimages = new Map<string, Uint8Array>();

  private constructor(world: ThreatWorld, members: ReadonlyMap<Role, Member>) {
    this.world = world;
    this.#members = members;
    this.keys = new CoalitionKeys();
    for (const [role, { keychain }] of members) this.#learnOwn(role, keychain);
  }

  /** The parties turn: their nodes stop, and the attacker has what they had. */
  static async take<M extends Role>(world: ThreatWorld, roles: readonly M[]): Promise<Attacker<M>> {
    for (const role of roles) await world.turnOff(role);
    const members = new Map<Role, Member>();
    for (const role of roles) members.set(role, await memberOf(world.possessions(role)));
    const attacker = new Attacker<M>(world, members);
    attacker.study();
    return attacker;
  }

  /** Whether that party belongs to the coalition. */
  includes(role: Role): role is M {
    return this.#members.has(role);
  }

  get roles(): readonly Role[] {
    return [...this.#members.keys()];
  }

  /** What a member knows of the channel. */
  get identity(): Identity {
    const identity = this.#knownIdentity();
    if (identity === undefined) throw new Error('the coalition knows no channel');
    return identity;
  }

  #knownIdentity(): Identity | undefined {
    for (const { states } of this.#members.values())
      for (const state of states) if ('identity' in state) return state.identity;
    return undefined;
  }

  get contract(): Contract {
    return this.identity.contract;
  }

  heard(role: M): readonly Heard[] {
    return this.#member(role).has.heard;
  }

  /** A member's states, oldest first. */
  states(role: M): readonly Channel[] {
    return this.#member(role).states;
  }

  /** A member's stores over time, oldest first. */
  stores(role: M): readonly MemoryStore[] {
    return this.#member(role).has.past;
  }

  keychain(role: M): Keychain {
    return this.#member(role).keychain;
  }

  /** A member's wallet, as its store left it. */
  async wallet(role: M): Promise<Wallet> {
    const newest = this.stores(role).at(-1);
    const stored = newest === undefined ? undefined : await checkedStore(newest).value('wallet');
    const state = stored === undefined ? undefined : walletStateFromJson(stored);
    if (state === undefined || !state.ok) throw new Error(`${role} has no wallet`);
    const { mnemonic } = this.#member(role).has;
    const { chain } = this.world.ground;
    const wallet = createWallet({ mnemonic, network: 'regtest', chain, state: state.value });
    if (!wallet.ok) throw new Error(wallet.error.code);
    return wallet.value;
  }

  signer(role: M): ChannelSigner {
    return signerFor(secp, this.keychain(role), role, 0);
  }

  traderSigner(role: M & Trader): TraderSigner {
    const signer = this.signer(role);
    if (signer.role !== 'trader') throw new NotOurs(`${role} is no trader`);
    return signer.signer;
  }

  utilitySigner(role: M & 'utility'): UtilitySigner {
    const signer = this.signer(role);
    if (signer.role !== 'utility') throw new NotOurs(`${role} is not the utility`);
    return signer.signer;
  }

  /** Where the coalition's coins go. */
  get payout(): Uint8Array {
    const [role] = this.roles;
    if (role === undefined) throw new Error('a coalition of nobody');
    return this.identity.payout[role];
  }

  preimageOf(lock: Uint8Array): Uint8Array | undefined {
    return this.#preimages.get(toHex(lock));
  }

  learnPreimage(preimage: Uint8Array): void {
    this.#preimages.set(toHex(deliveryLock(preimage)), preimage);
  }

  // --- commitments

  /** Every state that any member has ever seen, of either side's commitment. */
  knownStates(): readonly KnownState[] {
    const found = new Map<string, KnownState>();
    for (const [role, { states }] of this.#members)
      for (const state of states)
        for (const known of statesIn(state, role, this.#pointOf(role))) found.set(keyOf(known), known);
    return [...found.values()];
  }

  /** States of a trader's own commitment that it can publish, lowest first: every one that its counterparty signed. */
  ownStates(trader: M & Trader): readonly SignedState[] {
    const found = new Map<string, SignedState>();
    for (const state of this.states(trader)) {
      const held = 'rounds' in state ? state.rounds?.held : 'held' in state ? state.held : null;
      if (held === null || held === undefined) continue;
      const signed = {
        broadcaster: trader,
        balances: held.ledger,
        point: this.traderSigner(trader).point(held.ledger.n),
        signature: held.remoteSignature,
      };
      found.set(keyOf(signed), signed);
    }
    return [...found.values()].sort((a, b) => Number(a.balances.n - b.balances.n));
  }

  /** States that were proved to the utility, with the signature of the broadcaster's counterparty. */
  provedStates(utility: M & 'utility'): readonly SignedState[] {
    const found = new Map<string, SignedState>();
    for (const { message } of this.heard(utility)) {
      if (message.type !== 'state_proof') continue;
      const { broadcaster, ledger, point, signature } = message.proof;
      const signed = { broadcaster, balances: ledger, point, signature };
      found.set(keyOf(signed), signed);
    }
    return [...found.values()].sort((a, b) => Number(a.balances.n - b.balances.n));
  }

  build({ broadcaster, balances, point }: KnownState): Commitment {
    const basepoint = this.contract.keys[counterpartyOf(broadcaster)].revocation;
    return buildCommitment(this.contract, balances, broadcaster, revocationPublicKey(secp, basepoint, point));
  }

  /** The commitment with both traders' signatures. */
  complete(state: SignedState): Tx {
    return this.cosign(this.build(state).tx, state.broadcaster, {
      role: counterpartyOf(state.broadcaster),
      signature: state.signature,
    });
  }

  /** A spend of the funding output, signed by a member, with another's signature that the coalition has. */
  cosign(tx: Tx, role: Role, other: { readonly role: Role; readonly signature: Uint8Array }): Tx {
    return spendFunding(this.contract, tx, [role, other.role], [this.signFunding(tx, role), other.signature]);
  }

  /** A party's signature on a spend of the funding output. Throws {@link NotOurs} for an honest one. */
  signFunding(tx: Tx, role: Role): Uint8Array {
    return this.keys.sign(fundingSighash(this.contract, tx), this.contract.keys[role].funding);
  }

  // --- chain

  /** Submits a transaction; whatever the mempool holds against it, the miners are paid to prefer it. */
  async submit(what: string, tx: Tx): Promise<BroadcastResult> {
    await this.world.ground.regtest.call('prioritisetransaction', txid(tx), 0, BRIBE);
    const result = await this.world.ground.chain.broadcast(tx);
    this.attempts.push({ what, accepted: result.accepted, reason: result.accepted ? '' : result.reason });
    return result;
  }

  /** A block, in which the coalition takes what its keys allow and prepares to take more in the next. */
  async block(): Promise<void> {
    await sweep(this);
    await this.world.block();
  }

  async blocks(count: number): Promise<void> {
    for (let i = 0; i < count; i++) await this.block();
  }

  async blocksUntil(height: number): Promise<void> {
    while (this.world.ground.height() < height) await this.block();
  }

  // --- network

  /** A member's node runs again, altered: from its newest store, or an older one. */
  async puppet(role: M, behaviour: Behaviour, store?: MemoryStore): Promise<void> {
    const newest = store ?? this.stores(role).at(-1);
    await this.world.turnOn(role, newest?.snapshot(), behaviour);
  }

  /** The altered node stops, and the attacker has what it learned meanwhile. */
  async retrieve(role: M): Promise<void> {
    await this.world.turnOff(role);
    const members = this.#members as Map<Role, Member>;
    members.set(role, await memberOf(this.world.possessions(role)));
    this.study();
  }

  /** Opens a connection in a member's name, and says messages on it. */
  async speak(role: M, to: Role, messages: readonly Message[]): Promise<Connection> {
    const transport = this.world.network.join(this.#member(role).has.nodeId);
    const connection = await transport.connect(this.identity.nodeIds[to]);
    connection.onMessage((bytes) => {
      const decoded = decodeMessage(bytes);
      if (decoded.ok) this.replies.push(decoded.value);
    });
    for (const message of messages) connection.send(encodeMessage(message));
    await this.world.quiet();
    return connection;
  }

  // --- what there is to learn

  /** Goes through everything that the members have for secrets. */
  study(): void {
    for (const { states, has } of this.#members.values()) {
      for (const state of states) this.#learnFrom(state);
      for (const { message } of has.heard) this.#learnHeard(message);
    }
    for (const known of this.knownStates()) this.#learnRevocation(known);
  }

  #learnFrom(state: Channel): void {
    if (!('market' in state)) return;
    for (const { preimage } of state.market.preimages) this.learnPreimage(preimage);
  }

  #learnHeard(message: Message): void {
    if (message.type === 'accept_update' || message.type === 'revoke') this.keys.learn(message.secret);
  }

  /** The revocation key of a commitment, once both of its secrets are known. */
  #learnRevocation({ broadcaster, point }: KnownState): void {
    const basepoint = this.contract.keys[counterpartyOf(broadcaster)].revocation;
    if (!this.keys.has(basepoint) || !this.keys.has(point)) return;
    this.keys.learn(revocationSecret(secp, this.keys.secretOf(basepoint), this.keys.secretOf(point)));
  }

  #learnOwn(role: Role, keychain: Keychain): void {
    const families: readonly KeyFamily[] = [
      'funding',
      'revocationBasepoint',
      'paymentBasepoint',
      'delayedPaymentBasepoint',
      'nodeIdentity',
    ];
    for (const family of families) this.keys.learn(keychain.channelSecret(family, 0));
    const signer = signerFor(secp, keychain, role, 0);
    if (signer.role === 'utility') {
      const channelId = this.#knownIdentity()?.channelId;
      if (channelId === undefined) return;
      for (let unit = 0n; unit < SECRETS; unit++) this.learnPreimage(signer.signer.preimage(channelId, unit));
    } else for (let n = 0n; n < SECRETS; n++) this.keys.learn(signer.signer.releaseSecret(n));
  }

  #pointOf(role: Role): (n: bigint) => Uint8Array | undefined {
    const member = this.#members.get(role);
    if (member === undefined || role === 'utility') return () => undefined;
    const signer = signerFor(secp, member.keychain, role, 0);
    return (n) => (signer.role === 'trader' ? signer.signer.point(n) : undefined);
  }

  #member(role: Role): Member {
    const member = this.#members.get(role);
    if (member === undefined) throw new NotOurs(`${role} does not belong to the coalition`);
    return member;
  }
}

/** Commitments and units whose secrets a member derives: more than any story has. */
const SECRETS = 16n;

async function memberOf(has: Possessions): Promise<Member> {
  const seed = seedFromMnemonic(has.mnemonic);
  if (!seed.ok) throw new Error(seed.error.code);
  const states = new Map<string, Channel>();
  for (const store of has.past) {
    const checked = checkedStore(store);
    for (const stored of await checked.channels())
      if (!states.has(stored.state)) states.set(stored.state, await readState(checked, stored));
  }
  return { has, keychain: createKeychain(seed.value, 'regtest'), states: [...states.values()] };
}
