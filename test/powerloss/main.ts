import { parseArgs } from 'node:util';
import { checkPowerLoss, record } from './check.ts';
import { buildShim } from './shim.ts';

const { values } = parseArgs({
  options: {
    writes: { type: 'string', default: '60' },
    'log-pages': { type: 'string', default: '30' },
    every: { type: 'string', default: '1' },
    mixes: { type: 'string', default: '5' },
    seed: { type: 'string', default: '1' },
    help: { type: 'boolean', default: false },
  },
});

async function main(): Promise<boolean> {
  const shim = await buildShim();
  if (shim === undefined) return false;
  try {
    const run = await record(shim, Number(values.writes), Number(values['log-pages']));
    const syncs = run.entries.filter(({ type }) => type === 'sync').length;
    console.log(`${run.writes} writes, ${run.entries.length} entries in the journal, ${syncs} syncs`);
    const { points, images, ahead } = await checkPowerLoss(run, {
      every: Number(values.every),
      mixes: Number(values.mixes),
      seed: Number(values.seed),
    });
    console.log(`the power failed at ${points} moments, ${images} disks were opened:`);
    console.log(
      `all acknowledged writes there, none in part; ${ahead} disks had a group that nobody was told of`,
    );
    return true;
  } finally {
    await shim.remove();
  }
}

if (values.help) {
  console.log('npm run test:powerloss -- [--writes N] [--log-pages N] [--every N] [--mixes N] [--seed S]');
} else if (!(await main())) {
  process.exitCode = 1;
}
