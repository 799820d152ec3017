import { type ChannelNotice, type Role, type TowerNotice, type Tx, txid } from '../src/index.ts';
import { justiceFee } from './accounting.ts';
import { StoryFailed } from './failed.ts';
import type { SeenTx } from './nodeView.ts';

/** A transaction of the story, as the Bitcoin node has it. */
export interface StoryTx extends SeenTx {
  readonly feeSat: bigint;
  readonly height: number;
  /** Who made it; `null`: more than one, and each of them may have sent it. */
  readonly by: Role | null;
  /** Whose coins pay its fee, where that is not the sender. */
  readonly onBehalfOf?: Role;
  readonly purpose: Purpose;
  /** What its maker said it would pay, where it says so. */
  readonly namedFeeSat: bigint | null;
}

/** What the library calls it: `funding`, `close`, `commitment`, `penalty`, `claim: …`; or `faucet`, or `revoked`. */
export type Purpose = string;

export type Announced = Pick<StoryTx, 'by' | 'onBehalfOf' | 'purpose' | 'namedFeeSat'>;

/** What the parties' nodes have said so far: of their channels, and of the transactions that they sent. */
export interface Talk {
  readonly hear: (role: Role, notice: ChannelNotice) => void;
  /** The utility's watchtower. */
  readonly hearTower: (notice: TowerNotice) => void;
  /** Says what a transaction is, if nobody has yet. */
  readonly announce: (id: string, what: Announced) => void;
  readonly announced: (id: string) => Announced | undefined;
  readonly said: (role: Role, type: ChannelNotice['type']) => number;
  readonly heard: <T extends ChannelNotice['type']>(
    role: Role,
    type: T,
  ) => Extract<ChannelNotice, { type: T }>;
  readonly published: (role: Role, purpose: Purpose) => Tx;
}

export function listen(): Talk {
  const announced = new Map<string, Announced>();
  const notices = new Map<string, ChannelNotice[]>();
  const published = new Map<string, Tx>();

  function announce(id: string, what: Announced): void {
    if (!announced.has(id)) announced.set(id, what);
  }

  function hear(role: Role, notice: ChannelNotice): void {
    const key = `${role} ${notice.type}`;
    const before = notices.get(key);
    if (before === undefined) notices.set(key, [notice]);
    else before.push(notice);
    if (notice.type === 'claiming') {
      const { tx, purpose, feeSat } = notice;
      announce(txid(tx), { by: role, purpose: `claim: ${purpose}`, namedFeeSat: feeSat });
    }
    if (notice.type === 'broadcast') {
      const { purpose, tx } = notice;
      const shared = purpose === 'funding' || purpose === 'close' || purpose === 'penalty';
      published.set(`${role} ${purpose}`, tx);
      announce(txid(tx), { by: shared ? null : role, purpose, namedFeeSat: null });
    }
  }

  /** The utility answers a breach for a trader that does not. */
  function hearTower(notice: TowerNotice): void {
    if (notice.type !== 'answered') return;
    const cheat = announced.get(notice.txid)?.by;
    if (cheat === null || cheat === undefined) throw new StoryFailed('a breach that nobody committed');
    const onBehalfOf = cheat === 'consumer' ? 'producer' : 'consumer';
    const namedFeeSat = justiceFee(notice.feeRate);
    announce(txid(notice.tx), {
      by: 'utility',
      onBehalfOf,
      purpose: 'claim: justice for another',
      namedFeeSat,
    });
  }

  return {
    hear,
    hearTower,
    announce,
    announced: (id) => announced.get(id),
    said: (role, type) => notices.get(`${role} ${type}`)?.length ?? 0,
    heard: (role, type) => {
      const notice = notices.get(`${role} ${type}`)?.at(-1);
      if (notice === undefined || !isOf(notice, type)) throw new StoryFailed(`no ${type} at the ${role}`);
      return notice;
    },
    published: (role, purpose) => {
      const tx = published.get(`${role} ${purpose}`);
      if (tx === undefined) throw new StoryFailed(`the ${role} has sent out no ${purpose} transaction`);
      return tx;
    },
  };
}

function isOf<T extends ChannelNotice['type']>(
  notice: ChannelNotice,
  type: T,
): notice is Extract<ChannelNotice, { type: T }> {
  return notice.type === type;
}
