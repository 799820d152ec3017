import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';

const MEMORY = '/dev/shm';

/** Where runs keep their files: in memory where there is such a place, since a killed process loses nothing it wrote to either. */
export const SCRATCH = existsSync(MEMORY) ? MEMORY : tmpdir();
