import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { exitCodesTable, settingsTable } from '../../src/daemon/config/help.ts';
import { Metrics } from '../../src/daemon/metrics/metrics.ts';

const text = await readFile(new URL('../../docs/daemon.md', import.meta.url), 'utf8');

describe('docs/daemon.md', () => {
  it('has the settings and exit codes that there are', () => {
    expect(text).toContain(`\n${settingsTable()}\n`);
    expect(text).toContain(`\n${exitCodesTable()}\n`);
  });

  it('has every metric, and no other', async () => {
    const { text: shown } = await new Metrics().exposition();
    const inProgram = new Set([...shown.matchAll(/^# TYPE (wattlane_\w+)/gm)].map(([, name]) => name));
    const inText = new Set([...text.matchAll(/`(wattlane_\w+)/g)].map(([, name]) => name));
    expect([...inText].sort()).toEqual([...inProgram].sort());
  });
});
