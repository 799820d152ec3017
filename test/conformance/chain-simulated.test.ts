import { simulatedChain } from '../../src/chain/simulated/index.ts';
import { chainConformance } from './chain.ts';

chainConformance('the simulated chain', async (options = {}) => {
  const rate = options.minRelayFeeSatPerKvB;
  const simulation = simulatedChain(rate === undefined ? {} : { relayFeeRate: BigInt(rate) });
  simulation.mine(110);
  return {
    chain: simulation.connect(),
    mine: async (blocks) => simulation.mine(blocks),
    fund: async (script, value) => simulation.fund(script, value),
    reorg: async (depth) => simulation.reorg(depth),
    stop: async () => simulation.close(),
  };
});
