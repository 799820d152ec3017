import type { Regtest } from '../../regtest/index.ts';
import { sat } from '../../src/base/amount.ts';
import { uintBE, utf8 } from '../../src/base/bytes.ts';
import type { Chain } from '../../src/chain/port.ts';
import { sha256 } from '../../src/crypto/hash.ts';
import { p2wsh } from '../../src/tx/script.ts';
import { type Tx, txid, unsignedInput } from '../../src/tx/transaction.ts';
import { p2wpkhOf, signP2wpkh } from './walletCoin.ts';

const KEY = sha256(utf8('full mempool'));
const SCRIPT = p2wpkhOf(KEY);

/** More than 5 MB of transactions at 10 sat/vB and up, each of 95,000 vB: the cheapest are thrown out. */
export async function fillMempool(node: Regtest, chain: Chain): Promise<void> {
  const [count, outputs, value, dust] = [60, 2_200, 4_000_000n, 330n];
  const total = BigInt(count + 1) * value;
  const script = SCRIPT;
  const coins = Array.from({ length: count }, () => ({ value: sat(value), script }));
  const coin = await node.fund(script, total);
  const unsigned: Tx = { version: 2, inputs: [unsignedInput(coin)], outputs: coins, locktime: 0 };
  const fan = signP2wpkh(unsigned, 0, sat(total), KEY);
  await mustTake(chain, fan);
  await node.mine(1);
  const small = Array.from({ length: outputs }, (_, i) => ({
    value: sat(dust),
    script: p2wsh(uintBE(i, 2)),
  }));
  for (let vout = 0; vout < count; vout++) {
    const feeSat = 950_000n + 1_000n * BigInt(vout);
    const change = { value: sat(value - feeSat - dust * BigInt(outputs)), script };
    const inputs = [unsignedInput({ txid: txid(fan), vout })];
    const large: Tx = { version: 2, inputs, outputs: [change, ...small], locktime: 0 };
    const result = await chain.broadcast(signP2wpkh(large, 0, sat(value), KEY));
    if (!result.accepted) return;
  }
  throw new Error('the mempool did not fill');
}

async function mustTake(chain: Chain, tx: Tx): Promise<void> {
  const result = await chain.broadcast(tx);
  if (!result.accepted) throw new Error(result.reason);
}
