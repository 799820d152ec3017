import type { Plan, Report } from './schedule.ts';

/** What a run of the soak adds up to. */
export class Tally {
  readonly counts = new Map<string, number>();
  readonly endings = new Map<string, number>();
  readonly started = Date.now();
  schedules = 0;
  steps = 0;
  violations = 0;
  lostSat = 0n;

  add({ steps, setting }: Plan, { counts, ending, violations }: Report): void {
    this.schedules += 1;
    this.steps += steps.length;
    this.violations += violations.length;
    for (const { lossSat } of violations) this.lostSat += lossSat;
    raise(this.endings, ending, 1);
    raise(this.counts, `coalition ${setting.hostile.join(' and ') || 'none'}`, 1);
    for (const [name, times] of Object.entries(counts)) raise(this.counts, name, times);
  }
}

function raise(map: Map<string, number>, name: string, by: number): void {
  map.set(name, (map.get(name) ?? 0) + by);
}

export function summary(tally: Tally): string {
  const seconds = (Date.now() - tally.started) / 1000;
  const of = (name: string) => tally.counts.get(name) ?? 0;
  const listed = (prefix: string) =>
    [...tally.counts]
      .filter(([name]) => name.startsWith(prefix))
      .map(([name, times]) => `${name.slice(prefix.length)} ${times}`)
      .join(', ');
  return [
    `schedules        ${tally.schedules} (${((tally.schedules * 60) / seconds).toFixed(1)} per minute)`,
    `steps            ${tally.steps}`,
    `coalitions       ${listed('coalition ')}`,
    `endings          ${[...tally.endings].map(([name, times]) => `${name} ${times}`).join(', ')}`,
    `breaches         ${of('breaches attempted')} attempted, ${tally.endings.get('breach') ?? 0} ended the channel, ${of('breaches punished')} punished`,
    `tower answers    ${of('tower answers')}`,
    `joint spends     ${of('joint spends tried')} tried, ${of('joint spends accepted')} accepted`,
    `units            ${of('notice unitSettled')} settled, ${of('notice unitForfeited')} forfeited (each told to both traders)`,
    `disputes         ${of('disputes')}`,
    `restored         ${of('restored')}`,
    `reorganisations  ${of('reorganisations')}`,
    `restarts         ${of('restarts')}`,
    `attacks          ${listed('attack ')}`,
    `violations       ${tally.violations}`,
    `lost by honest   ${tally.lostSat} sat`,
  ].join('\n');
}
