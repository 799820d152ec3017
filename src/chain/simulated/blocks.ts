import { type Sat, sat } from '../../base/amount.ts';
import { concat, fromHex, toHex, uintBE, utf8 } from '../../base/bytes.ts';
import { invariant } from '../../base/invariant.ts';
import { hash256 } from '../../crypto/hash.ts';
import { decodeTx, type Tx, txid } from '../../tx/transaction.ts';
import type { Block, BlockRef } from '../port.ts';
import { GENESIS_TIME, NULL_TXID } from './consensus.ts';
import { encodeScriptNumber } from './scriptNumber.ts';

const GENESIS_COINBASE =
  '01000000010000000000000000000000000000000000000000000000000000000000000000ffffffff4d04ffff001d01044554' +
  '68652054696d65732030332f4a616e2f32303039204368616e63656c6c6f72206f6e206272696e6b206f66207365636f6e6420' +
  '6261696c6f757420666f722062616e6b73ffffffff0100f2052a01000000434104678afdb0fe5548271967f1a67130b7105cd6' +
  'a828e03909a67962e0ea1f61deb649f6bc3f4cef38c4f35504e51ec112de5c384df7ba0b8d578a4c702b6bf11d5fac00000000';

/** Block 0 of regtest, as every regtest node has it. */
export function genesisBlock(): Block {
  const coinbase = decodeTx(fromHex(GENESIS_COINBASE));
  invariant(coinbase.ok, 'the coinbase of block 0');
  return {
    height: 0,
    hash: '0f9188f13cb7b2c71f2a335e3a4fc328bf5beb436012afca590b1a11466e2206',
    previousHash: '00'.repeat(32),
    time: GENESIS_TIME,
    transactions: [{ txid: txid(coinbase.value), tx: coinbase.value }],
  };
}

const BLOCK_SECONDS = 600;
const FIRST_SUBSIDY_SAT = 5_000_000_000n;
const HALVING_BLOCKS = 150;

/**
 * A block on `previous`. There is no header to hash: the hash comes from `serial`, which counts the blocks ever
 * made, so that equal blocks on two branches differ.
 */
export function blockOn(previous: Block, serial: number, coinbase: Tx, transactions: readonly Tx[]): Block {
  const height = previous.height + 1;
  return {
    height,
    hash: toHex(hash256(concat(utf8('simulated block'), fromHex(previous.hash), uintBE(serial, 8)))),
    previousHash: previous.hash,
    time: previous.time + BLOCK_SECONDS,
    transactions: [coinbase, ...transactions].map((tx) => ({ txid: txid(tx), tx })),
  };
}

/** The coinbase of the block after `previous` (BIP34), unlike any other by `serial`. */
export function coinbaseOn(previous: BlockRef, serial: number, script: Uint8Array, feeSat: bigint): Tx {
  const height = previous.height + 1;
  const halvings = BigInt(Math.floor(height / HALVING_BLOCKS));
  const heightBytes = encodeScriptNumber(height);
  return {
    version: 2,
    inputs: [
      {
        txid: NULL_TXID,
        vout: 0xffffffff,
        sequence: 0xffffffff,
        scriptSig: concat(
          Uint8Array.of(heightBytes.length),
          heightBytes,
          Uint8Array.of(8),
          uintBE(serial, 8),
        ),
        witness: [],
      },
    ],
    outputs: [{ value: sat((FIRST_SUBSIDY_SAT >> halvings) + feeSat), script }],
    locktime: 0,
  };
}

/** The outpoint, out of nowhere, that the faucet's payment number `serial` spends. */
export function faucetOutpoint(serial: number): { readonly txid: string; readonly vout: number } {
  return { txid: toHex(hash256(concat(utf8('simulated faucet'), uintBE(serial, 8)))), vout: 0 };
}

export const FAUCET_FEE_SAT = 10_000n as Sat;
