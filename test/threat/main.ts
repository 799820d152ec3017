import { spawn } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { ATTACKS } from './attacks/index.ts';
import { COALITION_NAMES } from './coalition.ts';
import { documented, MEASURED_FILE, withTables } from './document.ts';
import { MODES, type Mode } from './fixture.ts';
import { startGround } from './ground.ts';
import { runTrial, trialName, trialsOf } from './run.ts';
import { beyondBounds, type Measured, renderTables } from './table.ts';

/** Channels that live at once on one bitcoind. */
const AT_ONCE = 20;

/** `npm run threat-model`: every attack, one process for each kind of arbitration; writes what came of them. */
async function main(only: string | undefined): Promise<void> {
  const mode = MODES.find((each) => each === only);
  if (mode !== undefined) {
    process.stdout.write(JSON.stringify(await measureAll(mode)));
    return;
  }
  const parts = await Promise.all(MODES.map(measuredApart));
  const measured: Measured = Object.assign({}, ...parts);
  writeFileSync(MEASURED_FILE, `${JSON.stringify(measured, null, 1)}\n`);
  const tables = renderTables(measured);
  writeFileSync(documented, withTables(readFileSync(documented, 'utf8'), tables));
  console.log(tables);
  const beyond = beyondBounds(measured);
  for (const line of beyond) console.error(line);
  process.exitCode = beyond.length === 0 ? 0 : 1;
}

async function measureAll(mode: Mode): Promise<Measured> {
  const ground = await startGround();
  try {
    const trials = trialsOf(ATTACKS, COALITION_NAMES, [mode]);
    const measured: Record<string, { lost: number; gained: number }> = {};
    for (let i = 0; i < trials.length; i += AT_ONCE) {
      const batch = trials.slice(i, i + AT_ONCE).map((trial) => () => runTrial(ground, trial));
      for (const result of await ground.run(batch)) {
        const taken = result.attempts.find(({ accepted }) => accepted);
        if (result.attack.refused && taken !== undefined)
          throw new Error(`${trialName(result)}: the node took "${taken.what}"`);
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

/** Runs this file in a process of its own. */
async function measuredApart(mode: Mode): Promise<Measured> {
  const child = spawn(process.execPath, [...process.execArgv, fileURLToPath(import.meta.url), mode], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const chunks: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
  const code = await new Promise<number | null>((resolve) => child.on('close', resolve));
  if (code !== 0) throw new Error(`the process for ${mode} ended with ${code}`);
  return JSON.parse(Buffer.concat(chunks).toString('utf8')) as Measured;
}

await main(process.argv[2]);
