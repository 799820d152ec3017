/** Why a script failed, in the words of Bitcoin Core (`script_error.cpp`). */
const WORDS = {
  evalFalse: 'Script evaluated without error but finished with a false/empty top stack element',
  verify: 'Script failed an OP_VERIFY operation',
  equalVerify: 'Script failed an OP_EQUALVERIFY operation',
  checkSigVerify: 'Script failed an OP_CHECKSIGVERIFY operation',
  checkMultisigVerify: 'Script failed an OP_CHECKMULTISIGVERIFY operation',
  numEqualVerify: 'Script failed an OP_NUMEQUALVERIFY operation',
  scriptSize: 'Script is too big',
  pushSize: 'Push value size limit exceeded',
  opCount: 'Operation limit exceeded',
  stackSize: 'Stack size limit exceeded',
  sigCount: 'Signature count negative or greater than pubkey count',
  pubkeyCount: 'Pubkey count negative or limit exceeded',
  badOpcode: 'Opcode missing or not understood',
  disabledOpcode: 'Attempted to use a disabled opcode',
  opReturn: 'OP_RETURN was encountered',
  stackOperation: 'Operation not valid with the current stack size',
  altStackOperation: 'Operation not valid with the current altstack size',
  unbalancedConditional: 'Invalid OP_IF construction',
  negativeLocktime: 'Negative locktime',
  unsatisfiedLocktime: 'Locktime requirement not satisfied',
  scriptNumber: 'unknown error',
  minimalData: 'Data push larger than necessary',
  minimalIf: 'OP_IF/NOTIF argument must be minimal',
  sigHashType: 'Signature hash type missing or not understood',
  sigDer: 'Non-canonical DER signature',
  sigHighS: 'Non-canonical signature: S value is unnecessarily high',
  nullDummy: 'Dummy CHECKMULTISIG argument must be zero',
  nullFail: 'Signature must be zero for failed CHECK(MULTI)SIG operation',
  witnessPubkeyType: 'Using non-compressed keys in segwit',
  cleanStack: 'Stack size must be exactly one after execution',
  witnessEmpty: 'Witness program was passed an empty witness',
  witnessMismatch: 'Witness program hash mismatch',
  witnessMalleated: 'Witness requires empty scriptSig',
  schnorrSize: 'Invalid Schnorr signature size',
  schnorrHashType: 'Invalid Schnorr signature hash type',
  schnorrSignature: 'Invalid Schnorr signature',
  unsupportedOpcode: 'opcode not supported by the simulated chain',
  unsupportedHashType: 'signature hash type not supported by the simulated chain',
  unsupportedOutput: 'output type not supported by the simulated chain',
  unsupportedScriptPath: 'taproot script path and annex not supported by the simulated chain',
} as const;

export type ScriptError = keyof typeof WORDS;

export function scriptErrorWords(error: ScriptError): string {
  return WORDS[error];
}

/** Ends the evaluation of a script; never leaves the interpreter. */
export class ScriptFailure extends Error {
  readonly error: ScriptError;

  constructor(error: ScriptError) {
    super(WORDS[error]);
    this.error = error;
  }
}

export function fail(error: ScriptError): never {
  throw new ScriptFailure(error);
}
