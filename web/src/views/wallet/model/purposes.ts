const PSBT = 'psbt: ';

/** What coins are set aside for. */
export interface Purpose {
  readonly text: string;
  /** The name under which `releaseCoins` frees them; `null` for what the node frees itself. */
  readonly releasable: string | null;
}

/** Reads what the node says a coin is set aside for. */
export function purposeOf(reservedFor: string): Purpose {
  if (reservedFor.startsWith(PSBT)) {
    const name = reservedFor.slice(PSBT.length);
    return { text: `for the PSBT “${name}”`, releasable: name };
  }
  const [kind, key] = reservedFor.split(' ');
  if (kind === 'anchor')
    return { text: `to pay the fee if channel ${key} must be closed in a hurry`, releasable: null };
  if (kind === 'channel') return { text: `for the opening of channel ${key}`, releasable: null };
  return { text: reservedFor, releasable: null };
}

export interface PsbtReserve {
  readonly purpose: string;
  readonly coins: number;
  readonly sat: bigint;
}

/** Of the coins those that PSBTs set aside, by purpose. */
export function psbtReserves(
  coins: readonly { readonly reservedFor: string | null; readonly valueSat: string }[],
): readonly PsbtReserve[] {
  const found = new Map<string, PsbtReserve>();
  for (const { reservedFor, valueSat } of coins) {
    const purpose = reservedFor === null ? null : purposeOf(reservedFor).releasable;
    if (purpose === null) continue;
    const before = found.get(purpose) ?? { purpose, coins: 0, sat: 0n };
    found.set(purpose, { purpose, coins: before.coins + 1, sat: before.sat + BigInt(valueSat) });
  }
  return [...found.values()];
}

const MOST_PURPOSE = 64;

/** What is wrong with the name of a PSBT; `undefined`: nothing. Without `isComplete` an empty one may still come. */
export function purposeProblem(name: string, isComplete: boolean): string | undefined {
  if (name === '') return isComplete ? 'Give it a name.' : undefined;
  if (name.length > MOST_PURPOSE) return `At most ${MOST_PURPOSE} characters.`;
  return /^[A-Za-z0-9 _-]+$/.test(name)
    ? undefined
    : 'Letters from a to z, digits, spaces, hyphens and underscores only.';
}
