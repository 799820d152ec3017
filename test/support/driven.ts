import type { BlockRef } from '../../src/chain/port.ts';
import { localIdentity } from '../../src/channel/localSigner.ts';
import type { ChannelSigner, Context } from '../../src/channel/step.ts';
import { ChannelDriver } from '../../src/node/driver.ts';
import { readState } from '../../src/node/stateText.ts';
import type { ChannelNotice, Effects } from '../../src/node/work.ts';
import { checkedStore } from '../../src/store/checked.ts';
import type { MemoryStore } from '../../src/store/memory.ts';
import type { Store } from '../../src/store/port.ts';
import type { Tx } from '../../src/tx/transaction.ts';
import { decodeMessage, type Message } from '../../src/wire/messages.ts';
import { keychainOf, signerOf } from './cheat.ts';
import { secp } from './curve.ts';
import type { World } from './world.ts';

/** A channel of a world under a driver of its own, and all that it did. */
export interface Driven {
  readonly driver: ChannelDriver;
  /** What the driver writes to, at first a copy of the node's. */
  readonly disk: MemoryStore;
  readonly sent: readonly Message[];
  readonly notices: readonly ChannelNotice[];
  readonly broadcasts: readonly { readonly tx: Tx; readonly purpose: string }[];
}

/** The consumer's channel, taken up from its store by a driver whose signer is `alter`ed. */
export async function driven(
  world: World,
  alter: (signer: ChannelSigner) => ChannelSigner = (signer) => signer,
  options: { readonly disk?: MemoryStore; readonly wrap?: (store: Store) => Store } = {},
): Promise<Driven> {
  const disk = options.disk ?? world.stores.consumer.snapshot();
  const checked = checkedStore(disk);
  const store = options.wrap?.(checked) ?? checked;
  const [stored] = await store.channels();
  const { contract } = world.channel('consumer');
  const chain = await world.chain.connect();
  const tip: BlockRef = await chain.tip();
  const chainHash = await chain.genesisHash();
  if (stored === undefined || contract === undefined) throw new Error('no channel');
  const signer = alter({ role: 'trader', signer: signerOf('consumer', contract) });
  const notices: ChannelNotice[] = [];
  const sent: Message[] = [];
  const broadcasts: { tx: Tx; purpose: string }[] = [];
  const context: Context = {
    secp,
    signer,
    identity: localIdentity(secp, keychainOf('consumer').channelSecret('nodeIdentity', 0)),
    chainHash,
    now: world.clock.now(),
    height: tip.height,
    clockTolerance: 60,
    certifiedCapacityWhPerHour: () => 100_000n,
    maxArbitrationFeeRate: 10_000n,
  };
  const effects: Effects = {
    send: (_to, bytes) => {
      const message = decodeMessage(bytes);
      if (!message.ok) throw new Error(message.error.code);
      sent.push(message.value);
    },
    connection: () => undefined,
    broadcast: async (tx, purpose) => {
      broadcasts.push({ tx, purpose });
    },
    perform: async () => {},
    notify: (notice) => {
      notices.push(notice);
    },
    stored: () => {},
    context: () => context,
    tip: () => tip,
    isAwaited: () => false,
    after: world.clock.after,
    resolvedDepth: 100,
    claimFeeRate: async () => 1000n,
  };
  return {
    driver: new ChannelDriver(store, effects, stored, await readState(store, stored)),
    disk,
    sent,
    notices,
    broadcasts,
  };
}
