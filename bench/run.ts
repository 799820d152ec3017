import { availableParallelism } from 'node:os';
import { nativeSecp256k1 } from '../src/crypto/native.ts';
import { tinySecp256k1 } from '../src/crypto/tiny.ts';
import { type Effort, measure } from './measure.ts';
import type { Report } from './report.ts';
import { SCENARIOS } from './scenario.ts';
import { transactionSizes } from './sizes.ts';

/** Measures everything, with every backend that loads here. */
export async function runBench(effort: Effort): Promise<Report> {
  const native = await nativeSecp256k1();
  const backends = native === undefined ? [tinySecp256k1] : [tinySecp256k1, native];
  return {
    node: process.versions.node,
    cores: availableParallelism(),
    rounds: measure(backends, SCENARIOS, effort),
    sizes: transactionSizes(tinySecp256k1),
  };
}
