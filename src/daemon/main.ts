#!/usr/bin/env node
import { runDaemon } from './run.ts';

process.exit(await runDaemon(process.argv.slice(2)));
