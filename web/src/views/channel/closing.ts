import { ROLES, type Role } from '../../../../src/base/role.ts';
import type { MethodResult } from '../../../../src/client/index.ts';
import { blocks } from '../../text/voice.ts';

export type ClosePreview = MethodResult<'previewClose'>;
type Alone = NonNullable<ClosePreview['unilateral']>;
type Together = NonNullable<ClosePreview['cooperative']>;

/** What a party would get, satoshi. */
export interface Share {
  readonly role: Role;
  readonly amountSat: string;
}

/** What a close together pays, party by party. */
export function sharesOf(together: Together): readonly Share[] {
  return ROLES.map((role) => ({ role, amountSat: together[`${role}Sat`] }));
}

/** One output of a commitment, told. */
export interface AloneRow {
  readonly key: string;
  /** Whom it pays; null while nobody can say. */
  readonly role: Role | null;
  readonly name: string;
  readonly amountSat: string;
  readonly when: string;
}

/** What the commitment would pay, output by output, and from when on. */
export function aloneRows({ outputs }: Pick<Alone, 'outputs'>): readonly AloneRow[] {
  return outputs.map((output, index) => ({
    key: `${output.what} ${index}`,
    role: output.role,
    name: nameOf(output),
    amountSat: output.amountSat,
    when: whenOf(output),
  }));
}

function nameOf({ role, what }: Alone['outputs'][number]): string {
  if (what === 'anchor') return 'anchor, for a higher fee';
  if (what === 'delivery') return role === null ? 'unit in flight' : `unit in flight, the ${role}’s`;
  return role ?? 'a party';
}

function whenOf({ what, delayBlocks, fromHeight }: Alone['outputs'][number]): string {
  if (what === 'anchor') return 'anyone may spend it';
  const after = delayBlocks === null ? 'at once' : `after ${blocks(delayBlocks)}`;
  if (what !== 'delivery' || fromHeight === null) return after;
  return `its seller’s ${after}, with the utility’s secret; the utility’s from block ${fromHeight} on`;
}
