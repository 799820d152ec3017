import { type Sat, sat } from '../base/amount.ts';

/**
 * Smallest value that nodes relay for an output with this script: what it costs to make and spend it at
 * 3 sat/vB (Bitcoin Core's `GetDustThreshold` at its default rate). 294 for P2WPKH, 330 for P2TR and P2WSH,
 * 546 for P2PKH, 240 for pay-to-anchor.
 */
export function dustLimit(script: Uint8Array): Sat {
  const output = 8 + 1 + script.length;
  const input = isWitnessProgram(script) ? WITNESS_INPUT : LEGACY_INPUT;
  return sat(3 * (output + input));
}

/** Outpoint, script length, sequence, and a quarter of the 107 witness bytes that Core assumes. */
const WITNESS_INPUT = 32 + 4 + 1 + Math.floor(107 / 4) + 4;
const LEGACY_INPUT = 32 + 4 + 1 + 107 + 4;

function isWitnessProgram(script: Uint8Array): boolean {
  const [version, length] = script;
  if (version === undefined || length === undefined || script.length < 4 || script.length > 42) return false;
  return (version === 0 || (version >= 0x51 && version <= 0x60)) && script.length === length + 2;
}
