import { fail, type ScriptError } from './scriptError.ts';
import { decodeScriptNumber, encodeScriptNumber } from './scriptNumber.ts';

/** What a script asks of the transaction that it guards. */
export interface ScriptContext {
  /** Whether the non-empty `signature` (hash type byte included) by `key` signs the input. May fail the script. */
  checkSignature(signature: Uint8Array, key: Uint8Array): boolean;
  /** Whether the transaction's `nLockTime` has reached `height` (BIP65). */
  checkLocktime(height: number): boolean;
  /** Whether the input's `nSequence` has reached `lock` (BIP112). */
  checkSequence(lock: number): boolean;
  /** Whether the relay rules apply as well as those of consensus. */
  readonly policy: boolean;
}

/** The state of a script while it runs. */
export class Machine {
  readonly context: ScriptContext;
  readonly alt: Uint8Array[] = [];
  /** One entry per open conditional: whether its present branch runs. */
  readonly branches: boolean[] = [];
  operations = 0;
  #stack: Uint8Array[];

  constructor(stack: readonly Uint8Array[], context: ScriptContext) {
    this.#stack = [...stack];
    this.context = context;
  }

  get stack(): readonly Uint8Array[] {
    return this.#stack;
  }
  get executing(): boolean {
    return this.branches.every((branch) => branch);
  }
  push(...elements: readonly Uint8Array[]): void {
    this.#stack.push(...elements);
  }
  pushNumber(value: number): void {
    this.#stack.push(encodeScriptNumber(value));
  }
  pushBoolean(value: boolean): void {
    this.pushNumber(value ? 1 : 0);
  }
  pop(): Uint8Array {
    return this.#stack.pop() ?? fail('stackOperation');
  }
  /** The top `count` elements, the deepest first, taken off. */
  take(count: number): Uint8Array[] {
    if (count > this.#stack.length) fail('stackOperation');
    return this.#stack.splice(this.#stack.length - count, count);
  }
  /** The element `depth` places under the top. */
  peek(depth = 0): Uint8Array {
    return this.#stack.at(-1 - depth) ?? fail('stackOperation');
  }
  popNumber(): number {
    return this.#number(this.pop());
  }
  /** The top `count` numbers, the deepest first, taken off. */
  takeNumbers(count: number): number[] {
    return this.take(count).map((element) => this.#number(element));
  }
  peekNumber(longest: number): number {
    return this.#number(this.peek(), longest);
  }
  popBoolean(): boolean {
    return isTrue(this.pop());
  }
  verify(error: ScriptError): void {
    if (!this.popBoolean()) fail(error);
  }
  #number(element: Uint8Array, longest = 4): number {
    return decodeScriptNumber(element, longest, this.context.policy);
  }
  countOperations(count: number): void {
    this.operations += count;
    if (this.operations > MAX_OPERATIONS) fail('opCount');
  }
}

const MAX_OPERATIONS = 201;

/** Any byte set; a lone sign bit at the end is negative zero and false. */
export function isTrue(element: Uint8Array): boolean {
  return element.some((byte, i) => byte !== 0 && !(byte === 0x80 && i === element.length - 1));
}
