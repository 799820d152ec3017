import { address } from 'bitcoinjs-lib';
import { startRegtest } from '../../regtest/index.ts';
import { witnessProgram } from '../../src/chain/simulated/outputType.ts';
import { chainConformance } from './chain.ts';

chainConformance('bitcoind', async (options = {}) => {
  // Bitcoin Core 30 asks for a tenth of these by default
  const regtest = await startRegtest({
    mempoolTruc: 'enforce',
    minRelayFeeSatPerKvB: 1000,
    extraArgs: ['-incrementalrelayfee=0.00001'],
    ...options,
  });
  return {
    chain: await regtest.chain(),
    mine: (blocks) => regtest.mine(blocks),
    fund: (script, value) => regtest.fund(addressOf(script), value),
    reorg: (depth) => regtest.reorg(depth),
    stop: () => regtest.stop(),
  };
});

function addressOf(script: Uint8Array): string {
  const program = witnessProgram(script);
  if (program === undefined) throw new RangeError('only witness programs have an address here');
  return address.toBech32(program.bytes, program.version, 'bcrt');
}
