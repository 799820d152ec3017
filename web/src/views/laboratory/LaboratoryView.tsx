import './laboratory.css';
import { laboratory, stage } from '../../lab/laboratory.ts';
import { Notice } from '../../ui/Notice.tsx';
import { FeesCard, FundCard, MineCard, ReorganiseCard } from './ChainCards.tsx';
import { DisputeCard, OldCommitmentCard } from './ChannelCards.tsx';
import { DeliveryCard, MeterCard, WeatherCard } from './DeliveryCards.tsx';
import { Log } from './Log.tsx';
import { LoseDatabaseCard, OfflineCard } from './PartyCards.tsx';

/** Where one breaks things, and sees what the protocol does about it. Of the demo only. */
export function LaboratoryView() {
  if (laboratory.value === null)
    return (
      <Notice>
        <p>There is no laboratory here: this wallet is not the demo.</p>
        <p class="way-out">Start `npm run demo:wallet` to have one, with play money.</p>
      </Notice>
    );
  return (
    <div class="lab">
      <Notice tone="warn">
        <p>
          <strong>Regtest only: play money.</strong> The Bitcoin chain behind this page is your own and its
          coins are worth nothing. Break what you like.
        </p>
      </Notice>
      {stage.value === null ? (
        <p class="hint">Waiting for the laboratory …</p>
      ) : (
        <div class="lab-cards">
          <MineCard />
          <DeliveryCard />
          <MeterCard />
          <OldCommitmentCard />
          <OfflineCard />
          <LoseDatabaseCard />
          <DisputeCard />
          <ReorganiseCard />
          <FeesCard />
          <FundCard />
          <WeatherCard />
        </div>
      )}
      <Log />
    </div>
  );
}
