import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { accessibilityTests } from './accessibility.ts';
import { secretTests, traceTests } from './secrets.ts';
import { securityTests } from './security.ts';
import { shellTests } from './shell.ts';
import { findChromium, isBrowserRequired, MISSING } from './support/chromium.ts';
import { openWallet, type Wallet } from './support/wallet.ts';
import { chainTests } from './views/chain.ts';
import { channelTests } from './views/channel.ts';
import { laboratoryTests } from './views/laboratory.ts';
import { tradeTests } from './views/trade.ts';
import { utilityTests } from './views/utility.ts';
import { walletTests } from './views/wallet.ts';

if (findChromium() === undefined) {
  process.stderr.write(`\nThe page was NOT TESTED: ${MISSING}\n\n`);
  it.skipIf(!isBrowserRequired())(`NOT RUN: ${MISSING}`, () => {
    throw new Error(MISSING);
  });
}

describe.skipIf(findChromium() === undefined)(
  'the page in a browser, with a real node and three daemons',
  () => {
    let opened: Wallet;
    const wallet = () => opened;
    beforeAll(async () => {
      opened = await openWallet();
    });
    afterAll(() => opened?.close());
    // whatever a test did: no error, no warning, no breach of the policy, no request that leaves the machine
    afterEach(() => expect(opened.takeTroubles()).toEqual([]));

    shellTests(wallet);
    walletTests(wallet);
    channelTests(wallet);
    tradeTests(wallet);
    chainTests(wallet);
    laboratoryTests(wallet);
    utilityTests(wallet);
    // last, when there is much on every view
    accessibilityTests(wallet);
    securityTests(wallet);
    secretTests(wallet);
    traceTests(wallet);
  },
);
