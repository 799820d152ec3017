import { spawnSync } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { cpus } from 'node:os';
import { parseArgs } from 'node:util';
import { buildProgram } from '../tools/program.ts';
import type { StreamPlan } from './nodes/protocol.ts';
import { describeNodes, type NodesReport } from './nodes/report.ts';
import { runNodes } from './nodes/run.ts';

const HELP = `The speed of three nodes, each a process, with full durability (bench/README.md says how to read it).

  npm run bench:nodes -- [--units N] [--stream NAME] [--watchtower] [--json FILE]

  --units N        units of each stream, default 1000; with 100000 the last are compared with the first as well
  --stream NAME    one: one unit per round; many: as many as wait; default both
  --in-flight N    units in flight of the second, 2 to 100, default 50
  --watchtower     the traders have each revoked state watched, as nodes do unless told otherwise
  --json FILE      write the figures to FILE as well
  --help           this text
`;

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      units: { type: 'string', default: '1000' },
      stream: { type: 'string' },
      'in-flight': { type: 'string', default: '50' },
      watchtower: { type: 'boolean', default: false },
      json: { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) {
    process.stdout.write(HELP);
    return;
  }
  const units = Number(values.units);
  const inFlight = Number(values['in-flight']);
  if (!Number.isSafeInteger(units) || units < 30) throw new RangeError('--units: 30 or more');
  if (!Number.isSafeInteger(inFlight) || inFlight < 2 || inFlight > 100)
    throw new RangeError('--in-flight: 2 to 100');
  const same = { units, watchtower: values.watchtower };
  const plans: readonly StreamPlan[] = [
    { name: 'one unit per round', inFlight: 1, warmUp: 300, ...same },
    { name: `as many units per round as wait, ${inFlight} in flight`, inFlight, warmUp: 1000, ...same },
  ];
  const [one, many] = plans;
  const chosen = values.stream === 'one' ? [one] : values.stream === 'many' ? [many] : plans;
  const program = await buildProgram('bench/nodes/party.ts');
  const streams = await runNodes({
    plans: chosen.filter((plan) => plan !== undefined),
    program: program.path,
    traced: spawnSync('strace', ['-V']).status === 0,
    progress: (line) => process.stderr.write(`${line}\n`),
  }).finally(() => program.remove());
  const report: NodesReport = { node: process.versions.node, cores: cpus().length, streams };
  process.stdout.write(`${describeNodes(report).join('\n')}\n`);
  if (values.json !== undefined) await writeFile(values.json, `${JSON.stringify(report, null, 2)}\n`);
}

await main();
