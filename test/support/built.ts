import { spawnSync } from 'node:child_process';
import { copyFile, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** The package as `npm run build` makes it, without its checks, in a folder that is to be made: `package.json` and `dist`. */
export async function buildPackage(folder: string): Promise<void> {
  const { status, stdout } = spawnSync(
    process.execPath,
    [
      join(ROOT, 'node_modules/typescript/bin/tsc'),
      ...['-p', 'tsconfig.build.json', '--noCheck', '--declaration', 'false', '--sourceMap', 'false'],
      ...['--outDir', join(folder, 'dist')],
    ],
    { cwd: ROOT, encoding: 'utf8' },
  );
  if (status !== 0) throw new Error(`not compiled: ${stdout}`);
  await symlink(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
  await copyFile(join(ROOT, 'package.json'), join(folder, 'package.json'));
}
