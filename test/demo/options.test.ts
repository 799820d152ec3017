import { describe, expect, it } from 'vitest';
import { HELP, parseOptions, SCENARIO_NAMES } from '../../demo/options.ts';

function options(...args: readonly string[]) {
  const command = parseOptions(args);
  if (!command.ok || command.value.type !== 'run') throw new Error('not a run');
  return command.value.options;
}

function refusal(...args: readonly string[]): string {
  const command = parseOptions(args);
  if (command.ok) throw new Error('not refused');
  return command.error;
}

describe('options of the demo', () => {
  it('none: all stories, with what the week has', () => {
    expect(options()).toEqual({
      scenarios: SCENARIO_NAMES,
      units: undefined,
      arbitration: 'after-height',
      readings: undefined,
      seed: 'demo',
      json: undefined,
      datadir: undefined,
    });
  });

  it('each option: taken', () => {
    const args = ['--scenario', 'forfeit', '--units=7', '--arbitration', 'immediate', '--seed', 'rain'];
    const files = ['--readings', 'a.csv', '--json', 'b.json', '--datadir', 'c'];
    expect(options(...args, ...files)).toEqual({
      scenarios: ['forfeit'],
      units: 7,
      arbitration: 'immediate',
      readings: 'a.csv',
      seed: 'rain',
      json: 'b.json',
      datadir: 'c',
    });
  });

  it.each([
    [['--wat'], '--wat'],
    [['delivered'], 'delivered'],
    [['--scenario', 'sunny'], 'sunny'],
    [['--units', '0'], '--units'],
    [['--units', '1.5'], '--units'],
    [['--units', '-3'], '--units'],
    [['--arbitration', 'later'], 'later'],
    [['--seed', ''], '--seed'],
    [['--json'], '--json'],
  ])('%j: refused, and named', (args, name) => {
    expect(refusal(...args)).toContain(name);
  });

  it('--help: whatever stands beside it', () => {
    expect(parseOptions(['--help', '--units', '3'])).toEqual({ ok: true, value: { type: 'help' } });
  });

  it('the help: names every scenario, and fits a terminal', () => {
    for (const name of SCENARIO_NAMES) expect(HELP).toContain(name);
    for (const line of HELP.split('\n')) expect(line.length).toBeLessThanOrEqual(100);
  });
});
