import { ripemd160, sha1 } from '@noble/hashes/legacy';
import { equalBytes } from '../../base/bytes.ts';
import { hash160, hash256, sha256 } from '../../crypto/hash.ts';
import { isTrue, type Machine } from './machine.ts';
import { fail, type ScriptError } from './scriptError.ts';

type Operation = (machine: Machine) => void;

/**
 * What each opcode does to a running script, conditionals and pushes excepted: those that miniscript
 * compiles to and their near relatives. An opcode that is neither here nor known to fail is refused as unsupported.
 */
const OPERATIONS: ReadonlyMap<number, Operation> = new Map<number, Operation>([
  [0x61, () => {}], // NOP
  [0x69, (m) => m.verify('verify')], // VERIFY
  [0x6a, () => fail('opReturn')], // RETURN
  [0x6b, (m) => void m.alt.push(m.pop())], // TOALTSTACK
  [0x6c, (m) => m.push(m.alt.pop() ?? fail('altStackOperation'))], // FROMALTSTACK
  [0x6d, (m) => void m.take(2)], // 2DROP
  [0x6e, rearrange(2, [0, 1, 0, 1])], // 2DUP
  [0x6f, rearrange(3, [0, 1, 2, 0, 1, 2])], // 3DUP
  [0x70, rearrange(4, [0, 1, 2, 3, 0, 1])], // 2OVER
  [0x71, rearrange(6, [2, 3, 4, 5, 0, 1])], // 2ROT
  [0x72, rearrange(4, [2, 3, 0, 1])], // 2SWAP
  [0x73, (m) => isTrue(m.peek()) && m.push(m.peek())], // IFDUP
  [0x74, (m) => m.pushNumber(m.stack.length)], // DEPTH
  [0x75, (m) => void m.pop()], // DROP
  [0x76, (m) => m.push(m.peek())], // DUP
  [0x77, rearrange(2, [1])], // NIP
  [0x78, rearrange(2, [0, 1, 0])], // OVER
  [0x7b, rearrange(3, [1, 2, 0])], // ROT
  [0x7c, rearrange(2, [1, 0])], // SWAP
  [0x7d, rearrange(2, [1, 0, 1])], // TUCK
  [0x82, (m) => m.pushNumber(m.peek().length)], // SIZE
  [0x87, equal], // EQUAL
  [0x88, verified(equal, 'equalVerify')], // EQUALVERIFY
  [0x8b, unary((a) => a + 1)], // 1ADD
  [0x8c, unary((a) => a - 1)], // 1SUB
  [0x8f, unary((a) => 0 - a)], // NEGATE
  [0x90, unary(Math.abs)], // ABS
  [0x91, unary((a) => Number(a === 0))], // NOT
  [0x92, unary((a) => Number(a !== 0))], // 0NOTEQUAL
  [0x93, binary((a, b) => a + b)], // ADD
  [0x94, binary((a, b) => a - b)], // SUB
  [0x9a, binary((a, b) => Number(a !== 0 && b !== 0))], // BOOLAND
  [0x9b, binary((a, b) => Number(a !== 0 || b !== 0))], // BOOLOR
  [0x9c, binary((a, b) => Number(a === b))], // NUMEQUAL
  [
    0x9d,
    verified(
      binary((a, b) => Number(a === b)),
      'numEqualVerify',
    ),
  ], // NUMEQUALVERIFY
  [0x9e, binary((a, b) => Number(a !== b))], // NUMNOTEQUAL
  [0x9f, binary((a, b) => Number(a < b))], // LESSTHAN
  [0xa0, binary((a, b) => Number(a > b))], // GREATERTHAN
  [0xa1, binary((a, b) => Number(a <= b))], // LESSTHANOREQUAL
  [0xa2, binary((a, b) => Number(a >= b))], // GREATERTHANOREQUAL
  [0xa3, binary(Math.min)], // MIN
  [0xa4, binary(Math.max)], // MAX
  [0xa5, within], // WITHIN
  [0xa6, hash(ripemd160)], // RIPEMD160
  [0xa7, hash(sha1)], // SHA1
  [0xa8, hash(sha256)], // SHA256
  [0xa9, hash(hash160)], // HASH160
  [0xaa, hash(hash256)], // HASH256
  [0xac, checkSig], // CHECKSIG
  [0xad, verified(checkSig, 'checkSigVerify')], // CHECKSIGVERIFY
  [0xae, checkMultisig], // CHECKMULTISIG
  [0xaf, verified(checkMultisig, 'checkMultisigVerify')], // CHECKMULTISIGVERIFY
  [0xb1, checkLocktimeVerify], // CHECKLOCKTIMEVERIFY
  [0xb2, checkSequenceVerify], // CHECKSEQUENCEVERIFY
]);

/** Opcodes that exist but are left out: PICK, ROLL, CODESEPARATOR, the NOPs kept for soft forks. */
const UNSUPPORTED: ReadonlySet<number> = new Set([
  0x79, 0x7a, 0xab, 0xb0, 0xb3, 0xb4, 0xb5, 0xb6, 0xb7, 0xb8, 0xb9,
]);

/** Switched off in 2010, for good: CAT, SUBSTR, LEFT, RIGHT, INVERT, AND, OR, XOR, 2MUL, 2DIV, MUL, DIV, MOD, the shifts. */
const DISABLED: ReadonlySet<number> = new Set([
  0x7e, 0x7f, 0x80, 0x81, 0x83, 0x84, 0x85, 0x86, 0x8d, 0x8e, 0x95, 0x96, 0x97, 0x98, 0x99,
]);
/** VERIF, VERNOTIF. */
const NEVER_VALID: ReadonlySet<number> = new Set([0x65, 0x66]);

/** Fails on an opcode that a script must not even hold in a branch that does not run. */
export function checkPresence(opcode: number): void {
  if (DISABLED.has(opcode)) fail('disabledOpcode');
  if (NEVER_VALID.has(opcode)) fail('badOpcode');
}

/** Runs one opcode that is neither a push nor a conditional. */
export function operate(machine: Machine, opcode: number): void {
  const operation = OPERATIONS.get(opcode);
  if (operation === undefined) fail(UNSUPPORTED.has(opcode) ? 'unsupportedOpcode' : 'badOpcode');
  operation(machine);
}

/** Takes `count` elements off and puts them back in `order` (0 the deepest). */
function rearrange(count: number, order: readonly number[]): Operation {
  return (machine) => {
    const taken = machine.take(count);
    machine.push(...order.map((index) => taken[index] as Uint8Array));
  };
}

function unary(compute: (a: number) => number): Operation {
  return (machine) => machine.pushNumber(compute(machine.popNumber()));
}

function binary(compute: (a: number, b: number) => number): Operation {
  return (machine) => {
    const [a = 0, b = 0] = machine.takeNumbers(2);
    machine.pushNumber(compute(a, b));
  };
}

function within(machine: Machine): void {
  const [value = 0, min = 0, max = 0] = machine.takeNumbers(3);
  machine.pushBoolean(min <= value && value < max);
}

function hash(compute: (data: Uint8Array) => Uint8Array): Operation {
  return (machine) => machine.push(compute(machine.pop()));
}

function verified(operation: Operation, error: ScriptError): Operation {
  return (machine) => {
    operation(machine);
    machine.verify(error);
  };
}

function equal(machine: Machine): void {
  const b = machine.pop();
  machine.pushBoolean(equalBytes(machine.pop(), b));
}

function checkSig(machine: Machine): void {
  const key = machine.pop();
  const signature = machine.pop();
  const valid = signature.length > 0 && machine.context.checkSignature(signature, key);
  if (!valid && signature.length > 0 && machine.context.policy) fail('nullFail');
  machine.pushBoolean(valid);
}

function checkMultisig(machine: Machine): void {
  const keyCount = machine.popNumber();
  if (keyCount < 0 || keyCount > 20) fail('pubkeyCount');
  machine.countOperations(keyCount);
  const keys = machine.take(keyCount);
  const needed = machine.popNumber();
  if (needed < 0 || needed > keyCount) fail('sigCount');
  const signatures = machine.take(needed);
  const dummy = machine.pop();
  const valid = signaturesMatch(machine, signatures, keys);
  if (!valid && machine.context.policy && signatures.some((each) => each.length > 0)) fail('nullFail');
  if (dummy.length > 0) fail('nullDummy');
  machine.pushBoolean(valid);
}

/** Signatures in the order of their keys; consensus compares from the last of each. */
function signaturesMatch(machine: Machine, signatures: Uint8Array[], keys: Uint8Array[]): boolean {
  const openKeys = [...keys];
  const openSignatures = [...signatures];
  while (openSignatures.length > 0) {
    if (openSignatures.length > openKeys.length) return false;
    const signature = openSignatures.at(-1) as Uint8Array;
    const key = openKeys.pop() as Uint8Array;
    if (signature.length > 0 && machine.context.checkSignature(signature, key)) openSignatures.pop();
  }
  return true;
}

function checkLocktimeVerify(machine: Machine): void {
  const height = machine.peekNumber(5);
  if (height < 0) fail('negativeLocktime');
  if (!machine.context.checkLocktime(height)) fail('unsatisfiedLocktime');
}

function checkSequenceVerify(machine: Machine): void {
  const lock = machine.peekNumber(5);
  if (lock < 0) fail('negativeLocktime');
  if (!machine.context.checkSequence(lock)) fail('unsatisfiedLocktime');
}
