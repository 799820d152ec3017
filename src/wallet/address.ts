import { address as codec } from 'bitcoinjs-lib';
import { concat, equalBytes } from '../base/bytes.ts';
import { err, ok, type Result } from '../base/result.ts';
import type { Network } from '../chain/port.ts';
import { ANCHOR_SCRIPT } from '../tx/outputs.ts';

export type AddressError =
  | { readonly code: 'wrongNetwork'; readonly address: string; readonly network: Network }
  | { readonly code: 'addressChecksum'; readonly address: string }
  | {
      readonly code: 'unknownWitnessVersion';
      readonly address: string;
      readonly version: number;
      readonly programBytes: number;
    }
  | { readonly code: 'malformedAddress'; readonly address: string };

interface Prefixes {
  readonly bech32: string;
  readonly pubKeyHash: number;
  readonly scriptHash: number;
}

const TEST_PREFIXES: Prefixes = { bech32: 'tb', pubKeyHash: 0x6f, scriptHash: 0xc4 };
/** Testnet and signet share all prefixes, regtest the base58 ones: between these the network cannot be told. */
const PREFIXES: Readonly<Record<Network, Prefixes>> = {
  mainnet: { bech32: 'bc', pubKeyHash: 0x00, scriptHash: 0x05 },
  testnet: TEST_PREFIXES,
  signet: TEST_PREFIXES,
  regtest: { ...TEST_PREFIXES, bech32: 'bcrt' },
};

const ANCHOR_PROGRAM = ANCHOR_SCRIPT.slice(2);

/**
 * The output script that an address of `network` stands for: P2PKH, P2SH, P2WPKH, P2WSH, P2TR (BIP173,
 * BIP350) and pay-to-anchor.
 *
 * Witness versions and programs without meaning yet are refused, since anyone can spend them
 * (`unknownWitnessVersion`). `wrongNetwork` names the network asked for.
 */
export function scriptOfAddress(address: string, network: Network): Result<Uint8Array, AddressError> {
  const base58 = attempt(() => codec.fromBase58Check(address));
  if (base58.ok) return base58Script(address, base58.value, network);
  const bech32 = attempt(() => codec.fromBech32(address));
  if (bech32.ok) return witnessScript(address, bech32.value, network);
  const looksBech32 = Object.values(PREFIXES).some((prefixes) =>
    address.toLowerCase().startsWith(`${prefixes.bech32}1`),
  );
  const checksumFailed = isChecksumFailure(looksBech32 ? bech32.error : base58.error);
  return err({ code: checksumFailed ? 'addressChecksum' : 'malformedAddress', address });
}

/** The address of an output script on `network`; `undefined` for a script that no address stands for. */
export function addressOfScript(script: Uint8Array, network: Network): string | undefined {
  const prefixes = PREFIXES[network];
  const program = witnessProgram(script);
  if (program !== undefined && isKnownProgram(program.version, program.data))
    return codec.toBech32(program.data, program.version, prefixes.bech32);
  if (startsWith(script, 0x76, 0xa9, 20) && endsWith(script, 25, 0x88, 0xac))
    return codec.toBase58Check(script.slice(3, 23), prefixes.pubKeyHash);
  if (startsWith(script, 0xa9, 20) && endsWith(script, 23, 0x87))
    return codec.toBase58Check(script.slice(2, 22), prefixes.scriptHash);
  return undefined;
}

function base58Script(
  address: string,
  { version, hash }: { readonly version: number; readonly hash: Uint8Array },
  network: Network,
): Result<Uint8Array, AddressError> {
  const prefixes = PREFIXES[network];
  if (version === prefixes.pubKeyHash)
    return ok(concat(Uint8Array.of(0x76, 0xa9, 20), hash, Uint8Array.of(0x88, 0xac)));
  if (version === prefixes.scriptHash) return ok(concat(Uint8Array.of(0xa9, 20), hash, Uint8Array.of(0x87)));
  const elsewhere = Object.values(PREFIXES).some((p) => version === p.pubKeyHash || version === p.scriptHash);
  return err(elsewhere ? { code: 'wrongNetwork', address, network } : { code: 'malformedAddress', address });
}

function witnessScript(
  address: string,
  { version, prefix, data }: { readonly version: number; readonly prefix: string; readonly data: Uint8Array },
  network: Network,
): Result<Uint8Array, AddressError> {
  if (prefix !== PREFIXES[network].bech32) {
    const elsewhere = Object.values(PREFIXES).some((p) => p.bech32 === prefix);
    return err(
      elsewhere ? { code: 'wrongNetwork', address, network } : { code: 'malformedAddress', address },
    );
  }
  if (version > 16 || data.length < 2 || data.length > 40) return err({ code: 'malformedAddress', address });
  if (version === 0 && data.length !== 20 && data.length !== 32)
    return err({ code: 'malformedAddress', address });
  if (!isKnownProgram(version, data))
    return err({ code: 'unknownWitnessVersion', address, version, programBytes: data.length });
  return ok(concat(Uint8Array.of(version === 0 ? 0 : 0x50 + version, data.length), data));
}

function witnessProgram(script: Uint8Array): { version: number; data: Uint8Array } | undefined {
  const [opcode, length] = script;
  if (opcode === undefined || length === undefined || script.length !== length + 2) return undefined;
  if (opcode !== 0 && (opcode < 0x51 || opcode > 0x60)) return undefined;
  return { version: opcode === 0 ? 0 : opcode - 0x50, data: script.slice(2) };
}

function isKnownProgram(version: number, data: Uint8Array): boolean {
  if (version === 0) return data.length === 20 || data.length === 32;
  if (version !== 1) return false;
  return data.length === 32 || equalBytes(data, ANCHOR_PROGRAM);
}

function startsWith(script: Uint8Array, ...bytes: readonly number[]): boolean {
  return bytes.every((byte, i) => script[i] === byte);
}

function endsWith(script: Uint8Array, length: number, ...bytes: readonly number[]): boolean {
  return script.length === length && bytes.every((byte, i) => script[length - bytes.length + i] === byte);
}

function attempt<T>(read: () => T): Result<T, string> {
  try {
    return ok(read());
  } catch (error) {
    return err(error instanceof Error ? error.message : String(error));
  }
}

/** The library says only in its message why it refused. A v0 program under the bech32m checksum, or the reverse, is a wrong checksum too. */
function isChecksumFailure(message: string): boolean {
  return /checksum|wrong encoding/i.test(message);
}
