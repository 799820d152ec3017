import { spawn } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { ATTACKS } from './attacks/index.ts';
import { COALITION_NAMES } from './coalition.ts';
import { documented, MEASURED_FILE, readMeasured, withTables } from './document.ts';
import { MODES, type Mode } from './fixture.ts';
import { type Ground, startGround } from './ground.ts';
import { runTrial, type Trial, type TrialResult, trialName, trialsOf } from './run.ts';
import { beyondBounds, type Measured, renderTables } from './table.ts';

/** Channels that live at once on one bitcoind. */
const AT_ONCE = 20;

/**
 * `npm run threat-model`: every attack, one process for each kind of arbitration; writes what came of them. With
 * `-- PATTERN` only trials whose name fits the regular expression; the results of the others are kept.
 */
async function main(pattern: string, only: string | undefined): Promise<void> {
  const mode = MODES.find((each) => each === only);
  if (mode !== undefined) {
    process.stdout.write(JSON.stringify(await measureAll(mode, pattern)));
    return;
  }
  const parts = await Promise.all(MODES.map((each) => measuredApart(each, pattern)));
  const measured: Measured = Object.assign(pattern === '' ? {} : { ...readMeasured() }, ...parts);
  writeFileSync(MEASURED_FILE, `${JSON.stringify(measured, null, 2)}\n`);
  const tables = renderTables(measured);
  writeFileSync(documented, withTables(readFileSync(documented, 'utf8'), tables));
  console.log(tables);
  const beyond = beyondBounds(measured);
  for (const line of beyond) console.error(line);
  process.exitCode = beyond.length === 0 ? 0 : 1;
}

async function measureAll(mode: Mode, pattern: string): Promise<Measured> {
  const ground = await startGround();
  try {
    const all = trialsOf(ATTACKS, COALITION_NAMES, [mode]);
    const trials = all.filter((trial) => new RegExp(pattern).test(trialName(trial)));
    const measured: Record<string, { lost: number; gained: number }> = {};
    for (let i = 0; i < trials.length; i += AT_ONCE) {
      const batch = trials.slice(i, i + AT_ONCE).map((trial) => () => attempted(ground, trial));
      for (const result of await ground.run(batch)) {
        if (result === undefined) continue;
        const taken = result.attempts.find(({ accepted }) => accepted);
        if (result.attack.refused && taken !== undefined)
          console.error(`${trialName(result)}: the node took "${taken.what}"`);
        const { total, gained } = result.damage;
        measured[trialName(result)] = { lost: Number(total), gained: Number(gained) };
      }
      console.error(`${mode}: ${Math.min(i + AT_ONCE, trials.length)} of ${trials.length}`);
    }
    return measured;
  } finally {
    await ground.stop();
  }
}

/** A trial that fails is told and has no result, which the test then misses. */
async function attempted(ground: Ground, trial: Trial): Promise<TrialResult | undefined> {
  try {
    return await runTrial(ground, trial);
  } catch (error) {
    console.error(error);
    return undefined;
  }
}

/** Runs this file in a process of its own. */
async function measuredApart(mode: Mode, pattern: string): Promise<Measured> {
  const own = fileURLToPath(import.meta.url);
  const child = spawn(process.execPath, [...process.execArgv, own, pattern, mode], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const chunks: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
  const code = await new Promise<number | null>((resolve) => child.on('close', resolve));
  if (code !== 0) throw new Error(`the process for ${mode} ended with ${code}`);
  return JSON.parse(Buffer.concat(chunks).toString('utf8')) as Measured;
}

await main(process.argv[2] ?? '', process.argv[3]);
