import type { Chain } from '../../src/chain/port.ts';
import { simulatedChain } from '../../src/chain/simulated/index.ts';
import { scriptOfAddress } from '../../src/wallet/address.ts';
import type { regtestChain } from '../support/world.ts';

/** A chain that a schedule can push around: simulated or a real regtest node. */
export interface SoakChain {
  /** A connection for one node, or for whoever looks on. */
  connect(): Promise<Chain>;
  /** Pays an address, unconfirmed or not. */
  fund(address: string, sat: bigint): Promise<void>;
  mine(): Promise<void>;
  /** A block with no room for any transaction. */
  mineEmpty(): Promise<void>;
  reorg(depth: number): Promise<void>;
  height(): Promise<number>;
  /** What fee estimates say from now on, satoshi per 1,000 virtual bytes. */
  setFeeRate(satPerKvB: bigint): void;
  /** What the mempool asks for from now on, satoshi per 1,000 virtual bytes; what pays less is dropped. */
  setMinimum(satPerKvB: bigint): void;
  stop(): Promise<void>;
}

export function simulatedSoakChain(): SoakChain {
  const chain = simulatedChain();
  chain.mine(101);
  return {
    connect: async () => chain.connect(),
    fund: async (address, sat) => {
      const script = scriptOfAddress(address, 'regtest');
      if (!script.ok) throw new Error(script.error.code);
      chain.fund(script.value, sat);
    },
    mine: async () => void chain.mine(1),
    mineEmpty: async () => void chain.mine(1, { include: 'nothing' }),
    reorg: async (depth) => void chain.reorg(depth),
    height: async () => chain.height,
    setFeeRate: (rate) => chain.setFeeRate(rate),
    setMinimum: (rate) => chain.setMinimumFeeRate(rate),
    stop: async () => {},
  };
}

/** The same on a real node that several schedules share; it is stopped by whoever started it. */
export function realSoakChain({ regtest }: Awaited<ReturnType<typeof regtestChain>>): SoakChain {
  return {
    connect: () => regtest.chain(),
    fund: async (address, sat) => void (await regtest.fund(address, sat)),
    mine: async () => void (await regtest.mine(1)),
    mineEmpty: async () => {
      const { address } = (await regtest.call('decodescript', '51024e73')) as { address: string };
      await regtest.call('generateblock', address, []);
    },
    reorg: async (depth) => void (await regtest.reorg(depth)),
    height: () => regtest.height(),
    setFeeRate: () => {},
    setMinimum: () => {},
    stop: async () => {},
  };
}
