#!/usr/bin/env node
/** `wattlane`: the command line of a node. */
import { complete } from './completion/complete.ts';
import type { Io } from './io.ts';
import { run } from './program.ts';

const controller = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => controller.abort());

const io: Io = {
  stdout: process.stdout,
  stderr: process.stderr,
  stdin: process.stdin,
  env: process.env,
  now: () => Math.floor(Date.now() / 1000),
  interrupted: controller.signal,
};

// whoever reads the output may stop to, `| head` for one
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
  process.exit();
});

const [first, ...rest] = process.argv.slice(2);
process.exitCode = first === '__complete' ? await complete(rest, io) : await run(process.argv.slice(2), io);
