import { beforeAll, describe, expect, it } from 'vitest';
import { BROWSER_ENTRIES } from '../support/browserRules.ts';
import { type Bundle, bundleOf } from './bundle.ts';
import type { Trade } from './page.ts';
import { runInBrowser } from './run.ts';

/** What package.json names and no browser runs, and what `secp256k1` falls back to. */
const NEEDS_NODE = [
  ...['better-sqlite3', 'bn.js', 'commander', 'elliptic', 'pino', 'prom-client', 'secp256k1', 'ws', 'zeromq'],
];

describe.each(BROWSER_ENTRIES)('%s', (entry) => {
  it('bundled alone: asks for no module, and has nothing in it of a package that needs Node', async () => {
    const bundle = await bundleOf(entry);
    expect(bundle.asks).toEqual([]);
    expect(bundle.packages.filter((name) => NEEDS_NODE.includes(name))).toEqual([]);
  });
});

describe('a page on wattlane/browser', () => {
  let page: Bundle;
  beforeAll(async () => {
    page = await bundleOf('test/browser/page.ts');
  });

  it('three nodes with nothing of Node: open, trade and close', async () => {
    const { paidMsat, closedSat } = (await runInBrowser(page.code, 'trade')) as Trade;
    expect(paidMsat).toEqual([4_000n, 4_000n, 4_000n]);
    expect(closedSat).toBeGreaterThan(0n);
  });

  it('Node’s own names: not there, so that the trade proves something', async () => {
    const names = ['process', 'Buffer', 'require', 'global', 'setImmediate'];
    const code = `export const seen = async () => ${JSON.stringify(names)}.filter((name) => name in globalThis);`;
    expect(await runInBrowser(code, 'seen')).toEqual([]);
  });
});
