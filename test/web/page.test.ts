import { accessibilityTests } from './accessibility.ts';
import { connectionTests, serverTests } from './connection.ts';
import { secretTests, traceTests } from './secrets.ts';
import { securityTests } from './security.ts';
import { shellTests } from './shell.ts';
import { inBrowser } from './support/inBrowser.ts';
import { chainTests } from './views/chain.ts';
import { channelTests } from './views/channel.ts';
import { laboratoryTests } from './views/laboratory.ts';
import { tradeTests } from './views/trade.ts';
import { utilityTests } from './views/utility.ts';
import { walletTests } from './views/wallet.ts';

inBrowser('the page in a browser, with a real node and three daemons', (wallet) => {
  shellTests(wallet);
  walletTests(wallet);
  channelTests(wallet);
  tradeTests(wallet);
  chainTests(wallet);
  utilityTests(wallet);
  // after it the consumer, whose database was lost, has other keys for its channels than the others
  laboratoryTests(wallet);
  connectionTests(wallet);
  // last, when there is much on every view
  accessibilityTests(wallet);
  securityTests(wallet);
  secretTests(wallet);
  traceTests(wallet);
  serverTests(wallet);
});
