import { ROLES, type Role } from '../../src/base/role.ts';

/** Who acts together against the rest. */
export type CoalitionName = 'A' | 'B' | 'U' | 'AU' | 'BU' | 'AB';

const LETTER = { consumer: 'A', producer: 'B', utility: 'U' } as const satisfies Record<Role, string>;

export const COALITIONS: Readonly<Record<CoalitionName, readonly Role[]>> = {
  A: ['consumer'],
  B: ['producer'],
  U: ['utility'],
  AU: ['consumer', 'utility'],
  BU: ['producer', 'utility'],
  AB: ['consumer', 'producer'],
};

export const COALITION_NAMES = Object.keys(COALITIONS) as CoalitionName[];

export function honestIn(members: readonly Role[]): readonly Role[] {
  return ROLES.filter((role) => !members.includes(role));
}

export function letterOf(role: Role): string {
  return LETTER[role];
}
