import type { Verb } from '../session.ts';
import { addressVerb } from './address.ts';
import { backupVerb } from './backup.ts';
import { balanceVerb } from './balance.ts';
import { bumpFeeVerb } from './bumpFee.ts';
import { buyVerb } from './buy.ts';
import { cancelVerb } from './cancel.ts';
import { channelVerb } from './channel.ts';
import { channelsVerb } from './channels.ts';
import { closeVerb } from './close.ts';
import { coinsVerb } from './coins.ts';
import { completionVerb } from './completion.ts';
import { connectVerb } from './connect.ts';
import { decodeVerb } from './decode.ts';
import { disconnectVerb } from './disconnect.ts';
import { disputeVerb } from './dispute.ts';
import { disputesVerb } from './disputes.ts';
import { eventsVerb } from './events.ts';
import { evidenceVerb } from './evidence.ts';
import { forceCloseVerb } from './forceClose.ts';
import { initVerb } from './init.ts';
import { meterVerb } from './meter.ts';
import { offerVerb } from './offer.ts';
import { openVerb } from './open.ts';
import { peersVerb } from './peers.ts';
import { restoreVerb } from './restore.ts';
import { rpcVerb } from './rpc.ts';
import { sendVerb } from './send.ts';
import { startVerb } from './start.ts';
import { statusVerb } from './status.ts';
import { stopVerb } from './stop.ts';
import { tariffVerb } from './tariff.ts';
import { tariffsVerb } from './tariffs.ts';
import { transactionsVerb } from './transactions.ts';
import { transferVerb } from './transfer.ts';
import { unitsVerb } from './units.ts';
import { waitVerb } from './wait.ts';
import { walletVerb } from './wallet.ts';

interface Group {
  readonly title: string;
  readonly verbs: readonly Verb[];
}

/** Every verb, in the order in which a reader of the help meets them. */
export const GROUPS: readonly Group[] = [
  {
    title: 'The node:',
    verbs: [
      initVerb,
      startVerb,
      statusVerb,
      stopVerb,
      walletVerb,
      peersVerb,
      connectVerb,
      disconnectVerb,
      eventsVerb,
      waitVerb,
    ],
  },
  {
    title: 'Coins:',
    verbs: [balanceVerb, addressVerb, sendVerb, bumpFeeVerb, coinsVerb, transactionsVerb],
  },
  {
    title: 'Channels:',
    verbs: [openVerb, channelsVerb, channelVerb, closeVerb, forceCloseVerb, disputeVerb, disputesVerb],
  },
  {
    title: 'Trade:',
    verbs: [tariffVerb, tariffsVerb, offerVerb, buyVerb, unitsVerb, meterVerb, cancelVerb, transferVerb],
  },
  { title: 'Safety:', verbs: [backupVerb, restoreVerb, evidenceVerb] },
  { title: 'Tools:', verbs: [decodeVerb, rpcVerb, completionVerb] },
];
