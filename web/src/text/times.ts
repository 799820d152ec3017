/** A moment as `14:30`, UTC. */
export function clockText(unixSeconds: number): string {
  return new Date(unixSeconds * 1000).toISOString().slice(11, 16);
}

/** A moment as `2026-11-21 14:30:05`, UTC. */
export function timeText(unixSeconds: number): string {
  return new Date(unixSeconds * 1000).toISOString().slice(0, 19).replace('T', ' ');
}
