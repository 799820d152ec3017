import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { runInNewContext } from 'node:vm';
import { Worker } from 'node:worker_threads';

/** Of what every browser has besides the language, all that the library uses. */
const WEB: readonly string[] = [
  ...['crypto', 'TextEncoder', 'TextDecoder', 'URL', 'atob', 'btoa', 'performance'],
  ...['setTimeout', 'clearTimeout', 'queueMicrotask'],
];

/**
 * Calls what `code` (a module) exports as `name` in a thread that has the language and {@link WEB}, and nothing of
 * Node; returns what the promise of it holds. Rejects with what it throws.
 */
export async function runInBrowser(code: string, name: string): Promise<unknown> {
  const dir = await mkdtemp(join(tmpdir(), 'wattlane-browser-'));
  try {
    await writeFile(join(dir, 'page.mjs'), code);
    await writeFile(join(dir, 'thread.mjs'), threadOf(name));
    return await answerOf(new Worker(pathToFileURL(join(dir, 'thread.mjs'))));
  } finally {
    await rm(dir, { recursive: true });
  }
}

function threadOf(name: string): string {
  const language = runInNewContext('Object.getOwnPropertyNames(globalThis)') as readonly string[];
  return [
    `import { parentPort } from 'node:worker_threads';`,
    `const kept = new Set(${JSON.stringify([...language, ...WEB])});`,
    'for (const name of Object.getOwnPropertyNames(globalThis)) if (!kept.has(name)) delete globalThis[name];',
    `const page = await import('./page.mjs');`,
    `parentPort.postMessage(await page[${JSON.stringify(name)}]());`,
  ].join('\n');
}

async function answerOf(worker: Worker): Promise<unknown> {
  try {
    return await new Promise((resolve, reject) => {
      worker.once('message', resolve);
      worker.once('error', reject);
      worker.once('exit', (code) => reject(new Error(`the thread ended with ${code} and no answer`)));
    });
  } finally {
    await worker.terminate();
  }
}
