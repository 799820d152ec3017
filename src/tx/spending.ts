import { compareBytes } from '../base/bytes.ts';
import { assertNever } from '../base/invariant.ts';
import { ROLES, type Role } from '../base/role.ts';
import { type FundingSpec, type OutputSpec, witnessScript } from './outputs.ts';
import { scriptSignature } from './signature.ts';
import { SIGHASH_ALL, type SighashType } from './transaction.ts';

/**
 * One way to spend an output of this protocol, with what it needs besides the script. Signatures are
 * compact (64 bytes).
 */
export type Spend =
  | { readonly path: 'twoOfThree'; readonly spec: FundingSpec; readonly signers: readonly [Role, Role] }
  | { readonly path: 'revocation'; readonly spec: Extract<OutputSpec, { revocation: Uint8Array }> }
  | { readonly path: 'delayed'; readonly spec: Extract<OutputSpec, { type: 'toBroadcaster' }> }
  | { readonly path: 'payment'; readonly spec: Extract<OutputSpec, { payment: Uint8Array }> }
  | { readonly path: 'preimage'; readonly spec: DeliverySpec; readonly preimage: Uint8Array }
  | { readonly path: 'expiry'; readonly spec: DeliverySpec };

export type DeliverySpec = Extract<OutputSpec, { lock: Uint8Array }>;

/** The keys whose signatures {@link witnessOf} needs, in its order. */
export function signingKeys(spend: Spend): readonly Uint8Array[] {
  switch (spend.path) {
    case 'twoOfThree':
      return spend.signers.map((role) => spend.spec.keys[role]);
    case 'revocation':
      return [spend.spec.revocation];
    case 'delayed':
      return [spend.spec.delayed];
    case 'payment':
      return [spend.spec.payment];
    case 'preimage':
      return [spend.spec.type === 'sellerDelivery' ? spend.spec.sellerDelayed : spend.spec.sellerPayment];
    case 'expiry':
      return [spend.spec.utility];
    default:
      return assertNever(spend);
  }
}

/** Blocks that must lie on top of the spent output: the input's BIP68 sequence. 0 where the path has no relative lock. */
export function relativeLock(spend: Spend): number {
  switch (spend.path) {
    case 'twoOfThree':
    case 'revocation':
      return 0;
    case 'delayed':
      return spend.spec.delay;
    case 'payment':
    case 'expiry':
      return 1;
    case 'preimage':
      return spend.spec.type === 'sellerDelivery' ? spend.spec.delay : 1;
    default:
      return assertNever(spend);
  }
}

/** Lowest `nLockTime` (a height) of a transaction that spends this way; the block must be higher. 0 where the path has no absolute lock. */
export function absoluteLock(spend: Spend): number {
  if (spend.path === 'expiry') return spend.spec.expiry;
  if (spend.path !== 'twoOfThree' || spend.spec.arbitration.type === 'immediate') return 0;
  return spend.signers.includes('utility') ? spend.spec.arbitration.height : 0;
}

/** `nSequence` of an input that spends this way: the relative lock, or replaceable. Never final, so that `nLockTime` counts. */
export function sequenceOf(spend: Spend): number {
  const lock = relativeLock(spend);
  return lock === 0 ? 0xfffffffd : lock;
}

const TRUE = Uint8Array.of(1);
const FALSE = new Uint8Array(0);

/** The complete witness. `signatures` in the order of {@link signingKeys}, all of one type. */
export function witnessOf(
  spend: Spend,
  signatures: readonly Uint8Array[],
  type: SighashType = SIGHASH_ALL,
): readonly Uint8Array[] {
  const ready = signatures.map((signature) => scriptSignature(signature, type));
  return [...stack(spend, ready), witnessScript(spend.spec)];
}

function stack(spend: Spend, signatures: readonly Uint8Array[]): readonly Uint8Array[] {
  switch (spend.path) {
    case 'twoOfThree':
      return fundingStack(spend.spec, spend.signers, signatures);
    case 'revocation':
      return [...signatures, TRUE];
    case 'delayed':
      return [...signatures, FALSE];
    case 'payment':
      return signatures;
    case 'preimage':
      return [spend.preimage, ...signatures, TRUE, ...outerBranch(spend.spec)];
    case 'expiry':
      return [...signatures, FALSE, ...outerBranch(spend.spec)];
    default:
      return assertNever(spend);
  }
}

/** The seller's version has the revocation branch around the other two. */
function outerBranch(spec: DeliverySpec): readonly Uint8Array[] {
  return spec.type === 'sellerDelivery' ? [FALSE] : [];
}

function fundingStack(
  spec: FundingSpec,
  signers: readonly Role[],
  signatures: readonly Uint8Array[],
): readonly Uint8Array[] {
  const byRole = new Map(signers.map((role, i) => [role, signatures[i] as Uint8Array]));
  const order =
    spec.arbitration.type === 'immediate'
      ? [...ROLES].sort((a, b) => compareBytes(spec.keys[a], spec.keys[b])).filter((role) => byRole.has(role))
      : [...ROLES].reverse();
  const slots = order.map((role) => byRole.get(role) ?? FALSE);
  // CHECKMULTISIG takes one element too many; the threshold script wants an empty one for the absent key
  return spec.arbitration.type === 'immediate' ? [FALSE, ...slots] : slots;
}

/** Largest weight of the witness of this spend, in weight units (signatures of 72 bytes), counts and lengths included. */
export function witnessWeight(spend: Spend): number {
  const items = [
    ...stack(
      spend,
      signingKeys(spend).map(() => LARGEST_SIGNATURE),
    ),
    witnessScript(spend.spec),
  ];
  return items.reduce(
    (sum, item) => sum + lengthPrefix(item.length) + item.length,
    lengthPrefix(items.length),
  );
}

const LARGEST_SIGNATURE = new Uint8Array(72);

function lengthPrefix(length: number): number {
  return length < 0xfd ? 1 : 3;
}
