/** A witness program (BIP141): version 0..16 and 2 to 40 bytes. */
export interface WitnessProgram {
  readonly version: number;
  readonly bytes: Uint8Array;
}

export function witnessProgram(script: Uint8Array): WitnessProgram | undefined {
  const [first, length] = script;
  if (first === undefined || length === undefined) return undefined;
  const version = first === 0 ? 0 : first - 0x50;
  if (first !== 0 && (version < 1 || version > 16)) return undefined;
  if (length < 2 || length > 40 || script.length !== length + 2) return undefined;
  return { version, bytes: script.subarray(2) };
}

export function isPayToAnchor(script: Uint8Array): boolean {
  return (
    script.length === 4 && script[0] === 0x51 && script[1] === 2 && script[2] === 0x4e && script[3] === 0x73
  );
}

/** OP_RETURN, or too long for any script: never in the set of unspent outputs. */
export function isUnspendable(script: Uint8Array): boolean {
  return script[0] === 0x6a || script.length > 10_000;
}

/** Whether Bitcoin Core relays a transaction that pays to this script. */
export function isStandardOutput(script: Uint8Array): boolean {
  return isDataCarrier(script) || isPubkeyHash(script) || isScriptHash(script) || isStandardProgram(script);
}

export function isDataCarrier(script: Uint8Array): boolean {
  return script[0] === 0x6a && script.length <= 83;
}

function isPubkeyHash(script: Uint8Array): boolean {
  return (
    script.length === 25 &&
    script[0] === 0x76 &&
    script[1] === 0xa9 &&
    script[2] === 20 &&
    script[23] === 0x88 &&
    script[24] === 0xac
  );
}

function isScriptHash(script: Uint8Array): boolean {
  return script.length === 23 && script[0] === 0xa9 && script[1] === 20 && script[22] === 0x87;
}

function isStandardProgram(script: Uint8Array): boolean {
  const program = witnessProgram(script);
  if (program === undefined) return false;
  return program.version !== 0 || program.bytes.length === 20 || program.bytes.length === 32;
}
