import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { type Browser, chromium } from 'playwright-core';

const NAMES = ['chromium', 'chromium-browser', 'google-chrome'];
/** Nothing but this machine has a name or an address: whatever else a page asks for, it does not reach. */
const LOOPBACK_ONLY = 'MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost';
const FLAGS = [
  ...['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking'],
  ...['--disable-component-update', '--disable-sync', '--disable-dev-shm-usage', '--no-proxy-server'],
  `--host-resolver-rules=${LOOPBACK_ONLY}`,
];

/** A Chromium of this machine: `$CHROMIUM`, else the first on the PATH, else Debian's. */
export function findChromium(): string | undefined {
  const { CHROMIUM, PATH = '' } = process.env;
  if (CHROMIUM) return CHROMIUM;
  const folders = [...PATH.split(delimiter).filter((folder) => folder !== ''), '/usr/bin'];
  return folders.flatMap((folder) => NAMES.map((name) => join(folder, name))).find(isProgram);
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** Whether tests without a browser are a failure: in CI, and where somebody says so. */
export function isBrowserRequired(): boolean {
  return process.env.WATTLANE_BROWSER === 'required' || !['', '0', 'false'].includes(process.env.CI ?? '');
}

/** A browser with a profile of its own that is removed with it, and with no network but this machine. */
export function launchChromium(): Promise<Browser> {
  const executablePath = findChromium();
  if (executablePath === undefined) throw new Error(MISSING);
  return chromium.launch({ executablePath, args: FLAGS });
}

export const MISSING = 'no chromium: install it (Debian: apt install chromium), or name one in $CHROMIUM';
