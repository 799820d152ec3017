import type { Regtest } from '../regtest/index.ts';
import { FaucetEmpty } from '../regtest/index.ts';
import type { PerRole, Role, Trader } from '../src/base/role.ts';
import { RpcError } from '../src/chain/bitcoind/index.ts';
import { checkMnemonic } from '../src/wallet/mnemonic.ts';
import { labFailure, reasonOf } from './failure.ts';
import type { Party } from './party/party.ts';
import type { Stage } from './schema.ts';
import type { LabActions } from './server.ts';
import type { WorldDriver } from './world/driver.ts';

/** What the actions work on. */
export interface Laboratory {
  readonly regtest: Regtest;
  readonly parties: PerRole<Party>;
  readonly world: WorldDriver;
  stage(): Stage;
  /** Tells the parties where the others listen, as far as they run. */
  acquaint(): Promise<void>;
  /** From now on the stage shows this minimum, satoshi per 1,000 virtual bytes. */
  minimumFee(rate: bigint): void;
}

/** Blocks that no reorganisation takes back: the faucet's first coins are in them. */
const FIRST_BLOCKS = 101;

/** The methods of the laboratory. */
export function actionsOf(lab: Laboratory): LabActions {
  const { regtest, parties, world } = lab;
  const tip = async () => {
    const blockHash = String(await regtest.call('getbestblockhash'));
    return { height: await regtest.height(), blockHash };
  };
  return {
    getStage: async () => ({ stage: lab.stage() }),
    mine: async ({ blocks }) => {
      await regtest.mine(blocks);
      return tip();
    },
    reorganise: async ({ depth }) => {
      const most = (await regtest.height()) - FIRST_BLOCKS;
      if (depth > most) throw labFailure('tooDeep', { most });
      await regtest.reorg(depth);
      return tip();
    },
    switchOff: async ({ role, hard = false }) => {
      await parties[role].switchOff({ hard });
      return {};
    },
    switchOn: async ({ role }) => {
      await parties[role].switchOn();
      return {};
    },
    loseDatabase: async ({ role }) => {
      await parties[role].loseDatabase();
      await lab.acquaint();
      return {};
    },
    restore: async ({ role, words, passphrase }) => {
      const phrase = checkMnemonic(words);
      if (!phrase.ok) throw labFailure('badPhrase', { reason: phrase.error.code });
      const { backup } = await parties[role].restore(phrase.value, passphrase);
      await lab.acquaint();
      return { nodeId: parties[role].nodeId, backup };
    },
    setMeter: async ({ behaviour }) => {
      world.change({ meter: behaviour });
      return {};
    },
    setDelivery: async ({ delivering }) => {
      world.change({ delivering });
      return {};
    },
    listKeptCommitments: async ({ role }) => {
      const kept = await parties[role].listKept();
      const commitments = kept.map(({ channel, newest, ...rest }) => ({
        channel,
        n: `${rest.n}`,
        consumerMsat: `${rest.consumerMsat}`,
        producerMsat: `${rest.producerMsat}`,
        utilityMsat: `${rest.utilityMsat}`,
        inFlightMsat: `${rest.inFlightMsat}`,
        newest,
      }));
      return { commitments };
    },
    broadcastOldCommitment: ({ role, n, channel }) => broadcast(lab, role, BigInt(n), channel),
    setMinimumFee: async ({ feeRateSatPerKvB }) => {
      await regtest.restart(undefined, { minRelayFeeSatPerKvB: Number(feeRateSatPerKvB) });
      lab.minimumFee(BigInt(feeRateSatPerKvB));
      return {};
    },
    fund: ({ role, amountSat }) => fund(lab, role, BigInt(amountSat)),
    setWorld: async ({ coefficients, hour, ...changes }) => {
      const prices = coefficients === undefined ? {} : pricing(coefficients);
      world.change({ ...given(changes), ...prices }, hour);
      return {};
    },
  };
}

async function broadcast(
  { parties, regtest }: Laboratory,
  role: Trader,
  n: bigint,
  channel: string | undefined,
): Promise<{ txid: string }> {
  const kept = (await parties[role].listKept()).filter((each) => each.n === n);
  const wanted =
    channel ??
    kept
      .map((each) => each.channel)
      .sort()
      .at(-1);
  const hex = wanted === undefined ? null : await parties[role].commitment(role, wanted, n);
  if (hex === null) throw labFailure('noKeptCommitment', { role, n: `${n}` });
  try {
    return { txid: String(await regtest.call('sendrawtransaction', hex, 0)) };
  } catch (error) {
    if (error instanceof RpcError) throw labFailure('commitmentRefused', { reason: reasonOf(error) });
    throw error;
  }
}

async function fund({ parties, regtest }: Laboratory, role: Role, amount: bigint): Promise<{ txid: string }> {
  const { running, client } = parties[role];
  if (!running) throw labFailure('partyOff', { role });
  const { address } = await client.call('newAddress', {});
  try {
    return { txid: (await regtest.fund(address, amount)).txid };
  } catch (error) {
    if (error instanceof FaucetEmpty || error instanceof RpcError)
      throw labFailure('cannotFund', { reason: reasonOf(error) });
    throw error;
  }
}

function pricing({ a1, b1, c1 }: { readonly a1: string; readonly b1: string; readonly c1: string }) {
  return { coefficients: { a1: BigInt(a1), b1: BigInt(b1), c1: BigInt(c1) } };
}

/** Without what was left out. */
function given<T extends object>(values: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as never;
}
