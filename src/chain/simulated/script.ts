import { err, ok, type Result } from '../../base/result.ts';
import { Machine, type ScriptContext } from './machine.ts';
import { checkPresence, operate } from './opcodes.ts';
import { fail, type ScriptError, ScriptFailure } from './scriptError.ts';

const MAX_SCRIPT_BYTES = 10_000;
const MAX_ELEMENT_BYTES = 520;
const MAX_ELEMENTS = 1000;

const OP = {
  ONE_NEGATE: 0x4f,
  ONE: 0x51,
  SIXTEEN: 0x60,
  IF: 0x63,
  NOTIF: 0x64,
  ELSE: 0x67,
  ENDIF: 0x68,
} as const;

/**
 * Runs a segwit v0 witness script (BIP141 rules: minimal conditionals under policy, no size of its own).
 *
 * @param stack the witness without the script, deepest element first
 * @returns the stack at the end, or why the script failed. Never throws.
 */
export function runScript(
  script: Uint8Array,
  stack: readonly Uint8Array[],
  context: ScriptContext,
): Result<readonly Uint8Array[], ScriptError> {
  try {
    const machine = new Machine(stack, context);
    run(script, machine);
    return ok(machine.stack);
  } catch (failure) {
    if (failure instanceof ScriptFailure) return err(failure.error);
    throw failure;
  }
}

function run(script: Uint8Array, machine: Machine): void {
  if (script.length > MAX_SCRIPT_BYTES) fail('scriptSize');
  if (machine.stack.some((element) => element.length > MAX_ELEMENT_BYTES)) fail('pushSize');
  for (const instruction of instructions(script)) {
    step(machine, instruction);
    if (machine.stack.length + machine.alt.length > MAX_ELEMENTS) fail('stackSize');
  }
  if (machine.branches.length > 0) fail('unbalancedConditional');
}

interface Instruction {
  readonly opcode: number;
  /** Present in a push of bytes. */
  readonly data?: Uint8Array;
}

function step(machine: Machine, { opcode, data }: Instruction): void {
  if (data !== undefined && data.length > MAX_ELEMENT_BYTES) fail('pushSize');
  if (opcode > OP.SIXTEEN) machine.countOperations(1);
  checkPresence(opcode);
  if (opcode === OP.IF || opcode === OP.NOTIF) openBranch(machine, opcode);
  else if (opcode === OP.ELSE) otherBranch(machine);
  else if (opcode === OP.ENDIF) closeBranch(machine);
  else if (!machine.executing) return;
  else if (data !== undefined) pushData(machine, opcode, data);
  else if (opcode === OP.ONE_NEGATE) machine.pushNumber(-1);
  else if (opcode >= OP.ONE && opcode <= OP.SIXTEEN) machine.pushNumber(opcode - OP.ONE + 1);
  else operate(machine, opcode);
}

function openBranch(machine: Machine, opcode: number): void {
  machine.branches.push(machine.executing && branchCondition(machine) === (opcode === OP.IF));
}

function branchCondition(machine: Machine): boolean {
  if (machine.stack.length === 0) fail('unbalancedConditional');
  const condition = machine.peek();
  const minimal = condition.length === 0 || (condition.length === 1 && condition[0] === 1);
  if (machine.context.policy && !minimal) fail('minimalIf');
  return machine.popBoolean();
}

function otherBranch(machine: Machine): void {
  const branch = machine.branches.pop() ?? fail('unbalancedConditional');
  machine.branches.push(!branch);
}

function closeBranch(machine: Machine): void {
  if (machine.branches.pop() === undefined) fail('unbalancedConditional');
}

function pushData(machine: Machine, opcode: number, data: Uint8Array): void {
  if (machine.context.policy && opcode !== shortestPush(data)) fail('minimalData');
  machine.push(data);
}

/** The opcode that a push of these bytes has to use (BIP62 rule 3). */
function shortestPush(data: Uint8Array): number {
  const [only] = data;
  if (only === undefined) return 0;
  if (data.length === 1 && only >= 1 && only <= 16) return OP.ONE + only - 1;
  if (data.length === 1 && only === 0x81) return OP.ONE_NEGATE;
  if (data.length <= 75) return data.length;
  if (data.length <= 0xff) return 0x4c;
  return 0x4d;
}

function* instructions(script: Uint8Array): Generator<Instruction> {
  let offset = 0;
  while (offset < script.length) {
    const opcode = script[offset++] as number;
    if (opcode > 0x4e) {
      yield { opcode };
      continue;
    }
    const prefix = opcode <= 75 ? 0 : opcode === 0x4c ? 1 : opcode === 0x4d ? 2 : 4;
    if (offset + prefix > script.length) fail('badOpcode');
    let length = prefix === 0 ? opcode : 0;
    for (let i = prefix - 1; i >= 0; i--) length = length * 256 + (script[offset + i] as number);
    offset += prefix;
    if (offset + length > script.length) fail('badOpcode');
    yield { opcode, data: script.slice(offset, offset + length) };
    offset += length;
  }
}
