import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { bitcoindChain, RpcClient } from '../chain/bitcoind/index.ts';
import type { RpcLogin } from '../chain/bitcoind/login.ts';
import { type Chain, ChainError, type Network } from '../chain/port.ts';
import type { Config } from './config/schema.ts';
import type { Log } from './log.ts';
import { StartRefused } from './refused.ts';

/** Block 0 of the networks that have one only. */
const GENESIS: Readonly<Partial<Record<Config['network'], string>>> = {
  regtest: '0f9188f13cb7b2c71f2a335e3a4fc328bf5beb436012afca590b1a11466e2206',
  testnet4: '00000000da84f2bafbbc53dee25a72ae507ff4914b867c565be350b0da8bf043',
};

const FIRST_PAUSE_MS = 250;
const LONGEST_PAUSE_MS = 30_000;

/** The network as the wallet and the chain call it. */
export function networkOf({ network }: Config): Network {
  return network === 'testnet4' ? 'testnet' : network;
}

/**
 * The configured bitcoind. One that is not there yet is waited for: said, and asked again with growing pauses until
 * `stop`. Throws {@link StartRefused} for another network, and `ChainError` `refused` for a wrong login.
 */
export async function connectBitcoind(config: Config, log: Log, stop: AbortSignal): Promise<Chain> {
  const login = await loginOf(config);
  for (let pause = FIRST_PAUSE_MS; ; pause = Math.min(2 * pause, LONGEST_PAUSE_MS)) {
    try {
      return await connect(config, login);
    } catch (error) {
      if (!(error instanceof ChainError) || !error.retry) throw error;
      if (stop.aborted) throw error;
      log.warn({ url: config.bitcoindUrl, why: error.message, againInMs: pause }, 'waiting for bitcoind');
    }
    await sleep(pause, undefined, { signal: stop }).catch(() => {
      throw new StartRefused('stopped', 'stopped while waiting for bitcoind');
    });
  }
}

/** Asks once whether it answers: the chain's own calls are patient, and a user would wait long to hear of it. */
async function knock(url: string, login: RpcLogin): Promise<void> {
  const rpc = new RpcClient({ url, login, retry: { attempts: 1, firstMs: 0, longestMs: 0 } });
  await rpc.call('getblockcount').finally(() => rpc.close());
}

async function connect(config: Config, login: RpcLogin): Promise<Chain> {
  const { bitcoindUrl, bitcoindZmq } = config;
  await knock(bitcoindUrl, login);
  const chain = await bitcoindChain({
    network: networkOf(config),
    url: bitcoindUrl,
    login,
    ...(bitcoindZmq === undefined ? {} : { zmqAddress: bitcoindZmq }),
  }).catch((error: unknown) => {
    if (error instanceof ChainError && error.code === 'otherNetwork')
      throw new StartRefused('wrongNetwork', error.message, { cause: error });
    throw error;
  });
  try {
    const genesis = await chain.genesisHash();
    const expected = GENESIS[config.network];
    if (expected === undefined || genesis === expected) return chain;
    throw new StartRefused('wrongNetwork', `the bitcoind at ${bitcoindUrl} is not on ${config.network}`);
  } catch (error) {
    await chain.close();
    throw error;
  }
}

async function loginOf(config: Config): Promise<RpcLogin> {
  const { bitcoindUser, bitcoindPasswordFile, bitcoindCookieFile } = config;
  if (bitcoindUser === undefined || bitcoindPasswordFile === undefined)
    return { cookieFile: bitcoindCookieFile ?? '' };
  const text = await readFile(bitcoindPasswordFile, 'utf8').catch((error: NodeJS.ErrnoException) => {
    throw new StartRefused('badFile', `${bitcoindPasswordFile} cannot be read: ${error.code}`);
  });
  return { user: bitcoindUser, password: text.replace(/\r?\n$/, '') };
}
