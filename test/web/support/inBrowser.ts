import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { findChromium, isBrowserRequired, MISSING } from './chromium.ts';
import { openWallet, type Wallet } from './wallet.ts';

/**
 * Tests in a browser, on one stage of their own. Without a browser they are not run, and it is said aloud; where one is
 * required, that is a failure.
 */
export function inBrowser(title: string, register: (wallet: () => Wallet) => void): void {
  const isMissing = findChromium() === undefined;
  if (isMissing) {
    process.stderr.write(`\nThe page was NOT TESTED: ${MISSING}\n\n`);
    it.skipIf(!isBrowserRequired())(`NOT RUN: ${MISSING}`, () => {
      throw new Error(MISSING);
    });
  }
  describe.skipIf(isMissing)(title, () => {
    let opened: Wallet;
    beforeAll(async () => {
      opened = await openWallet();
    });
    afterAll(() => opened?.close());
    // whatever a test did: no error, no warning, no breach of the policy, no request that leaves the machine
    afterEach(() => expect(opened.takeTroubles()).toEqual([]));
    register(() => opened);
  });
}
